import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocId } from '../../../core/model/ids.ts';
import type { TaskSpec } from '../../../ports/driver.ts';
import { ociConfig, type ContainerPlan } from './bundle.ts';
import { bindsOf, outside } from './chroot.ts';

const task: TaskSpec = {
  allocId: 'a' as AllocId,
  jobName: 'j',
  groupName: 'g',
  taskName: 't',
  attempt: 0,
  config: {},
  env: {},
  user: '',
  resources: { cpu: 500, cores: [], memoryMb: 64, memoryMaxMb: 0, cpuShare: 0.25 },
  directories: {
    allocDir: '/d/a',
    sharedDir: '/d/a/alloc',
    taskDir: '/d/a/t',
    localDir: '/d/a/t/local',
    secretsDir: '/d/a/t/secrets',
  },
  ports: [],
  mounts: [],
  logs: { stdoutBase: '', stderrBase: '', maxFiles: 1, maxFileSizeMb: 1, disabled: false },
};

const plan: ContainerPlan = {
  argv: ['/bin/true'],
  env: { A: 'b=c' },
  cwd: '/',
  user: { uid: 65534, gid: 65534, groups: [7], home: '/' },
  binds: [],
  capabilities: ['CAP_CHOWN'],
  hostPid: false,
  hostIpc: false,
  cgroupsPath: '/muster.slice/x/task',
  cgroupVersion: 'v1',
  hardLimitCpus: 0,
  limitsSwap: true,
};

function at(spec: TaskSpec, more: Partial<ContainerPlan>, ...path: string[]): unknown {
  let value: unknown = ociConfig(spec, { ...plan, ...more });
  for (const key of path) value = (value as Readonly<Record<string, unknown>>)[key];
  return value;
}

const MIB = 1024 * 1024;
const withResources = (more: Partial<TaskSpec['resources']>): TaskSpec => ({
  ...task,
  resources: { ...task.resources, ...more },
});

for (const [what, spec, more, path, expected] of [
  ['memory and no swap', task, {}, ['memory'], { limit: 64 * MIB, swap: 64 * MIB }],
  ['no swap limit without one', task, { limitsSwap: false }, ['memory'], { limit: 64 * MIB }],
  [
    'memory_max',
    withResources({ memoryMaxMb: 128 }),
    { limitsSwap: false },
    ['memory'],
    { limit: 128 * MIB, reservation: 64 * MIB },
  ],
  ['shares', task, {}, ['cpu'], { shares: 500 }],
  [
    'a hard limit',
    task,
    { hardLimitCpus: 4 },
    ['cpu'],
    { shares: 500, quota: 100_000, period: 100_000 },
  ],
  ['whole cores', withResources({ cores: [1, 3] }), {}, ['cpu'], { shares: 500, cpus: '1,3' }],
] as const) {
  test(`limits: ${what}`, () => {
    assert.deepEqual(at(spec, more, 'linux', 'resources', ...path), expected);
  });
}

test('only root holds capabilities; others are bounded by them', () => {
  const held = { bounding: ['CAP_CHOWN'], effective: [], permitted: [], inheritable: [] };
  assert.deepEqual(at(task, {}, 'process', 'capabilities'), held);
  const user = { uid: 0, gid: 0, groups: [], home: '/root' };
  assert.deepEqual(at(task, { user }, 'process', 'capabilities', 'effective'), ['CAP_CHOWN']);
});

test('namespaces are its own, but for those it shares', () => {
  const types = (spec: TaskSpec, more: Partial<ContainerPlan>): string[] =>
    (at(spec, more, 'linux', 'namespaces') as { type: string }[]).map(({ type }) => type);
  assert.deepEqual(types(task, {}), ['mount', 'pid', 'ipc']);
  assert.deepEqual(types(task, { hostPid: true, hostIpc: true, cgroupVersion: 'v2' }), [
    'mount',
    'cgroup',
  ]);
  assert.deepEqual(types({ ...task, hostname: 'h', networkNamespace: '/n' }, {}).slice(3), [
    'uts',
    'network',
  ]);
});

test('paths of the task lie where its binds say', () => {
  const mounts = [
    { hostPath: '/srv/v', taskPath: 'alloc/v', readOnly: false, propagation: '' },
    { hostPath: '/opt/usr', taskPath: '/usr', readOnly: true, propagation: '' },
  ];
  const binds = bindsOf({ ...task, mounts }, { '/usr': '/usr', '/no/such': '/x' }, []);
  for (const [path, expected] of [
    ['/usr/bin/env', '/opt/usr/bin/env'],
    ['usr', '/opt/usr'],
    ['/usrx', '/d/a/t/usrx'],
    ['/alloc/f', '/d/a/alloc/f'],
    ['/alloc/v/f', '/srv/v/f'],
    ['/local/../../../etc', '/d/a/t/etc'],
    ['/x/f', '/d/a/t/x/f'],
  ] as const) {
    assert.equal(outside(path, '/d/a/t', binds), expected);
  }
});
