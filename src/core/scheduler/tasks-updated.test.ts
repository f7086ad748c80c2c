import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, jobSpec, task } from '../../../test/state-world.ts';
import type { Job, JobSpec } from '../model/job.ts';
import type { Task } from '../model/task.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { tasksUpdated } from './tasks-updated.ts';

const base = task();
const withTask = (more: Partial<Task>): Partial<JobSpec> => ({
  groups: [group({ tasks: [task(more)] })],
});
const withGroup = (more: Partial<TaskGroup>): Partial<JobSpec> => ({ groups: [group(more)] });
const port = { label: 'http', value: 0, to: 0, hostNetwork: '' };
const network = {
  mode: '',
  device: '',
  cidr: '',
  ip: '',
  hostname: '',
  mbits: 0,
  reservedPorts: [],
  dynamicPorts: [port],
};
const volume = {
  name: 'v',
  type: 'host' as const,
  source: 's',
  readOnly: true,
  accessMode: '',
  attachmentMode: '',
  perAlloc: false,
};
const service = {
  name: 's',
  taskName: '',
  portLabel: '',
  addressMode: '',
  address: '',
  tags: ['a'],
  canaryTags: [],
  enableTagOverride: false,
  meta: {},
  canaryMeta: {},
  taggedAddresses: {},
  checks: [],
  onUpdate: '',
  provider: '',
  cluster: '',
};

// U1, row by row: what changed, and whether a running instance must be replaced for it.
const rows: readonly (readonly [what: string, change: Partial<JobSpec>, restart: boolean])[] = [
  ['nothing', {}, false],
  ['the priority', { priority: 80 }, false],
  ['the count', withGroup({ count: 9 }), false],
  ['a constraint', { constraints: [{ lTarget: 'a', operand: '=', rTarget: 'a' }] }, false],
  ['the restart policy', withTask({ restart: { ...base.restart, attempts: 9 } }), false],
  ['the kill timeout', withTask({ killTimeoutMs: 9 }), false],
  ['a service', withGroup({ services: [service] }), false],
  ['meta of the job', { meta: { a: 'b' } }, true],
  ['meta of the group', withGroup({ meta: { a: 'b' } }), true],
  ['meta of the task', withTask({ meta: { a: 'b' } }), true],
  ['the driver', withTask({ driver: 'docker' }), true],
  ['the user', withTask({ user: 'www' }), true],
  ['the configuration', withTask({ config: { run_for: '2h' } }), true],
  ['the environment', withTask({ env: { A: 'b' } }), true],
  ['the kill signal', withTask({ killSignal: 'SIGINT' }), true],
  ['cpu', withTask({ resources: { ...base.resources, cpu: 101 } }), true],
  ['memory', withTask({ resources: { ...base.resources, memoryMb: 65 } }), true],
  ['the most memory', withTask({ resources: { ...base.resources, memoryMaxMb: 99 } }), true],
  ['a port', withGroup({ networks: [network] }), true],
  ['the disk', withGroup({ ephemeralDisk: { sizeMb: 1, sticky: false, migrate: false } }), true],
  ['a volume', withGroup({ volumes: { v: volume } }), true],
  ['the hook', withTask({ lifecycle: { hook: 'poststart', sidecar: true } }), true],
  ['another task', withGroup({ tasks: [base, task({ name: 'more' })] }), true],
  ['a task renamed', withTask({ name: 'other' }), true],
  ['the group renamed', withGroup({ name: 'other' }), true],
];

for (const [what, change, restart] of rows) {
  test(`changing ${what} ${restart ? 'replaces' : 'keeps'} instances`, () => {
    const before = jobSpec('j') as Job;
    assert.equal(tasksUpdated(before, { ...before, ...change }, 'web'), restart);
  });
}
