import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AllocId, JobId, Namespace, NodeId } from '../model/ids.ts';
import { legalName, taskEnvironment, type Surroundings } from './environment.ts';
import { interpolate, interpolateJson } from './replace.ts';

const AROUND: Surroundings = {
  node: {
    id: 'n-1' as NodeId,
    name: 'vm',
    datacenter: 'dc1',
    nodeClass: 'big',
    nodePool: 'default',
    attributes: { 'kernel.name': 'linux', 'unique.network.ip-address': '127.0.0.1' },
    meta: { rack: 'r1' },
  },
  alloc: {
    id: '219074bd-86b0-014f-9b30-f764281df05c' as AllocId,
    name: 'echo.web[3]',
    namespace: 'default' as Namespace,
    ports: [
      { label: 'http', value: 21_000, to: 8080, hostIp: '127.0.0.1', dynamic: true },
      { label: 'db-main', value: 5432, to: 0, hostIp: '::1', task: 'server', dynamic: false },
      { label: 'api', value: 23_000, to: 0, hostIp: '127.0.0.1', task: 'other', dynamic: true },
    ],
  },
  job: {
    id: 'echo' as JobId,
    name: 'echo',
    region: 'global',
    meta: { a: '1', where: '${attr.kernel.name}' },
  },
  group: { name: 'web', meta: { a: '2' } },
  task: {
    name: 'server',
    meta: { 'max-size': '9' },
    env: { LISTEN: ':${NOMAD_PORT_http}', X: '${nope}' },
  },
  resources: { cpu: 100, cores: [], memoryMb: 64, memoryMaxMb: 0 },
  directories: { alloc: '/a/alloc', local: '/a/server/local', secrets: '/a/server/secrets' },
  portMap: {},
  hostEnv: { PATH: '/bin', NOMAD_DC: 'nonsense' },
};

test('the environment of a task', () => {
  const { env } = taskEnvironment(AROUND);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['NOMAD_ALLOC_ID', AROUND.alloc.id],
    ['NOMAD_SHORT_ALLOC_ID', '219074bd'],
    ['NOMAD_ALLOC_NAME', 'echo.web[3]'],
    ['NOMAD_ALLOC_INDEX', '3'],
    ['NOMAD_ALLOC_DIR', '/a/alloc'],
    ['NOMAD_TASK_DIR', '/a/server/local'],
    ['NOMAD_SECRETS_DIR', '/a/server/secrets'],
    ['NOMAD_JOB_NAME', 'echo'],
    ['NOMAD_GROUP_NAME', 'web'],
    ['NOMAD_TASK_NAME', 'server'],
    ['NOMAD_CPU_LIMIT', '100'],
    ['NOMAD_MEMORY_LIMIT', '64'],
    ['NOMAD_MEMORY_MAX_LIMIT', undefined],
    ['NOMAD_DC', 'dc1'],
    ['NOMAD_REGION', 'global'],
    ['NOMAD_META_a', '2'],
    ['NOMAD_META_A', '2'],
    ['NOMAD_META_where', 'linux'],
    ['NOMAD_META_max_size', '9'],
    ['NOMAD_META_MAX_SIZE', '9'],
    ['NOMAD_PORT_http', '8080'],
    ['NOMAD_HOST_PORT_http', '21000'],
    ['NOMAD_ADDR_http', '127.0.0.1:21000'],
    ['NOMAD_ALLOC_ADDR_http', '127.0.0.1:8080'],
    ['NOMAD_PORT_db_main', '5432'],
    ['NOMAD_ADDR_db_main', '[::1]:5432'],
    ['NOMAD_ADDR_other_api', '127.0.0.1:23000'],
    ['NOMAD_PORT_api', undefined],
    ['LISTEN', ':8080'],
    ['X', '${nope}'],
    ['PATH', '/bin'],
  ];
  for (const [name, expected] of rows) assert.equal(env[name], expected, name);
});

test('what configuration may name', () => {
  const { lookup } = taskEnvironment(AROUND);
  const rows: readonly (readonly [string, string])[] = [
    ['${attr.kernel.name}', 'linux'],
    ['${attr.unique.network.ip-address}', '127.0.0.1'],
    ['${node.unique.id} ${node.datacenter} ${node.class}', 'n-1 dc1 big'],
    ['${meta.rack}', 'r1'],
    ['${NOMAD_PORT_db-main}', '5432'],
    ['${env["PATH"]} ${env.PATH}', '/bin /bin'],
    ['${LISTEN}', ':8080'],
    ['${unknown} $HOME ${', '${unknown} $HOME ${'],
    ['${constructor}', '${constructor}'],
  ];
  for (const [text, expected] of rows) assert.equal(interpolate(text, lookup), expected);
  assert.deepEqual(
    interpolateJson({ args: ['-p', '${NOMAD_PORT_http}'], n: 1, no: null }, lookup),
    {
      args: ['-p', '8080'],
      n: 1,
      no: null,
    },
  );
});

test("a driver's own port map says what the task listens on", () => {
  const { env } = taskEnvironment({ ...AROUND, portMap: { 'db-main': 99 } });
  assert.equal(env['NOMAD_PORT_db_main'], '99');
  assert.equal(env['NOMAD_HOST_PORT_db_main'], '5432');
});

test('P1: a value is never interpolated again', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      assert.equal(
        interpolate('${x}', () => value),
        value,
      );
    }),
  );
});

test('V1: any label gives a legal name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (label) => {
      assert.match(legalName(label), /^[A-Za-z_][A-Za-z0-9_]*$/);
    }),
  );
});
