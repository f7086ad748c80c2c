import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import { input } from './container-input.fixture.ts';
import type { ContainerInput } from './container-input.ts';
import { mappedPortEnv, portIssues, portMap } from './ports.ts';

const PORTS: ContainerInput['ports'] = [
  { label: 'http', value: 20_001, to: 8080, hostIp: '10.0.0.1' },
  { label: 'dns', value: 20_002, to: 0, hostIp: '10.0.0.1' },
  { label: 'both', value: 20_003, to: 8080, hostIp: '10.0.0.2' },
];

/** `inside -> outside` of what is published, by tcp. */
function published(raw: JsonObject, over: Partial<ContainerInput> = {}): string[] {
  const map = portMap(input(raw, { ports: PORTS, ...over }));
  return Object.entries(map).flatMap(([inside, holders]) => {
    if (!inside.endsWith('/tcp')) return [];
    assert.deepEqual(map[inside.replace('/tcp', '/udp')], holders);
    return (holders as { HostIp: string; HostPort: string }[]).map(
      ({ HostIp, HostPort }) => `${inside} -> ${HostIp}:${HostPort}`,
    );
  });
}

const CASES: readonly [what: string, raw: JsonObject, expected: readonly string[]][] = [
  [
    'all ports of the group where the task names none',
    {},
    ['8080/tcp -> 10.0.0.1:20001', '8080/tcp -> 10.0.0.2:20003', '20002/tcp -> 10.0.0.1:20002'],
  ],
  ['only the named ones', { ports: ['dns'] }, ['20002/tcp -> 10.0.0.1:20002']],
  [
    'those of the older port_map, which outranks `to`',
    { ports: ['dns'], port_map: { http: 80 } },
    ['80/tcp -> 10.0.0.1:20001', '20002/tcp -> 10.0.0.1:20002'],
  ],
  ['none with host networking', { network_mode: 'host' }, []],
];
for (const [what, raw, expected] of CASES) {
  test(`D1: published are ${what}`, () => {
    assert.deepEqual(published(raw).sort(), [...expected].sort());
  });
}

test('D1: a container in the network of another publishes nothing itself', () => {
  assert.deepEqual(published({}, { joinNetwork: 'container:pause' }), []);
});

test('only moved ports are told anew', () => {
  const env = mappedPortEnv(input({ port_map: { http: 80 } }, { ports: PORTS }));
  assert.deepEqual(env, { NOMAD_PORT_http: '80' });
  assert.deepEqual(mappedPortEnv(input({ ports: ['http'] }, { ports: PORTS })), {});
});

test('labels that the group does not know are told by path', () => {
  const raw = { ports: ['http', 'db'], port_map: { dns: 53, ssh: 22 } };
  const issues = portIssues(input(raw, { ports: PORTS }));
  assert.deepEqual(
    issues.map(({ path }) => path),
    ['ports[1]', 'port_map.ssh'],
  );
  assert.match(issues[0]?.message ?? '', /"db"/);
});
