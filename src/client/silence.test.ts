/** Clients without servers, and groups that mind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskGroup } from '../core/model/task-group.ts';
import { FIND_SERVERS_MS } from '../core/runner/silence.ts';
import { ClientWorld, assignmentOf, groupOf, jobOf, taskOf } from '../../test/client-world.ts';

const A = 'a-1';

/** A client that runs one allocation of such a group. */
async function running(over: Partial<TaskGroup>): Promise<ClientWorld> {
  const world = new ClientWorld();
  await world.start();
  const group = groupOf([taskOf('server')], over);
  world.servers.assign(assignmentOf(A, world.nodeId, jobOf(group)));
  await world.pass(2_000);
  assert.equal(world.machine.running().length, 1);
  return world;
}

const stopsAfter = (stopOnClientAfterMs: number): Partial<TaskGroup> => ({
  disconnect: { lostAfterMs: 0, replace: true, reconcile: 'best_score', stopOnClientAfterMs },
});

for (const [what, over] of [
  ['stop_after_client_disconnect', { stopAfterClientDisconnectMs: 30_000 }],
  ['stop_on_client_after', stopsAfter(30_000)],
] as const) {
  test(`${what}: a group that must not outlive the contact stops by itself`, async () => {
    const world = await running(over);
    world.servers.away = true;
    await world.pass(20_000);
    assert.equal(world.machine.running().length, 1);
    await world.pass(25_000);
    assert.equal(world.machine.running().length, 0);
    world.servers.away = false;
    await world.pass(10_000);
    assert.equal(world.told(A), 'complete "All tasks have completed"');
    const events = world.eventTypes(A, 'server');
    assert.equal(events.filter((type) => type === 'Client Disconnected').length, 1);
    await world.stop();
  });
}

test('a group that minds nothing runs on for ever', async () => {
  const world = await running({});
  world.servers.away = true;
  await world.pass(3_600_000);
  assert.equal(world.machine.running().length, 1);
  await world.stop();
  assert.ok(!world.files.files.has('heard.json'), 'nothing is written down for nobody');
});

test('between two heartbeats nobody is silent, however little a group bears', async () => {
  const world = await running(stopsAfter(1_000));
  world.servers.ttlMs = 60_000;
  await world.pass(600_000);
  assert.equal(world.machine.running().length, 1);
  await world.stop();
});

test('an agent that starts anew counts on from what the one before it heard', async () => {
  const world = await running(stopsAfter(300_000));
  await world.stop();
  world.servers.away = true;
  await world.pass(295_000);
  await world.start();
  await world.pass(FIND_SERVERS_MS - 5_000);
  assert.equal(world.machine.running().length, 1, 'it looks for servers first');
  await world.pass(20_000);
  assert.equal(world.machine.running().length, 0);
  await world.stop();
});

test('an agent that starts anew and finds servers stops nothing', async () => {
  const world = await running(stopsAfter(60_000));
  await world.stop();
  await world.pass(3_600_000);
  await world.start();
  await world.pass(120_000);
  assert.equal(world.machine.running().length, 1);
  await world.stop();
});
