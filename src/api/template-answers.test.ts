import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import type { Dependency, HealthService } from '../core/template/dependency.ts';
import { Api } from './api.ts';
import { CONSUL } from './consul/common-query.ts';
import { askDependency, type Reply } from './template-answers.ts';

/** Answers one request with that body; tells its path. */
async function ask(
  dependency: Dependency,
  body: unknown,
  { status = 200, index = 0 } = {},
): Promise<Readonly<{ path: string; reply: Reply }>> {
  let path = '';
  const api = new Api(
    { dialect: CONSUL },
    {
      send: (request) => {
        ({ path } = request);
        const bytes = new TextEncoder().encode(JSON.stringify(body));
        return Promise.resolve({
          status,
          headers: { 'x-consul-index': '9' },
          // eslint-disable-next-line @typescript-eslint/require-await -- a body is a stream
          body: (async function* () {
            yield bytes;
          })(),
        });
      },
    },
  );
  return { reply: await askDependency(api, dependency, index), path };
}

const NODE = {
  ...{ ID: 'id', Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', TaggedAddresses: {} },
  ...{ Meta: { rack: 'r1' }, CreateIndex: 1, ModifyIndex: 1 },
};
const service = (id: string, address: string) => ({
  ...{ ID: id, Service: 'web', Tags: ['b', 'a'], Address: address, Meta: {}, Port: 80 },
  ...{
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    CreateIndex: 1,
    ModifyIndex: 1,
  },
});
const check = (id: string, status: string) => ({
  ...{ Node: 'n1', CheckID: id, Name: id, Status: status, Notes: '', Output: '', ServiceID: '' },
  ...{ ServiceName: '', ServiceTags: [], Type: '', Definition: {}, CreateIndex: 1, ModifyIndex: 1 },
});
const web: HealthService = { kind: 'health.service', name: 'web', filter: [], connect: false };

test('a key is asked for with its index, and its bytes come as text', async () => {
  const body = [
    { Key: 'a/b', Value: 'w6k=', Flags: 42, LockIndex: 0, CreateIndex: 3, ModifyIndex: 4 },
  ];
  const { path, reply } = await ask({ kind: 'kv.get', key: 'a/b', datacenter: 'dc2' }, body, {
    index: 5,
  });
  assert.match(path, /^\/v1\/kv\/a\/b\?/);
  for (const part of ['index=5', 'dc=dc2', 'stale', 'wait=']) assert.ok(path.includes(part), path);
  assert.equal(reply.index, 9);
  assert.deepEqual(reply.value, {
    ...{ path: 'a/b', value: 'é', createIndex: 3, modifyIndex: 4, lockIndex: 0, flags: 42n },
    session: '',
  });
});

test('what does not exist is an answer, with an index to wait on', async () => {
  const one = await ask({ kind: 'kv.get', key: 'a' }, '', { status: 404 });
  assert.deepEqual(one.reply, { value: undefined, index: 9 });
  const list = await ask({ kind: 'kv.list', prefix: 'a' }, '', { status: 404 });
  assert.deepEqual(list.reply, { value: [], index: 9 });
  assert.match(list.path, /recurse/);
});

test('instances are sorted, filtered and have an address', async () => {
  const body = [
    { Node: { ...NODE, Node: 'n2' }, Service: service('w2', ''), Checks: [check('c', 'critical')] },
    { Node: NODE, Service: service('w1', '1.1.1.1'), Checks: [check('c', 'passing')] },
  ];
  const passing = await ask(web, body);
  assert.ok(passing.path.includes('passing'), passing.path);
  const shown = (reply: Reply): unknown =>
    (reply.value as readonly { id: string; address: string; status: string; tags: unknown }[]).map(
      ({ id, address, status, tags }) => ({ id, address, status, tags }),
    );
  assert.deepEqual(shown(passing.reply), [
    { id: 'w1', address: '1.1.1.1', status: 'passing', tags: ['a', 'b'] },
    { id: 'w2', address: '10.0.0.1', status: 'critical', tags: ['a', 'b'] },
  ]);
  const critical = await ask({ ...web, filter: ['critical'], tag: 'b', near: '_agent' }, body);
  assert.ok(!critical.path.includes('passing'));
  assert.ok(critical.path.includes('tag=b') && critical.path.includes('near=_agent'));
  assert.equal((critical.reply.value as readonly unknown[]).length, 1);
});

test('nodes and services come in the shapes that templates know', async () => {
  const nodes = await ask({ kind: 'catalog.nodes' }, [NODE]);
  assert.deepEqual(nodes.reply.value, [
    {
      id: 'id',
      node: 'n1',
      address: '10.0.0.1',
      datacenter: 'dc1',
      taggedAddresses: {},
      meta: { rack: 'r1' },
    },
  ]);
  const services = await ask({ kind: 'catalog.services' }, { web: ['b', 'a'], db: [] });
  assert.deepEqual(services.reply.value, [
    { name: 'db', tags: [] },
    { name: 'web', tags: ['a', 'b'] },
  ]);
  const body = { Node: NODE, Services: { w1: service('w1', '') } };
  const node = await ask({ kind: 'catalog.node', name: 'n1' }, body);
  assert.match(node.path, /^\/v1\/catalog\/node\/n1/);
  const none = await ask({ kind: 'catalog.node', name: 'n9' }, null);
  assert.equal(none.reply.value, undefined);
  const names = await ask({ kind: 'catalog.datacenters', reachableOnly: false }, ['dc1']);
  assert.deepEqual(names.reply, { value: ['dc1'], index: 0 });
});

test('what this API does not know is refused', async () => {
  const secret: Dependency = { kind: 'vault.read', path: 'a', data: [] };
  await assert.rejects(
    ask(secret, {}),
    (error) => error instanceof Failure && error.fault === 'unsupported',
  );
});
