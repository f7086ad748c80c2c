/** Clients whose wall clock is set: nothing that lasts is judged by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alloc } from '../core/model/alloc.ts';
import type { DeploymentId } from '../core/model/ids.ts';
import type { UpdateStrategy } from '../core/model/strategy.ts';
import { UPDATE_DEFAULTS } from '../core/jobspec/defaults.ts';
import { ClientWorld, assignmentOf, groupOf, jobOf, taskOf } from '../../test/client-world.ts';

const A = 'a-1';
const DAY = 86_400_000;
const UPDATE: UpdateStrategy = {
  ...UPDATE_DEFAULTS,
  healthCheck: 'task_states',
  minHealthyTimeMs: 20_000,
  healthyDeadlineMs: 300_000,
};
const ROLLOUT: Partial<Alloc> = { deploymentId: 'd' as DeploymentId };

/** A client that was given one instance of a rollout a second ago. */
async function given(): Promise<ClientWorld> {
  const world = new ClientWorld();
  await world.start();
  const group = groupOf([taskOf('server')], { update: UPDATE });
  world.servers.assign(assignmentOf(A, world.nodeId, jobOf(group), ROLLOUT));
  await world.pass(1_000);
  return world;
}

function healthy(world: ClientWorld): boolean | undefined {
  return world.servers.told(A as Alloc['id'])?.deploymentStatus?.healthy;
}

for (const [name, jumpMs] of [
  ['ahead', DAY],
  ['back', -DAY],
] as const) {
  test(`a clock that is set ${name} makes an instance healthy no sooner and no later`, async () => {
    const world = await given();
    world.own.skewMs = jumpMs;
    await world.pass(15_000);
    assert.equal(healthy(world), undefined);
    await world.pass(10_000);
    assert.equal(healthy(world), true);
    await world.stop();
  });

  test(`a clock that is set ${name} while the agent is away counts for nothing`, async () => {
    const world = await given();
    await world.stop();
    world.own.skewMs = jumpMs;
    await world.start();
    await world.pass(10_000);
    assert.equal(healthy(world), undefined);
    await world.pass(15_000);
    assert.equal(healthy(world), true);
    await world.stop();
  });

  test(`a clock that is set ${name} restarts a task neither at once nor never`, async () => {
    const world = await given();
    world.machine.kill(`${A}.server.0`, 1);
    await world.pass(100);
    world.own.skewMs = jumpMs;
    await world.pass(10_000);
    assert.deepEqual(world.machine.running(), []);
    await world.pass(10_000);
    assert.equal(world.machine.running().length, 1);
    await world.stop();
  });
}

test('a clock that is set ahead makes nothing late', async () => {
  const world = await given();
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(100);
  world.own.skewMs = DAY;
  await world.pass(45_000);
  assert.equal(healthy(world), true);
  await world.stop();
});

test('MO3: over a start of the machine a deadline goes on, its clock set back or not', async () => {
  const world = await given();
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(100);
  await world.stop();
  world.machine.loseAll();
  world.boot = 'second';
  world.own.skewMs = -DAY;
  await world.start();
  await world.pass(80_000);
  assert.equal(world.machine.running().length, 1, 'restarted a little later than it should be');
  await world.stop();
});

test('what is told is stamped with the wall clock', async () => {
  const world = await given();
  world.own.skewMs = DAY;
  await world.pass(25_000);
  const told = world.servers.told(A as Alloc['id']);
  assert.ok((told?.deploymentStatus?.at ?? 0) > DAY);
  const [first] = told?.taskStates['server']?.events ?? [];
  assert.ok(first !== undefined && first.at < DAY, 'what was told before stays');
  await world.stop();
});
