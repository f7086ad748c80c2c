import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  nodeFacts,
  register,
  registerNode,
  task,
} from '../../../test/state-world.ts';
import type { Evaluation } from '../model/evaluation.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import { composeResult } from './compose-result.ts';
import type { ScheduleInput } from './contract.ts';
import { createIdSource } from './draw-id.ts';
import { scheduleService } from './schedule-service.ts';
import { staysOn } from './stays-on.ts';
import { NodePlacer } from './system-place.ts';
import { seeded } from '../../base/random.ts';

function input(world: SchedulerWorld, spec: JobSpec, budget = 100): ScheduleInput {
  world.do(register(spec, 900));
  const evaluation = [...world.state.openEvals('pending')].find((each) => each.jobId === spec.id);
  assert.ok(evaluation);
  return {
    snapshot: world.state,
    evaluation,
    ledger: world.ledger,
    now: world.now,
    random: seeded('r'),
    nextId: createIdSource('i'),
    budget,
  };
}

function small(cpu: number, more: Partial<JobSpec> = {}): JobSpec {
  const tasks = [task({ resources: { ...task().resources, cpu } })];
  return jobSpec('web', { groups: [group({ count: 3, tasks })], ...more });
}

function stand(): SchedulerWorld {
  const world = new SchedulerWorld();
  world.do(registerNode(1, { resources: { ...nodeFacts(1).resources, cpu: 1_000 } }));
  return world;
}

test('what fits is planned, the rest is blocked, and the evaluation tells of both', () => {
  const { plan, evaluation, followUps, remainder } = scheduleService(input(stand(), small(400)));
  assert.equal(plan?.placements.length, 2);
  assert.deepEqual(evaluation.queuedAllocations, { web: 1 });
  assert.deepEqual(Object.keys(evaluation.failedGroups), ['web']);
  const [blocked] = followUps;
  assert.equal(evaluation.blockedEval, blocked?.id);
  assert.deepEqual(blocked?.failedGroups, evaluation.failedGroups);
  assert.equal(blocked.previousEval, evaluation.id);
  assert.equal(remainder, false);
});

test('the remainder is one more evaluation, and nothing is called blocked before its end', () => {
  const { evaluation, followUps, remainder } = scheduleService(input(stand(), small(10), 2));
  assert.equal(remainder, true);
  assert.deepEqual(
    followUps.map((next) => [next.status, next.triggeredBy, next.id === evaluation.nextEval]),
    [['pending', 'job-register', true]],
  );
  assert.deepEqual(evaluation.queuedAllocations, { web: 1 });
});

test('a job with unique constraints escapes classes', () => {
  const unique = { lTarget: '${node.unique.name}', operand: '=', rTarget: 'x' } as const;
  const { followUps } = scheduleService(input(stand(), small(10, { constraints: [unique] })));
  assert.equal(followUps[0]?.escapedComputedClass, true);
});

test('where nothing changes there is no plan', () => {
  const asked = input(stand(), small(10));
  const nothing = {
    stops: [],
    updates: [],
    deployment: undefined,
    deploymentUpdates: [],
    deploymentId: undefined,
    followUps: [],
    desired: {},
  };
  const outcome = {
    placements: [],
    stops: [],
    evictions: [],
    failures: new Map(),
    queued: new Map(),
    remainder: false,
  };
  const result = composeResult(asked, undefined, { decided: nothing, outcome });
  assert.ok(!('plan' in result));
  assert.equal(result.evaluation.status, 'complete');
  assert.equal(result.evaluation.snapshotIndex, asked.snapshot.index);
});

test('an instance stays where its node still suits', () => {
  const world = stand();
  world.run(small(10));
  const [alloc] = world.live('web');
  const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
  const [asked] = job?.groups ?? [];
  assert.ok(alloc && job && asked);
  const { state: snapshot, ledger } = world;
  assert.ok(staysOn({ snapshot, ledger }, job, { alloc, group: asked }));
  const elsewhere = { ...job, datacenters: ['dc2'] };
  assert.ok(!staysOn({ snapshot, ledger }, elsewhere, { alloc, group: asked }));
});

test('given nodes take an instance, or are counted as full or not meant', () => {
  const world = stand();
  world.do(registerNode(2, { resources: { ...nodeFacts(2).resources, cpu: 5 } }));
  world.do(registerNode(3, { datacenter: 'dc2' }));
  const asked = input(world, small(10, { type: 'system' }));
  const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
  assert.ok(job);
  const outcome = new NodePlacer(asked, job);
  const fates = [...world.ledger.order].map((slot) =>
    outcome.place({
      ...{ group: 'web', version: job.version, slot, name: 'web.web[0]', canary: false },
      ...{ previous: undefined, replaces: undefined, stopDescription: '' },
    }),
  );
  world.ledger.rollback();
  assert.deepEqual(fates, ['placed', 'full', 'filtered']);
  assert.equal(outcome.placements.length, 1);
  assert.deepEqual([...outcome.queued], [['web', 1]]);
  assert.deepEqual(outcome.failures.get('web')?.metrics.dimensionExhausted, { cpu: 1 });
});

test('an evaluation of a job that was forgotten stops what is left of it', () => {
  const world = stand();
  world.run(small(10));
  const [alloc] = world.live('web');
  assert.ok(alloc);
  const asked = input(world, small(10));
  const evaluation: Evaluation = { ...asked.evaluation };
  world.do({
    type: 'job.deregister',
    at: world.now,
    namespace: DEFAULT_NAMESPACE,
    jobId: 'web' as JobId,
    purge: true,
  });
  const { plan } = scheduleService({ ...asked, snapshot: world.state, evaluation });
  assert.equal(plan?.stops.length, 3);
  assert.equal(plan.placements.length, 0);
});
