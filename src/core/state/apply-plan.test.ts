import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import type { Deployment } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { AssignedPort } from '../model/network.ts';
import type { Placement, Plan, Stop } from '../model/plan.ts';
import {
  RESOURCES,
  T0,
  World,
  allocId,
  applyPlan,
  evalId,
  group,
  jobSpec,
  nodeFacts,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { lint } from './lint.ts';
import { newEvaluation } from './new-evaluation.ts';
import type { Refusal } from './outcome.ts';

const SMALL = { resources: { ...nodeFacts(1).resources, cpu: 250 } };
const http: AssignedPort = {
  label: 'http',
  value: 8_080,
  to: 0,
  hostIp: '10.0.0.1',
  dynamic: false,
};

/** Two nodes with room for two instances each. */
function cluster(): World {
  const world = new World();
  world.do(registerNode(1, SMALL), registerNode(2, SMALL));
  world.do(register(jobSpec('web', { groups: [group({ count: 9 })] }), 1));
  return world;
}

function refused(world: World, proposed: Plan): readonly Refusal[] {
  const { outcome } = world.do(applyPlan(proposed));
  assert.ok(outcome.ok);
  assert.deepEqual(lint(world.state), []);
  return outcome.refused ?? [];
}

const placed = (world: World): number => [...world.state.allocs()].length;
const on = (n: number, node: number, more: Partial<Placement> = {}): Placement =>
  placement(n, nodeId(node), more);

test('P1, P2: a node takes its share whole or not at all', () => {
  const world = cluster();
  const placements = [on(1, 1), on(2, 1), on(3, 1), on(4, 2)];
  const [refusal, ...more] = refused(world, plan('web', { placements }));
  assert.deepEqual(refusal, {
    nodeId: nodeId(1),
    allocIds: [allocId(1), allocId(2), allocId(3)],
    reason: 'cpu exhausted',
  });
  assert.equal(more.length, 0);
  assert.equal(placed(world), 1);
});

test('P3: all at once is all or nothing', () => {
  const world = cluster();
  const placements = [on(1, 1), on(2, 1), on(3, 1), on(4, 2)];
  assert.equal(refused(world, plan('web', { placements, allAtOnce: true })).length, 1);
  assert.equal(placed(world), 0);
});

test('why a node takes nothing', () => {
  const world = cluster();
  world.do(registerNode(3), registerNode(4));
  world.do({
    type: 'node.status',
    at: T0,
    nodeId: nodeId(3),
    status: 'down',
    description: '',
    seed: 's',
  });
  world.do({
    type: 'node.eligibility',
    at: T0,
    nodeId: nodeId(4),
    eligibility: 'ineligible',
    seed: 's',
  });
  const why = (proposed: Plan): string | undefined => refused(world, proposed)[0]?.reason;
  assert.equal(why(plan('web', { placements: [on(1, 3)] })), 'node is down');
  assert.equal(why(plan('web', { placements: [on(1, 4)] })), 'node is not eligible');
  assert.equal(why(plan('web', { placements: [on(1, 9)] })), 'node is gone');
  assert.equal(why(plan('absent', { placements: [on(1, 1)] })), 'the job was forgotten');
  assert.equal(why(plan('web', { placements: [on(1, 1, { ports: [http] })] })), undefined);
  assert.equal(why(plan('web', { placements: [on(2, 1, { ports: [http] })] })), 'port 8080 taken');
});

test('P1: what makes room goes on where its successor does not fit', () => {
  const world = cluster();
  refused(world, plan('web', { placements: [on(1, 1), on(2, 1)] }));
  const stop = {
    allocId: allocId(1),
    nodeId: nodeId(1),
    desiredStatus: 'stop' as const,
    description: 'update',
  };
  const big = { ...RESOURCES, cpu: 200 };
  assert.equal(
    refused(world, plan('web', { stops: [stop], placements: [on(3, 1, { resources: big })] }))
      .length,
    1,
  );
  assert.equal(world.state.alloc(allocId(1))?.desiredStatus, 'run');
  assert.equal(refused(world, plan('web', { stops: [stop], placements: [on(3, 1)] })).length, 0);
  assert.equal(world.state.alloc(allocId(1))?.desiredStatus, 'stop');
});

test('the same plan twice places once', () => {
  const world = cluster();
  const proposed = plan('web', { placements: [on(1, 1)] });
  refused(world, proposed);
  refused(world, proposed);
  assert.equal(placed(world), 1);
});

test('evaluations are written only with the whole of the plan', () => {
  const world = cluster();
  const done = {
    ...newEvaluation(evalId(1), jobSpec('web'), 'job-register', T0),
    status: 'complete' as const,
  };
  const tooMuch = plan('web', { placements: [on(1, 1), on(2, 1), on(3, 1)] });
  world.do({ type: 'plan.apply', at: T0, plan: tooMuch, evals: [done] });
  assert.equal(world.state.evaluation(evalId(1))?.status, 'pending');
  const fits = plan('web', { placements: [on(1, 1), on(2, 2)] });
  world.do({ type: 'plan.apply', at: T0, plan: fits, evals: [done] });
  assert.equal(world.state.evaluation(evalId(1))?.status, 'complete');
});

const ROLLOUT = 'dddddddd-0000-0000-0000-000000000000' as DeploymentId;

/** The rollout of version 0, with one canary. */
function rollout(world: World): Deployment {
  const job = world.state.job(jobSpec('web').namespace, jobSpec('web').id);
  assert.ok(job !== undefined);
  return {
    id: ROLLOUT,
    namespace: job.namespace,
    jobId: job.id,
    jobVersion: 0,
    jobModifyIndex: job.jobModifyIndex,
    jobCreateIndex: job.createIndex,
    groups: {
      web: {
        autoRevert: false,
        autoPromote: false,
        promoted: false,
        placedCanaries: [],
        desiredCanaries: 1,
        desiredTotal: 2,
        placedAllocs: 5,
        healthyAllocs: 0,
        unhealthyAllocs: 0,
        progressDeadlineMs: 1_000,
      },
    },
    status: 'running',
    statusDescription: '',
    createdAt: T0,
    modifiedAt: T0,
    createIndex: job.createIndex,
    modifyIndex: job.modifyIndex,
  };
}

test('a deployment counts what joins it, and canaries by name', () => {
  const world = cluster();
  const deploymentId = ROLLOUT;
  const first = plan('web', {
    deployment: rollout(world),
    placements: [on(1, 1, { deploymentId, canary: true }), on(2, 2, { deploymentId })],
  });
  refused(world, first);
  const web = world.state.deployment(deploymentId)?.groups['web'];
  assert.equal(web?.placedAllocs, 2);
  assert.deepEqual(web.placedCanaries, [allocId(1)]);
  assert.equal(web.requireProgressBy, T0 + 1_000);
  assert.equal(world.state.alloc(allocId(1))?.deploymentStatus?.canary, true);
});

test('a replacement is named by what it replaces', () => {
  const world = cluster();
  refused(world, plan('web', { placements: [on(1, 1)] }));
  refused(world, plan('web', { placements: [on(2, 2, { previousAllocId: allocId(1) })] }));
  assert.equal(world.state.alloc(allocId(1))?.nextAllocId, allocId(2));
});

test('preempted jobs are evaluated', () => {
  const world = cluster();
  world.do(register(jobSpec('low', { priority: 1 }), 2));
  refused(world, plan('low', { placements: [on(1, 1), on(2, 1)] }));
  const preemptions = [{ allocId: allocId(1), nodeId: nodeId(1) }];
  const { outcome } = world.do(applyPlan(plan('web', { placements: [on(3, 1)], preemptions })));
  assert.ok(outcome.ok);
  assert.equal(world.state.alloc(allocId(1))?.desiredStatus, 'evict');
  const [asked] = outcome.evalIds.map((id) => world.state.evaluation(id));
  assert.deepEqual([asked?.jobId, asked?.triggeredBy], ['low', 'preemption']);
});

test('P4: the last turn of a concurrency group is given away once', () => {
  const world = new World();
  world.do(registerNode(1), registerNode(2));
  const concurrency = { group: 'db', limit: 1 };
  for (const [n, id] of ['a', 'b'].entries()) {
    world.do(register(jobSpec(id, { type: 'batch', concurrency }), n + 1));
  }
  // Two servers looked at the same state.
  assert.deepEqual(refused(world, plan('a', { placements: [on(1, 1)] })), []);
  const reason = 'waits for its turn in concurrency group "db": job "a"';
  assert.deepEqual(refused(world, plan('b', { placements: [on(2, 2)] })), [
    { nodeId: nodeId(2), allocIds: [allocId(2)], reason },
  ]);
  assert.deepEqual(refused(world, plan('a', { placements: [on(3, 2)] })), [], 'it has begun');
  assert.equal(placed(world), 2);
});

test('what a rollout is to come to follows its nodes, and leaves the rest of it alone', () => {
  const world = new World();
  const groups = [group({ name: 'web' })];
  world.do(registerNode(1), register(jobSpec('web', { type: 'system', groups }), 1));
  const id = 'dddddddd-0000-0000-0000-000000000000' as DeploymentId;
  const part = { autoRevert: false, autoPromote: false, promoted: false, placedCanaries: [] };
  const counts = { placedAllocs: 0, healthyAllocs: 0, unhealthyAllocs: 0, progressDeadlineMs: 9 };
  const web = { ...part, ...counts, desiredCanaries: 1, desiredTotal: 2 };
  const proposed = plan('web', { placements: [on(1, 1, { deploymentId: id, canary: true })] });
  const { namespace, jobId, jobVersion } = proposed;
  const none = 0 as Index;
  const indexes = { jobModifyIndex: none, jobCreateIndex: none, createIndex: none };
  const head = { id, namespace, jobId, jobVersion, status: 'running', statusDescription: '' };
  const deployment = { ...head, ...indexes, modifyIndex: none, createdAt: T0, modifiedAt: T0 };
  refused(world, { ...proposed, deployment: { ...deployment, groups: { web } } as Deployment });
  const paused = { deploymentId: id, status: 'paused', description: 'by hand' } as const;
  world.do({ type: 'deployment.status', at: T0, ...paused });
  const totals = { web: { desiredTotal: 5, desiredCanaries: 2 }, gone: web };
  refused(world, plan('web', { deploymentTotals: { id, groups: totals } }));
  const after = world.state.deployment(id);
  assert.deepEqual([after?.status, Object.keys(after?.groups ?? {})], ['paused', ['web']]);
  const { desiredTotal, desiredCanaries, placedAllocs } = after?.groups['web'] ?? web;
  assert.deepEqual([desiredTotal, desiredCanaries, placedAllocs], [5, 2, 1]);
});

test('P5: a rollout that was paused or ended meanwhile goes no step further', () => {
  const world = cluster();
  const deploymentId = ROLLOUT;
  const first = { deployment: rollout(world), placements: [on(1, 1, { deploymentId })] };
  refused(world, plan('web', first));
  const basedOn = world.state.index;
  const status = (to: 'paused' | 'failed'): void => {
    const about = { at: T0, deploymentId, status: to, description: to };
    world.do({ type: 'deployment.status', ...about });
  };
  const stop: Stop = {
    allocId: allocId(1),
    nodeId: nodeId(1),
    desiredStatus: 'stop',
    description: '',
  };
  const next = { placements: [on(2, 2, { deploymentId })], stops: [stop] };
  for (const to of ['paused', 'failed'] as const) {
    status(to);
    const reasons = refused(world, plan('web', { basedOn, ...next })).map(({ reason }) => reason);
    assert.deepEqual(reasons, [`its deployment is ${to}`, `its deployment is ${to}`]);
  }
  assert.equal(world.state.alloc(allocId(1))?.desiredStatus, 'run');
  // Whoever knew of it is not held up: what is lost is replaced.
  assert.deepEqual(refused(world, plan('web', { basedOn: world.state.index, ...next })), []);
});
