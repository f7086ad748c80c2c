import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import type { DrainStrategy } from '../model/node.ts';
import type { JobType } from '../model/job.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  uuid,
} from '../../../test/state-world.ts';
import { drainController } from './drain.ts';

const HEALTHY_MS = 10_000;
const DEADLINE_MS = 300_000;
let drawn = 0;
const newId = (): string => uuid('new', (drawn += 1));

/** A node with three instances of a job, all running since the beginning. */
function cluster(
  type: JobType,
  count = 3,
  healthCheck: 'checks' | 'task_states' = 'task_states',
): World {
  const world = new World();
  const migrate = {
    maxParallel: 1,
    healthCheck,
    minHealthyTimeMs: HEALTHY_MS,
    healthyDeadlineMs: DEADLINE_MS,
  };
  world.do(registerNode(1), registerNode(2));
  world.do(register(jobSpec('web', { type, groups: [group({ count, migrate })] }), 1));
  const placements = [1, 2, 3].map((n) => placement(n, nodeId(1)));
  world.do(applyPlan(plan('web', { placements })));
  for (const n of [1, 2, 3]) report(world, n, 'running');
  return world;
}

function report(
  world: World,
  n: number,
  clientStatus: 'running' | 'complete',
  healthy?: boolean,
): void {
  const deploymentStatus = healthy === undefined ? {} : { deploymentStatus: { healthy, at: T0 } };
  world.do({
    type: 'allocs.client-update',
    at: T0,
    seed: `s${n}`,
    updates: [
      {
        ...{ id: allocId(n), clientStatus, clientDescription: '', taskStates: {}, at: T0 },
        ...deploymentStatus,
      },
    ],
  });
}

function drain(world: World, more: Partial<DrainStrategy> = {}): void {
  const strategy = { deadlineMs: 0, ignoreSystemJobs: false, startedAt: T0, ...more };
  world.do({
    type: 'node.drain',
    at: T0,
    nodeId: nodeId(1),
    drain: strategy,
    markEligible: false,
    seed: 's',
  });
}

/** Lets it work until it has nothing more to say; answers how many allocations are to move. */
function work(world: World, afterMs: number): number {
  const now = (T0 + afterMs) as Millis;
  for (let i = 0; i < 10; i++) {
    const { propose } = drainController.decide(world.state, now, newId);
    if (propose.length === 0) break;
    world.do(...propose);
  }
  return [...world.state.allocs()].filter((each) => each.desiredTransition?.migrate === true)
    .length;
}

test('D1: no more leave at once than the group allows', () => {
  const world = cluster('service');
  drain(world);
  // Not healthy for long enough yet: nothing can be spared.
  assert.equal(work(world, 0), 0);
  assert.equal(drainController.decide(world.state, T0, newId).wakeAt, T0 + HEALTHY_MS);
  assert.equal(work(world, HEALTHY_MS), 1);
  assert.equal(work(world, 2 * HEALTHY_MS), 1);
});

test('D1: where checks decide, their verdict is waited for', () => {
  const world = cluster('service', 3, 'checks');
  drain(world);
  assert.equal(work(world, 2 * HEALTHY_MS), 0, 'they only run');
  report(world, 1, 'running', true);
  report(world, 2, 'running', false);
  report(world, 3, 'running', true);
  assert.equal(work(world, 2 * HEALTHY_MS), 1);
  assert.equal(
    world.state.alloc(allocId(2))?.desiredTransition?.migrate,
    true,
    'what is of no use',
  );
  assert.equal(work(world, DEADLINE_MS), 1, 'one is away already');
  const silent = cluster('service', 3, 'checks');
  drain(silent);
  assert.equal(work(silent, DEADLINE_MS), 1, 'its client never judges');
});

test('D2: at the deadline, or forced, everything moves', () => {
  const world = cluster('service');
  drain(world, { deadlineMs: 5_000, forceAt: (T0 + 5_000) as Millis });
  assert.equal(work(world, 4_999), 0);
  assert.equal(drainController.decide(world.state, T0, newId).wakeAt, T0 + 5_000);
  assert.equal(work(world, 5_000), 3);
  const forced = cluster('service');
  drain(forced, { deadlineMs: -1 });
  assert.equal(work(forced, 0), 3);
});

test('batch work may finish until the deadline', () => {
  const world = cluster('batch');
  drain(world, { deadlineMs: 5_000, forceAt: (T0 + 5_000) as Millis });
  assert.equal(work(world, 4_999), 0);
  assert.equal(work(world, 5_000), 3);
});

test('system jobs leave last, or not at all', () => {
  const world = cluster('service');
  world.do(register(jobSpec('sys', { type: 'system' }), 2));
  world.do(applyPlan(plan('sys', { placements: [placement(9, nodeId(1))] })));
  const sysMoves = (): boolean =>
    world.state.alloc(allocId(9))?.desiredTransition?.migrate === true;
  drain(world);
  work(world, HEALTHY_MS);
  assert.equal(sysMoves(), false);
  for (const n of [1, 2, 3]) report(world, n, 'complete');
  work(world, HEALTHY_MS);
  assert.equal(sysMoves(), true);
  assert.notEqual(world.state.node(nodeId(1))?.drain, undefined);

  const ignoring = cluster('service');
  ignoring.do(register(jobSpec('sys', { type: 'system' }), 2));
  ignoring.do(applyPlan(plan('sys', { placements: [placement(9, nodeId(1))] })));
  drain(ignoring, { ignoreSystemJobs: true });
  for (const n of [1, 2, 3]) report(ignoring, n, 'complete');
  work(ignoring, 0);
  assert.equal(ignoring.state.node(nodeId(1))?.drain, undefined);
});

test('D3: a drain ends when all has gone, with an event', () => {
  const world = cluster('service');
  drain(world);
  for (const n of [1, 2, 3]) report(world, n, 'complete');
  work(world, 0);
  const node = world.state.node(nodeId(1));
  assert.equal(node?.drain, undefined);
  assert.equal(node?.eligibility, 'ineligible');
  assert.equal(node.events.at(-1)?.message, 'Node drain complete');
  assert.deepEqual(drainController.decide(world.state, T0, newId), { propose: [] });
});
