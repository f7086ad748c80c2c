import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import type { ClientStatus } from '../model/alloc.ts';
import type { JobType } from '../model/job.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  evalId,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { lint } from '../state/lint.ts';
import { GC_EVERYTHING, GC_THRESHOLDS, findGarbage } from './gc.ts';

/** A job with one allocation, its evaluation decided. */
function cluster(type: JobType, clientStatus: ClientStatus): World {
  const world = new World();
  const spec = jobSpec('web', { type });
  world.do(registerNode(1), register(spec, 1));
  world.do(applyPlan(plan('web', { evalId: evalId(1), placements: [placement(1, nodeId(1))] })));
  world.do({
    type: 'allocs.client-update',
    at: T0,
    seed: 's',
    updates: [{ id: allocId(1), clientStatus, clientDescription: '', taskStates: {}, at: T0 }],
  });
  decideAll(world);
  return world;
}

function decideAll(world: World): void {
  const evals = [...world.state.evals()].map((each) => ({ ...each, status: 'complete' as const }));
  world.do({ type: 'evals.upsert', at: T0, evals });
}

function stop(world: World): void {
  const { namespace, id: jobId } = jobSpec('web');
  world.do({ type: 'job.deregister', at: T0, namespace, jobId, purge: false });
}

/** What is left of jobs, evaluations and allocations once all garbage is out. */
function left(world: World, afterMs: number, force = false): readonly number[] {
  const now = (T0 + afterMs) as Millis;
  for (let i = 0; i < 10; i++) {
    const garbage = findGarbage(world.state, now, force ? GC_EVERYTHING : GC_THRESHOLDS);
    if (garbage === undefined) break;
    const { outcome } = world.do(garbage);
    assert.ok(outcome.ok && outcome.changed, 'what is proposed is carried out');
  }
  assert.deepEqual(lint(world.state), []);
  const { jobs, evals, allocs } = world.state.counts();
  return [jobs ?? 0, evals ?? 0, allocs ?? 0];
}

const HOUR = 3_600_000;

test('G1: nothing that is alive goes, however it is forced', () => {
  assert.deepEqual(left(cluster('service', 'running'), 1_000 * HOUR, true), [1, 1, 1]);
});

test('G1: a failed allocation that is still to be replaced stays', () => {
  // Its own evaluation holds it; the one that its failure asked for goes.
  const world = cluster('service', 'failed');
  world.do(register(jobSpec('web', { meta: { again: '1' } }), 5));
  assert.deepEqual(left(world, HOUR)[2], 1);
});

test('G1: the results of a batch job stay with it, until it is old', () => {
  assert.deepEqual(left(cluster('batch', 'complete'), HOUR), [1, 1, 1]);
  assert.deepEqual(left(cluster('batch', 'complete'), 4 * HOUR), [0, 0, 0]);
});

test('a stopped job goes with everything, when it is old or that is asked for', () => {
  const world = cluster('service', 'complete');
  stop(world);
  decideAll(world);
  assert.deepEqual(left(world, 0), [1, 2, 1]);
  assert.deepEqual(left(world, HOUR), [1, 0, 0]);
  assert.deepEqual(left(world, 4 * HOUR), [0, 0, 0]);
  const young = cluster('service', 'complete');
  stop(young);
  decideAll(young);
  assert.deepEqual(left(young, 0, true), [0, 0, 0]);
});

test('a dead node goes after a day, when nothing is on it', () => {
  const world = new World();
  world.do(registerNode(1));
  const down = { type: 'node.status', at: T0, nodeId: nodeId(1), status: 'down' } as const;
  world.do({ ...down, description: '', seed: 's' });
  left(world, 23 * HOUR);
  assert.equal(world.state.nodeCount(), 1);
  left(world, 24 * HOUR);
  assert.equal(world.state.nodeCount(), 0);
});
