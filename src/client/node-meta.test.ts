import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../test/client-world.ts';
import { canonicalizeService } from '../core/jobspec/canonicalize-service.ts';
import type { AllocId } from '../core/model/ids.ts';

const A = 'a' as AllocId;

test('metadata that is changed by hand is told to the servers and outlives the client', async () => {
  const world = new ClientWorld({ meta: { rack: 'r1', owner: 'ops' } });
  await world.start();
  const told = (): unknown => world.servers.nodes.get(world.nodeId)?.meta;
  const classOf = (): string => world.servers.nodes.get(world.nodeId)?.computedClass ?? '';
  const before = classOf();
  const answer = await world.client.link.changeNodeMeta({ set: { ready: '1' }, unset: ['owner'] });
  const merged = { rack: 'r1', ready: '1' };
  assert.deepEqual(answer.merged, merged);
  assert.deepEqual(answer.configured, { rack: 'r1', owner: 'ops' });
  assert.deepEqual(answer.dynamic, { set: { ready: '1' }, unset: ['owner'] });
  await world.pass(1_000);
  assert.deepEqual(told(), merged);
  assert.notEqual(classOf(), before, 'the scheduler must not take it for a node as before');
  await world.stop();
  await world.start();
  assert.deepEqual(told(), merged);
  assert.deepEqual((await world.client.link.nodeMeta()).merged, merged);
  // The machine is looked at again and again: what was changed is to stay.
  await world.pass(world.config.fingerprintMs * 2);
  assert.deepEqual(told(), merged);
  await world.stop();
});

test('a change that makes no sense changes nothing', async () => {
  const world = new ClientWorld({ meta: { rack: 'r1' } });
  await world.start();
  const { link } = world.client;
  await assert.rejects(link.changeNodeMeta({ set: {}, unset: [] }), { fault: 'invalid' });
  await assert.rejects(link.changeNodeMeta({ set: { 'a b': '' }, unset: [] }), {
    fault: 'invalid',
  });
  const large = { set: { a: 'x'.repeat(100_000) }, unset: [] };
  await assert.rejects(link.changeNodeMeta(large), { message: 'the metadata is too large' });
  assert.deepEqual((await link.nodeMeta()).merged, { rack: 'r1' });
  await world.stop();
});

test('of changes at the same time none is lost, and one that fails holds up no other', async () => {
  const world = new ClientWorld({ meta: { rack: 'r1' } });
  await world.start();
  const { link } = world.client;
  const changes = [{ one: '1' }, { 'a b': '' }, { two: '2' }].map((set) =>
    link.changeNodeMeta({ set, unset: [] }),
  );
  const ends = await Promise.allSettled(changes);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual((await link.nodeMeta()).merged, { rack: 'r1', one: '1', two: '2' });
  await world.stop();
});

test('how checks came out is told while their task runs', async () => {
  const world = new ClientWorld();
  await world.start();
  const owner = { job: 'shop', group: 'web', task: 'server' };
  const check = { type: 'tcp', portLabel: '80', intervalMs: 1_000, timeoutMs: 500 } as const;
  const services = [canonicalizeService({ name: 'shop', checks: [check] }, owner)];
  const job = jobOf(groupOf([taskOf('server', { services })]));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(1_000);
  const { link } = world.client;
  const statuses = async (): Promise<unknown> =>
    (await link.allocChecks(A)).map(({ service, status, task }) => [service, status, task]);
  assert.deepEqual(await statuses(), [['shop', 'success', 'server']]);
  world.registrar.say(A, world.registrar.checksOf(A)[0] ?? '', 'critical');
  assert.deepEqual(await statuses(), [['shop', 'failure', 'server']]);
  await assert.rejects(link.allocChecks('b' as AllocId), { fault: 'not_found' });
  world.servers.stop(A);
  await world.pass(1_000);
  assert.deepEqual(await statuses(), []);
  await world.stop();
});
