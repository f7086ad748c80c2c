import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import type { Deployment, DeploymentGroup } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
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
} from '../../../test/state-world.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';
import type { Outcome } from './outcome.ts';

const ID = 'dddddddd-0000-0000-0000-000000000000' as DeploymentId;

function deployment(more: Partial<DeploymentGroup> = {}): Deployment {
  const { id: jobId, namespace } = jobSpec('web');
  return {
    id: ID,
    namespace,
    jobId,
    jobVersion: 0,
    jobModifyIndex: 0 as Index,
    jobCreateIndex: 0 as Index,
    groups: {
      web: {
        autoRevert: false,
        autoPromote: false,
        promoted: false,
        placedCanaries: [],
        desiredCanaries: 0,
        desiredTotal: 2,
        placedAllocs: 0,
        healthyAllocs: 0,
        unhealthyAllocs: 0,
        progressDeadlineMs: 1_000,
        ...more,
      },
    },
    status: 'running',
    statusDescription: 'Deployment is running',
    createdAt: T0,
    modifiedAt: T0,
    createIndex: 0 as Index,
    modifyIndex: 0 as Index,
  };
}

/** A job of two instances in a deployment; both placed. */
function rollout(more: Partial<DeploymentGroup> = {}): World {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web', { groups: [group({ count: 2 })] }), 1));
  const canary = (more.desiredCanaries ?? 0) > 0;
  const placements = [1, 2].map((n) =>
    placement(n, nodeId(1), { deploymentId: ID, canary: canary && n === 1 }),
  );
  world.do(applyPlan(plan('web', { deployment: deployment(more), placements })));
  return world;
}

const status = (to: Deployment['status'], more: object = {}): Entry => ({
  type: 'deployment.status',
  at: T0,
  deploymentId: ID,
  status: to,
  description: to,
  ...more,
});

const health = (healthy: number[], unhealthy: number[] = []): Entry => ({
  type: 'deployment.alloc-health',
  at: T0,
  deploymentId: ID,
  healthy: healthy.map(allocId),
  unhealthy: unhealthy.map(allocId),
});

function told(outcome: Outcome): string {
  return outcome.ok ? 'accepted' : outcome.message;
}

test('B1: what is over stays as it ended', () => {
  const world = rollout();
  world.do(status('failed'));
  for (const entry of [status('running'), health([1])]) {
    assert.match(told(world.do(entry).outcome), /has terminal status "failed"/);
  }
  assert.equal(world.state.deployment(ID)?.status, 'failed');
  assert.deepEqual([...world.state.activeDeployments()], []);
});

test('B2: promotion needs healthy canaries', () => {
  const promote: Entry = { type: 'deployment.promote', at: T0, deploymentId: ID };
  assert.equal(told(rollout().do(promote).outcome), 'no canaries to promote');
  const world = rollout({ desiredCanaries: 1 });
  assert.match(told(world.do(promote).outcome), /Task group "web" has 0\/1 healthy allocations/);
  world.do(health([1]));
  assert.equal(told(world.do(promote).outcome), 'accepted');
  assert.equal(world.state.deployment(ID)?.groups['web']?.promoted, true);
  assert.equal(world.state.alloc(allocId(1))?.deploymentStatus?.canary, false);
  assert.deepEqual(lint(world.state), []);
});

test('B2: a canary that was healthy and is gone does not speak for the version', () => {
  const promote: Entry = { type: 'deployment.promote', at: T0, deploymentId: ID };
  const world = rollout({ desiredCanaries: 1 });
  world.do(health([1]));
  const gone = { allocId: allocId(1), nodeId: nodeId(1), description: '' };
  world.do(applyPlan(plan('web', { stops: [{ ...gone, desiredStatus: 'stop' }] })));
  assert.match(told(world.do(promote).outcome), /Task group "web" has 0\/1 healthy allocations/);
  const next = placement(3, nodeId(1), { deploymentId: ID, canary: true });
  world.do(applyPlan(plan('web', { placements: [next] })));
  assert.match(told(world.do(promote).outcome), /0\/1/);
  world.do(health([3]));
  assert.equal(told(world.do(promote).outcome), 'accepted');
});

test('B4: a verdict on what has changed since is refused', () => {
  const world = rollout();
  const ifModifyIndex = world.state.deployment(ID)?.modifyIndex;
  world.do(health([1]));
  const late = status('failed', { ifModifyIndex });
  assert.match(told(world.do(late).outcome), /has changed/);
  assert.equal(world.state.deployment(ID)?.status, 'running');
  const now = status('failed', { ifModifyIndex: world.state.deployment(ID)?.modifyIndex });
  assert.equal(told(world.do(now).outcome), 'accepted');
});

test('waiting for people takes nothing of the time in which it has to go on', () => {
  const later = (seconds: number): Millis => (T0 + seconds * 1_000) as Millis;
  const due = (world: World): number | undefined =>
    world.state.deployment(ID)?.groups['web']?.requireProgressBy;
  const promoted = rollout({ desiredCanaries: 1 });
  promoted.do(health([1]));
  promoted.do({ type: 'deployment.promote', at: later(60), deploymentId: ID });
  assert.equal(due(promoted), later(61));
  const paused = rollout();
  paused.do(status('paused'));
  assert.equal(due(paused), later(1));
  paused.do(status('running', { at: later(60) }));
  assert.equal(due(paused), later(61));
});

test('B3: success makes the version stable', () => {
  const world = rollout();
  world.do(status('successful'));
  const { namespace, id } = jobSpec('web');
  assert.equal(world.state.job(namespace, id)?.stable, true);
  assert.equal(world.state.jobVersion(namespace, id, 0)?.stable, true);
});

test('health is counted once for each allocation, and moves the deadline', () => {
  const world = rollout();
  const counts = (): readonly (number | undefined)[] => {
    const web = world.state.deployment(ID)?.groups['web'];
    return [web?.placedAllocs, web?.healthyAllocs, web?.unhealthyAllocs];
  };
  assert.deepEqual(counts(), [2, 0, 0]);
  world.do(health([1]), health([1]));
  assert.deepEqual(counts(), [2, 1, 0]);
  world.do(health([], [1]));
  assert.deepEqual(counts(), [2, 0, 1]);
  world.do({
    type: 'allocs.client-update',
    at: T0,
    seed: 's',
    updates: [
      {
        id: allocId(2),
        clientStatus: 'running',
        clientDescription: '',
        taskStates: {},
        deploymentStatus: { healthy: true, at: T0 },
        at: T0,
      },
    ],
  });
  assert.deepEqual(counts(), [2, 1, 1]);
  assert.match(told(world.do(health([7])).outcome), /is not part of deployment/);
});

test('a failed deployment can put the job back', () => {
  const world = rollout();
  world.do(status('successful'));
  const second = jobSpec('web', { groups: [group({ count: 3 })] });
  world.do(register(second, 2));
  const { namespace, id } = second;
  const other = { ...deployment(), id: 'eeeeeeee-0000-0000-0000-000000000000' as DeploymentId };
  world.do(applyPlan(plan('web', { deployment: other, jobVersion: 1 })));
  const { outcome } = world.do({
    ...status('failed', { revert: { namespace, jobId: id, version: 0 } }),
    deploymentId: other.id,
  } as Entry);
  assert.equal(outcome.ok && outcome.jobVersion, 2);
  assert.equal(world.state.job(namespace, id)?.groups[0]?.count, 2);
});
