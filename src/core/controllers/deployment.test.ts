import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import type { ClientStatus } from '../model/alloc.ts';
import type { Deployment, DeploymentGroup } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { JobType } from '../model/job.ts';
import type { Entry } from '../state/entry.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  evalId,
  group,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  uuid,
} from '../../../test/state-world.ts';
import { deploymentController, failure } from './deployment.ts';

const ID = 'dddddddd-0000-0000-0000-000000000000' as DeploymentId;
const DEADLINE = 1_000;
const spec = (count: number): ReturnType<typeof jobSpec> =>
  jobSpec('web', { groups: [group({ count })] });

function deployment(version: number, more: Partial<DeploymentGroup>): Deployment {
  const { id: jobId, namespace } = jobSpec('web');
  const none = { placedCanaries: [], placedAllocs: 0, healthyAllocs: 0, unhealthyAllocs: 0 };
  return {
    id: ID,
    namespace,
    jobId,
    jobVersion: version,
    jobModifyIndex: 0 as Index,
    jobCreateIndex: 0 as Index,
    groups: {
      web: {
        autoRevert: false,
        autoPromote: false,
        promoted: false,
        desiredCanaries: 0,
        desiredTotal: 2,
        progressDeadlineMs: DEADLINE,
        ...none,
        ...more,
      },
    },
    status: 'running',
    statusDescription: '',
    createdAt: T0,
    modifiedAt: T0,
    createIndex: 0 as Index,
    modifyIndex: 0 as Index,
  };
}

/** Version 1 of a job whose version 0 is stable, being rolled out: two instances are placed. */
function rollout(more: Partial<DeploymentGroup> = {}, type: JobType = 'service'): World {
  const world = new World();
  world.do(registerNode(1), register({ ...spec(2), type }, 1));
  const { namespace, id: jobId } = spec(2);
  world.do({ type: 'job.stability', at: T0, namespace, jobId, version: 0, stable: true });
  const groups = [group({ count: 2 })];
  world.do(register(jobSpec('web', { type, groups, meta: { v: '1' } }), 2));
  for (const n of [1, 2]) decide(world, n);
  const canary = (more.desiredCanaries ?? 0) > 0;
  const placements = [1, 2].map((n) => {
    return placement(n, nodeId(1), { deploymentId: ID, canary: canary && n === 1 });
  });
  world.do(applyPlan(plan('web', { jobVersion: 1, deployment: deployment(1, more), placements })));
  return world;
}

/** Completes an evaluation, as seen on the present state. */
function decide(world: World, n: number): void {
  const found = world.state.evaluation(evalId(n));
  assert.ok(found !== undefined);
  const done = { ...found, status: 'complete' as const, snapshotIndex: world.state.index };
  world.do({ type: 'evals.upsert', at: T0, evals: [done] });
}

function report(n: number, clientStatus: ClientStatus): Entry {
  const facts = { clientStatus, clientDescription: '', taskStates: {}, at: T0 };
  return {
    type: 'allocs.client-update',
    at: T0,
    seed: 'r',
    updates: [{ id: allocId(n), ...facts }],
  };
}

function judge(world: World, healthy: number[], unhealthy: number[] = []): void {
  const verdict = (n: number, is: boolean): object => ({
    id: allocId(n),
    clientStatus: 'running',
    clientDescription: '',
    taskStates: {},
    deploymentStatus: { healthy: is, at: T0 },
    at: T0,
  });
  const updates = [
    ...healthy.map((n) => verdict(n, true)),
    ...unhealthy.map((n) => verdict(n, false)),
  ];
  world.do({ type: 'allocs.client-update', at: T0, seed: 's', updates } as Entry);
}

let drawn = 0;
const newId = (): string => uuid('new', (drawn += 1));

/** What it proposes after so long, in a word; and when it wants to be asked again. */
function asked(world: World, afterMs = 0): readonly (string | number | undefined)[] {
  const now = (T0 + afterMs) as Millis;
  const { propose, wakeAt } = deploymentController.decide(world.state, now, newId);
  const words = propose.map((entry) =>
    entry.type === 'deployment.status' ? `${entry.status}: ${entry.description}` : entry.type,
  );
  return [...words, wakeAt === undefined ? undefined : wakeAt - T0];
}

test('Y1: an evaluation for news, and none for old ones', () => {
  const world = rollout();
  assert.deepEqual(asked(world), [DEADLINE]);
  judge(world, [1]);
  assert.deepEqual(asked(world), ['evals.upsert', undefined]);
  const { propose } = deploymentController.decide(world.state, T0, newId);
  world.do(...propose);
  assert.deepEqual(asked(world), [DEADLINE]);
});

test('Y1: a clock that was ahead and was set back delays nothing', () => {
  const world = rollout({ progressDeadlineMs: 3_600_000, desiredTotal: 3 });
  judge(world, [1]);
  const ahead = (T0 + 900_000) as Millis;
  const { propose } = deploymentController.decide(world.state, ahead, newId);
  const evals = propose.flatMap((entry) => (entry.type === 'evals.upsert' ? entry.evals : []));
  assert.equal(evals.length, 1);
  const done = evals.map((each) => {
    return { ...each, status: 'complete' as const, snapshotIndex: world.state.index };
  });
  world.do({ type: 'evals.upsert', at: ahead, evals: done });
  judge(world, [2]);
  assert.deepEqual(asked(world), ['evals.upsert', undefined]);
});

test('Y3: successful when all are healthy', () => {
  const world = rollout();
  judge(world, [1, 2]);
  assert.deepEqual(asked(world), ['successful: Deployment completed successfully', undefined]);
  const { propose } = deploymentController.decide(world.state, T0, newId);
  world.do(...propose);
  assert.deepEqual(asked(world), [undefined]);
});

test('Y3: not successful while one of the version before is left, however many were healthy', () => {
  const world = rollout();
  const old = placement(3, nodeId(1), { jobVersion: 0 });
  world.do(applyPlan(plan('web', { jobVersion: 1, placements: [old] })));
  judge(world, [1, 2]);
  assert.deepEqual(asked(world), ['evals.upsert', undefined]);
  assert.deepEqual(asked(world, DEADLINE), ['failed: Failed due to progress deadline', undefined]);
  world.do(report(3, 'complete'));
  assert.deepEqual(asked(world), ['successful: Deployment completed successfully', undefined]);
});

test('Y3: what failed unjudged is evaluated once nobody is to judge it any more', () => {
  const asksAgain = (world: World): boolean => {
    const [entry] = deploymentController.decide(world.state, T0, newId).propose;
    assert.ok(entry?.type === 'deployment.status' && entry.status === 'successful');
    return entry.evaluation !== undefined;
  };
  const world = rollout({ desiredTotal: 1 });
  judge(world, [1]);
  assert.equal(asksAgain(world), false);
  world.do(report(2, 'failed'));
  assert.equal(asksAgain(world), true);
});

test('Y2: failed at the deadline, or at the first unhealthy one where there is none', () => {
  const late = rollout();
  assert.deepEqual(asked(late, DEADLINE), ['failed: Failed due to progress deadline', undefined]);
  const strict = rollout({ progressDeadlineMs: 0 });
  assert.deepEqual(asked(strict, 10 * DEADLINE), [undefined]);
  judge(strict, [], [1]);
  assert.deepEqual(asked(strict), ['failed: Failed due to unhealthy allocations', undefined]);
});

test('unhealthy ones are replaced while there is time', () => {
  const world = rollout();
  judge(world, [], [1]);
  assert.deepEqual(asked(world), ['allocs.transition', undefined]);
  const { propose } = deploymentController.decide(world.state, T0, newId);
  world.do(...propose);
  assert.equal(world.state.alloc(allocId(1))?.desiredTransition?.reschedule, true);
  assert.deepEqual(asked(world), [DEADLINE]);
});

test('canaries: promoted by themselves, or waited for beyond any deadline', () => {
  const self = rollout({ desiredCanaries: 1, autoPromote: true });
  judge(self, [1]);
  assert.deepEqual(asked(self), ['deployment.promote', undefined]);
  const manual = rollout({ desiredCanaries: 1 });
  assert.deepEqual(asked(manual, DEADLINE), ['failed: Failed due to progress deadline', undefined]);
  judge(manual, [1]);
  const { propose } = deploymentController.decide(manual.state, T0, newId);
  manual.do(...propose);
  assert.deepEqual(asked(manual, 100 * DEADLINE), [undefined]);
});

test('canaries: one that was healthy and is gone is waited for anew, and then no longer', () => {
  for (const autoPromote of [false, true]) {
    const world = rollout({ desiredCanaries: 1, autoPromote });
    judge(world, [1]);
    const at = (T0 + 100 * DEADLINE) as Millis;
    world.do({ ...report(1, 'failed'), at });
    const { propose } = deploymentController.decide(world.state, at, newId);
    world.do(...propose);
    const until = 101 * DEADLINE;
    assert.deepEqual(asked(world, 100 * DEADLINE), [until]);
    assert.deepEqual(asked(world, until), ['failed: Failed due to progress deadline', undefined]);
  }
});

test('Y2: what became healthy just before its deadline is no reason to fail', () => {
  const world = rollout();
  const { propose } = deploymentController.decide(world.state, (T0 + DEADLINE) as Millis, newId);
  judge(world, [1]);
  assert.equal(world.do(...propose).outcome.ok, false);
});

/** What it proposes now; an evaluation stays pending. */
function carryOut(world: World): void {
  world.do(...deploymentController.decide(world.state, T0, newId).propose);
}

test('Y3: of a system job the scheduler tells that a rollout is through, soon after it may be', () => {
  const world = rollout({}, 'system');
  judge(world, [1, 2]);
  assert.deepEqual(asked(world), ['evals.upsert', undefined]);
  carryOut(world);
  assert.deepEqual(asked(world, 500), [DEADLINE]);
  assert.deepEqual(asked(world, DEADLINE), ['failed: Failed due to progress deadline', undefined]);
});

test('Y4: of a system job an unhealthy instance is begun anew after a pause', () => {
  const world = rollout({ progressDeadlineMs: 60_000 }, 'system');
  judge(world, [], [1]);
  carryOut(world);
  assert.deepEqual(asked(world, 29_000), [30_000]);
  assert.deepEqual(asked(world, 30_000), ['allocs.transition', undefined]);
});

test('where a failed one goes back to', () => {
  const world = rollout({ autoRevert: true });
  const found = world.state.deployment(ID);
  assert.ok(found !== undefined);
  const { namespace, id: jobId } = spec(2);
  assert.deepEqual(failure(world.state, found, 'why'), {
    description: 'why - rolling back to job version 0',
    revert: { namespace, jobId, version: 0 },
  });
  world.do({ type: 'job.stability', at: T0, namespace, jobId, version: 0, stable: false });
  assert.deepEqual(failure(world.state, found, 'why'), {
    description: 'why - no stable job version to auto revert to',
  });
});

test('paused, stopped and overtaken ones are left alone', () => {
  const world = rollout();
  world.do({
    type: 'deployment.status',
    at: T0,
    deploymentId: ID,
    status: 'paused',
    description: '',
  });
  assert.deepEqual(asked(world, 10 * DEADLINE), [undefined]);
  const overtaken = rollout();
  overtaken.do(register(spec(7), 3));
  assert.deepEqual(asked(overtaken, 10 * DEADLINE), [undefined]);
});
