/** The shapes of the discovery API as Consul's clients read and write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import { readJson, writeJson } from '../../base/json.ts';
import { machine, offer } from '../../../test/catalog-world.ts';
import type { SessionId } from '../../core/model/session.ts';
import { Api, type WireRequest } from '../api.ts';
import { decodeFull, encodeFull } from '../codec/codec.ts';
import { CHECK_BODY } from './agent-check-codec.ts';
import { AGENT_SERVICE_BODY } from './agent-service-codec.ts';
import { CONSUL_ROUTES } from './all-routes.ts';
import { listServices } from './catalog-routes.ts';
import { SERVICE_ROW, serviceRow } from './catalog-codec.ts';
import { CONSUL } from './common-query.ts';
import { HEALTH_ENTRY } from './health-codec.ts';
import { KV_ANSWER, KV_PAIR } from './kv-codec.ts';
import { readPairs, writeKv } from './kv-routes.ts';
import { PREPARED_QUERY } from './query-codec.ts';
import { SESSION, SESSION_BODY } from './session-codec.ts';
import { TXN_OP } from './txn-codec.ts';

const index = (value: number): Index => value as Index;
const indexes = { createIndex: index(3), modifyIndex: index(4) };
const node = { ...machine('n1'), ...indexes };
const instance = { ...offer('web', { id: 'web-1' }), node: 'n1', ...indexes };

test('a pair keeps all digits of its flags, and has null for no value', () => {
  const pair = {
    key: 'a',
    value: '',
    flags: '3304740253564472344',
    lockIndex: index(0),
    ...indexes,
  };
  const text = writeJson(encodeFull(KV_PAIR, pair));
  assert.equal(
    text,
    '{"LockIndex":0,"Key":"a","Flags":3304740253564472344,"Value":null,"CreateIndex":3,"ModifyIndex":4}',
  );
  assert.deepEqual(decodeFull(KV_PAIR, readJson(text)), pair);
  const held = { ...pair, session: 's' as SessionId, expiresAt: 1000 as Millis };
  assert.deepEqual(decodeFull(KV_PAIR, encodeFull(KV_PAIR, { ...held, flags: '7' })), {
    ...held,
    flags: '7',
  });
  assert.deepEqual(KV_ANSWER.encode(['a', 'b/'], 'full'), ['a', 'b/']);
});

test('rows of services and of health look like those of Consul', () => {
  assert.equal(
    writeJson(encodeFull(SERVICE_ROW, serviceRow(node, instance))),
    '{"ID":"","Node":"n1","Address":"10.0.0.1","Datacenter":"dc1","TaggedAddresses":null,"NodeMeta":null,"ServiceKind":"","ServiceID":"web-1","ServiceName":"web","ServiceTags":[],"ServiceAddress":"","ServiceWeights":{"Passing":1,"Warning":1},"ServiceMeta":{},"ServicePort":80,"ServiceSocketPath":"","ServiceEnableTagOverride":false,"ServiceProxy":{"Mode":"","MeshGateway":{},"Expose":{}},"CreateIndex":3,"ModifyIndex":4,"ServiceConnect":{}}',
  );
  const entry = { node, service: instance, checks: [] };
  const wire = encodeFull(HEALTH_ENTRY, entry);
  assert.equal(
    writeJson(wire['Service']),
    '{"ID":"web-1","Service":"web","Tags":[],"Address":"","Meta":{},"Port":80,"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"CreateIndex":3,"ModifyIndex":4,"Connect":{},"PeerName":""}',
  );
  assert.deepEqual(wire['Checks'], []);
});

test('a session says what it is in the units that Consul has for each', () => {
  const session = {
    id: 'x' as SessionId,
    name: '',
    node: 'n1',
    lockDelayMs: 15_000,
    behavior: 'release' as const,
    ttlMs: 90_000,
    nodeChecks: ['serfHealth'],
    serviceChecks: [],
    ...indexes,
  };
  const wire = encodeFull(SESSION, session);
  assert.deepEqual([wire['LockDelay'], wire['TTL'], wire['ServiceChecks']], [15e9, '90s', null]);
  assert.deepEqual(decodeFull(SESSION, wire), session);
});

test('a lock-delay is text, seconds or nanoseconds; 0 is not nothing', () => {
  for (const [raw, expected] of [
    [{}, {}],
    [{ LockDelay: '5000ms' }, { lockDelayMs: 5000 }],
    [{ LockDelay: 5 }, { lockDelayMs: 5000 }],
    [{ LockDelay: 5e9 }, { lockDelayMs: 5000 }],
    [{ LockDelay: '0s' }, { lockDelayMs: 0 }],
    [
      { LockDelay: 0, NodeChecks: [] },
      { lockDelayMs: 0, nodeChecks: [] },
    ],
    [
      { ServiceChecks: [{ ID: 'c' }], TTL: 'x' },
      { serviceChecks: ['c'], ttl: 'x' },
    ],
  ] as const) {
    assert.deepEqual(decodeFull(SESSION_BODY, raw), expected);
  }
});

test('a service is read as it stands in a request and in a file', () => {
  const request = {
    Name: 'web',
    Port: 80,
    EnableTagOverride: true,
    Check: { HTTP: 'http://x', Interval: '1s', DeregisterCriticalServiceAfter: '1m' },
  };
  const file = {
    name: 'web',
    port: 80,
    enable_tag_override: true,
    check: { http: 'http://x', interval: 1e9, deregister_critical_service_after: '60s' },
  };
  const read = decodeFull(AGENT_SERVICE_BODY, request);
  assert.deepEqual(decodeFull(AGENT_SERVICE_BODY, file), read);
  assert.ok(!Array.isArray(read) && 'check' in read);
  assert.equal(read.check.deregisterCriticalServiceAfterMs, 60_000);
  const bare = decodeFull(AGENT_SERVICE_BODY, { Name: 'x', Check: null, Checks: null });
  assert.ok('checks' in bare && !('check' in bare) && bare.checks.length === 0);
  assert.equal(
    writeJson(encodeFull(AGENT_SERVICE_BODY, read)),
    '{"Name":"web","Port":80,"EnableTagOverride":true,"Check":{"HTTP":"http://x","Interval":"1s","DeregisterCriticalServiceAfter":"1m0s"}}',
  );
});

test('a command that is one text is for a shell', () => {
  const rows = [
    [{ Script: 'exit 1' }, { args: ['sh', '-c', 'exit 1'], shell: '' }],
    [
      { script: 'up', docker_container_id: 'c' },
      { args: ['up'], shell: 'sh' },
    ],
    [
      { Script: 'up', DockerContainerID: 'c', Shell: 'bash' },
      { args: ['up'], shell: 'bash' },
    ],
    [
      { Script: 'a', Args: ['b'] },
      { args: ['b'], shell: '' },
    ],
  ] as const;
  for (const [raw, expected] of rows) {
    const read = decodeFull(CHECK_BODY, raw);
    assert.ok('args' in read);
    assert.deepEqual({ args: read.args, shell: read.shell }, expected);
  }
});

test('operations of a transaction are told apart, and a query without a template has none', () => {
  const op = decodeFull(TXN_OP, { KV: { Verb: 'cas', Key: 'a', Index: 1, Value: 'YQ==' } });
  assert.ok(!Array.isArray(op) && 'kv' in op);
  assert.deepEqual(Object.keys(op), ['kv']);
  assert.equal(op.kv.flags, '0');
  const query = decodeFull(PREPARED_QUERY, { Service: { Service: 'web' }, Template: { Type: '' } });
  assert.ok(!Array.isArray(query) && !('template' in query));
});

test('mistakes are told with their place', () => {
  assert.deepEqual(decodeFull(TXN_OP, { KV: { Verb: 'set', Value: '?', Flags: -1 } }), [
    { path: 'KV.Value', message: 'expected Base64, got "?"' },
    { path: 'KV.Flags', message: 'expected a number of 64 bits, got -1' },
  ]);
});

test('a caller of the discovery API speaks its dialect', async () => {
  const sent: WireRequest[] = [];
  const api = new Api(
    { dialect: CONSUL, token: 't', datacenter: 'dc2', stale: true },
    {
      send: (request) => {
        sent.push(request);
        const found = request.method === 'PUT';
        return Promise.resolve({
          status: found ? 200 : 404,
          headers: { 'x-consul-index': '9' },
          body: pieces(found ? 'true' : ''),
        });
      },
    },
  );
  const body = new TextEncoder().encode('{x');
  const query = { flags: '18446744073709551615', cas: 0 };
  assert.equal(await api.call(writeKv, { params: { key: 'a b/c' }, query, body }), true);
  await assert.rejects(api.call(readPairs, { params: { key: '' } }), {
    fault: 'not_found',
    facts: { status: 404, index: 9 },
  });
  const headers = { 'X-Consul-Token': 't' };
  const path = '/v1/kv/a%20b/c?flags=18446744073709551615&cas=0&dc=dc2';
  assert.deepEqual(sent, [
    { method: 'PUT', path, headers, body },
    { method: 'GET', path: '/v1/kv/?dc=dc2&stale=true', headers },
  ]);
});

test('the endpoints have names of their own, and none stands in the way of another', () => {
  const names = CONSUL_ROUTES.map((route) => route.name);
  assert.equal(new Set(names).size, names.length);
  const places = CONSUL_ROUTES.map((route) => `${route.method} ${route.path}`);
  assert.equal(new Set(places).size, places.length);
  assert.equal(listServices.reply?.zero?.() instanceof Object, true);
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}
