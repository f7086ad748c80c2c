import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../base/json.ts';
import { input } from './container-input.fixture.ts';
import type { ContainerInput } from './container-input.ts';
import { containerBody, isBody } from './container.ts';

function made(
  raw: JsonObject,
  over: Partial<ContainerInput> = {},
): { body: JsonObject; host: JsonObject } {
  const body = containerBody(input(raw, over));
  assert.ok(isBody(body), JSON.stringify(body));
  return { body, host: body['HostConfig'] as JsonObject };
}

test('D1: a port is published on its address for tcp and udp', () => {
  const binding: Json = [{ HostIp: '127.0.0.1', HostPort: '20001' }];
  const { host } = made({});
  assert.deepEqual(host['PortBindings'], { '20001/tcp': binding, '20001/udp': binding });
});

test('D1: port_map moves the port inside, and the task is told', () => {
  const { body, host } = made({ port_map: { http: 80 } });
  assert.deepEqual(Object.keys(host['PortBindings'] as JsonObject), ['80/tcp', '80/udp']);
  assert.ok((body['Env'] as string[]).includes('NOMAD_PORT_http=80'));
});

test('D1: host networking publishes nothing', () => {
  assert.deepEqual(made({ network_mode: 'host' }).host['PortBindings'], {});
});

test('a joined network leaves names and resolvers to its owner', () => {
  const { body, host } = made({ hostname: 'x' }, { joinNetwork: 'container:p1' });
  assert.equal(host['NetworkMode'], 'container:p1');
  assert.equal(body['Hostname'], '');
  assert.equal('Dns' in host, false);
});

test("a task's own network mode goes before its group's network, and nothing is published twice", () => {
  const { host } = made({ network_mode: 'host' }, { joinNetwork: 'container:p1' });
  assert.equal(host['NetworkMode'], 'host');
  const { host: other } = made({ network_mode: 'bridge' }, { joinNetwork: 'container:p1' });
  assert.equal(other['NetworkMode'], 'bridge');
  assert.deepEqual(other['PortBindings'], {});
});

const notJoined: [raw: JsonObject, path: string][] = [
  [{ port_map: { http: 80 } }, 'port_map.http'],
  [{ dns_servers: ['10.0.0.1'] }, 'dns_servers'],
  [{ extra_hosts: ['db:10.0.0.1'] }, 'extra_hosts'],
];
for (const [raw, path] of notJoined) {
  test(`${JSON.stringify(raw)} is refused in a network of the group`, () => {
    const issues = containerBody(input(raw, { joinNetwork: 'container:p1' }));
    assert.ok(!isBody(issues));
    assert.equal(issues[0]?.path, path);
    made({ ...raw, network_mode: 'bridge' }, { joinNetwork: 'container:p1' });
  });
}

test('memory is a hard limit without swap; oversubscribed memory is reserved', () => {
  const mib = 1024 * 1024;
  const { host } = made({});
  assert.deepEqual([host['Memory'], host['MemorySwap']], [64 * mib, 64 * mib]);
  const over = made({}, { memoryMaxMb: 128 }).host;
  assert.deepEqual([over['Memory'], over['MemoryReservation']], [128 * mib, 64 * mib]);
});

const refused: [raw: JsonObject, path: string][] = [
  [{ privileged: true }, 'privileged'],
  [{ cap_add: ['sys_admin'] }, 'cap_add[0]'],
  [{ volumes: ['/etc:/etc'] }, 'volumes[0]'],
  [{ volumes: ['../../../etc:/etc'] }, 'volumes[0]'],
  [{ mount: [{ type: 'bind', source: '/etc', target: '/x' }] }, 'mount[0].source'],
  [{ ports: ['db'] }, 'ports[0]'],
  [{ port_map: { db: 1 } }, 'port_map.db'],
];
for (const [raw, path] of refused) {
  test(`D2: ${JSON.stringify(raw)} is refused`, () => {
    const issues = containerBody(input(raw));
    assert.ok(!isBody(issues));
    assert.equal(issues[0]?.path, path);
  });
}

test("D2: the allocation's own files may be mounted anywhere", () => {
  const { host } = made({ volumes: ['local/conf:/etc/conf:ro', '../alloc/data:/data'] });
  assert.deepEqual((host['Binds'] as string[]).slice(3), [
    '/d/a1/t/local/conf:/etc/conf:ro',
    '/d/a1/alloc/data:/data',
  ]);
});

test('capabilities are the default list, less what the job drops', () => {
  assert.ok(!(made({ cap_drop: ['CAP_CHOWN'] }).host['CapAdd'] as string[]).includes('CHOWN'));
  assert.deepEqual(made({ cap_drop: ['all'], cap_add: ['kill'] }).host['CapAdd'], ['KILL']);
});

test('command and args follow the entrypoint', () => {
  const { body } = made({ entrypoint: ['/bin/sh'], command: '-c', args: ['echo'] });
  assert.deepEqual([body['Entrypoint'], body['Cmd']], [['/bin/sh'], ['-c', 'echo']]);
  assert.equal('Cmd' in made({}).body, false);
});
