/** Each rule can be broken, and says so; what leads up to it is within the rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../src/base/brand.ts';
import type { Alloc } from '../../src/core/model/alloc.ts';
import type { Deployment, DeploymentGroup } from '../../src/core/model/deployment.ts';
import type { DeploymentId } from '../../src/core/model/ids.ts';
import type { Job, JobSpec } from '../../src/core/model/job.ts';
import type { Placement, Plan, Stop } from '../../src/core/model/plan.ts';
import { STOP_UPDATING } from '../../src/core/scheduler/descriptions.ts';
import type { Entry } from '../../src/core/state/entry.ts';
import { newEvaluation } from '../../src/core/state/new-evaluation.ts';
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
} from '../state-world.ts';
import { RolloutInvariants, type Step } from './rollout-invariants.ts';

const id = (n: number): DeploymentId => `dddddddd-0000-0000-0000-00000000000${n}` as DeploymentId;

const UPDATE = {
  staggerMs: 0,
  maxParallel: 1,
  healthCheck: 'task_states',
  minHealthyTimeMs: 0,
  healthyDeadlineMs: 0,
  progressDeadlineMs: 60_000,
  autoRevert: false,
  autoPromote: false,
  canary: 0,
} as const;

/** A version of the job `web`: three instances, one updated at a time. */
function version(n: number, more: Partial<JobSpec> = {}): JobSpec {
  const groups = [group({ count: 3, update: UPDATE })];
  return jobSpec('web', { groups, meta: { version: String(n) }, ...more });
}

function rolloutOf(n: number, more: Partial<DeploymentGroup> = {}): Deployment {
  const { namespace, id: jobId } = version(n);
  const web: DeploymentGroup = {
    autoRevert: false,
    autoPromote: false,
    promoted: false,
    placedCanaries: [],
    desiredCanaries: 0,
    desiredTotal: 3,
    placedAllocs: 0,
    healthyAllocs: 0,
    unhealthyAllocs: 0,
    progressDeadlineMs: 60_000,
    ...more,
  };
  return {
    ...{ id: id(n), namespace, jobId, jobVersion: n, groups: { web }, status: 'running' },
    ...{ statusDescription: '', createdAt: T0, modifiedAt: T0 },
    ...{ jobModifyIndex: 0 as Index, jobCreateIndex: 0 as Index },
    ...{ createIndex: 0 as Index, modifyIndex: 0 as Index },
  };
}

/** A world whose every step is judged. */
class Judged {
  readonly world = new World();
  readonly rules = new RolloutInvariants();

  do(...entries: readonly Entry[]): this {
    for (const entry of entries) {
      const { changes, state } = this.world.do(entry);
      this.rules.check({ entry, changes, state });
    }
    return this;
  }

  /** A plan of the newest version that knows of everything so far. */
  plan(n: number, more: Partial<Plan>): this {
    const basedOn = this.world.state.index;
    return this.do(applyPlan(plan('web', { jobVersion: n, basedOn, ...more })));
  }

  job(): Job {
    const { namespace, id: jobId } = version(0);
    const job = this.world.state.job(namespace, jobId);
    assert.ok(job !== undefined);
    return job;
  }
}

const on1 = (n: number, more: Partial<Placement> = {}): Placement =>
  placement(n, nodeId(1), { name: `web.web[${(n - 1) % 3}]`, ...more });

const updated = (n: number): Stop => ({
  allocId: allocId(n),
  nodeId: nodeId(1),
  desiredStatus: 'stop',
  description: STOP_UPDATING,
});

function running(...ns: readonly number[]): Entry {
  const facts = { clientStatus: 'running', clientDescription: '', taskStates: {}, at: T0 } as const;
  const updates = ns.map((n) => ({ id: allocId(n), ...facts }));
  return { type: 'allocs.client-update', at: T0, seed: `r${ns.join('.')}`, updates };
}

const healthy = (n: number, ...allocs: readonly number[]): Entry => ({
  type: 'deployment.alloc-health',
  at: T0,
  deploymentId: id(n),
  healthy: allocs.map(allocId),
  unhealthy: [],
});

type Change = Partial<Extract<Entry, { type: 'deployment.status' }>>;

const status = (n: number, to: Deployment['status'], more: Change = {}): Entry => ({
  type: 'deployment.status',
  at: T0,
  deploymentId: id(n),
  status: to,
  description: to,
  ...more,
});

/** Version 1 is registered beside three running instances of version 0. */
function begun(): Judged {
  return new Judged()
    .do(registerNode(1), register(version(0), 1))
    .plan(0, { placements: [on1(1), on1(2), on1(3)] })
    .do(running(1, 2, 3), register(version(1), 2));
}

/** Its rollout has replaced the first of them. */
function rolling(): Judged {
  const placements = [on1(4, { deploymentId: id(1) })];
  return begun().plan(1, { deployment: rolloutOf(1), stops: [updated(1)], placements });
}

const second = { stops: [updated(2)], placements: [on1(5, { deploymentId: id(1) })] };

/** Version 1 with a canary beside what runs. */
function withCanary(more: Partial<DeploymentGroup> = {}): Judged {
  const placements = [on1(4, { deploymentId: id(1), canary: true })];
  return begun().plan(1, { deployment: rolloutOf(1, { desiredCanaries: 1, ...more }), placements });
}

/** Version 1 is being rolled out, asks to go back, and version 0 is stable. */
function reverting(more: Partial<DeploymentGroup> = { autoRevert: true }): Judged {
  const { namespace, id: jobId } = version(0);
  const stable: Entry = {
    type: 'job.stability',
    at: T0,
    namespace,
    jobId,
    version: 0,
    stable: true,
  };
  return begun()
    .do(stable)
    .plan(1, { deployment: rolloutOf(1, more) });
}

/** Version 1 of a system job beside version 0 on each of three nodes. */
function everywhere(): Judged {
  const groups = [group({ count: 1, update: UPDATE })];
  const of = (n: number): JobSpec => version(n, { type: 'system', groups });
  const placements = [1, 2, 3].map((n) => placement(n, nodeId(n), { name: 'web.web[0]' }));
  return new Judged()
    .do(registerNode(1), registerNode(2), registerNode(3), register(of(0), 1))
    .plan(0, { placements })
    .do(running(1, 2, 3), register(of(1), 2));
}

/** Its instance on a node gives its place to one of version 1. */
function takenOver(n: number, more: Partial<Placement> = {}): Partial<Plan> {
  const next = { name: 'web.web[0]', deploymentId: id(1), previousAllocId: allocId(n), ...more };
  const stop: Stop = { ...updated(n), nodeId: nodeId(n) };
  return { stops: [stop], placements: [placement(n + 3, nodeId(n), next)] };
}

/** The rollout of that version has begun on the first node, as a canary or for good. */
function spreading(canary: boolean): Judged {
  const deployment = rolloutOf(1, { desiredCanaries: Number(canary) });
  return everywhere().plan(1, { deployment, ...takenOver(1, { canary }) });
}

/** It is on the first two nodes, and done; the third still has the old version. */
function spreadOn(eligibility: 'eligible' | 'ineligible'): Judged {
  return spreading(false)
    .do(healthy(1, 4), running(4))
    .plan(1, takenOver(2))
    .do(healthy(1, 5), running(5))
    .do({ type: 'node.eligibility', at: T0, nodeId: nodeId(3), eligibility, seed: 'e' })
    .do(status(1, 'successful'));
}

function revert(n: number, to: number): Entry {
  const { namespace, id: jobId } = version(0);
  return status(n, 'failed', { revert: { namespace, jobId, version: to } });
}

function drained(judged: Judged, ...allocs: readonly number[]): Judged {
  const drain = { deadlineMs: 0, ignoreSystemJobs: false, startedAt: T0 };
  const evaluation = newEvaluation(evalId(9), judged.job(), 'node-drain', T0);
  return judged.do(
    { type: 'node.drain', at: T0, nodeId: nodeId(1), drain, markEligible: false, seed: 'd' },
    {
      type: 'allocs.transition',
      at: (T0 + 60_000) as Millis,
      allocIds: allocs.map(allocId),
      transition: { migrate: true },
      evals: [evaluation],
    },
  );
}

function evicted(priority: number): Judged {
  const important = jobSpec('other', { priority });
  const preemptions = [{ allocId: allocId(1), nodeId: nodeId(1) }];
  return begun().do(register(important, 3), applyPlan(plan('other', { preemptions })));
}

function launched(...minutes: readonly number[]): Judged {
  const periodic = {
    enabled: true,
    specs: ['* * * * *'],
    specType: 'cron',
    prohibitOverlap: true,
    timeZone: 'UTC',
  };
  const parent = jobSpec('cron', { type: 'batch', periodic });
  const judged = new Judged().do({ type: 'job.register', at: T0, job: parent });
  for (const minute of minutes) {
    const at = (T0 + minute * 60_000) as Millis;
    const child = jobSpec(`cron/periodic-${minute}`, { type: 'batch', parentId: parent.id });
    const { namespace, id: parentId } = parent;
    judged.do({
      ...{ type: 'periodic.launch', at, namespace, parentId, launchAt: at, forced: false, child },
      evaluation: newEvaluation(evalId(100 + minute), child, 'periodic-job', at),
    });
  }
  return judged;
}

/** The canary is promoted by a state machine that does not look; ours refuses. */
function promoted(judged: Judged): void {
  const { state } = judged.world;
  const before = state.deployment(id(1));
  const web = before?.groups['web'];
  assert.ok(before !== undefined && web !== undefined);
  const after = { ...before, groups: { web: { ...web, promoted: true } } };
  const entry: Entry = { type: 'deployment.promote', at: T0, deploymentId: id(1) };
  const changes: Step['changes'] = [{ table: 'deployments', key: id(1), before, after }];
  judged.rules.check({ entry, changes, state });
}

const sound: Readonly<Record<string, () => unknown>> = {
  'U1: one after the other': () => rolling().do(healthy(1, 4)).plan(1, second),
  'U2: after a pause': () =>
    rolling().do(healthy(1, 4), status(1, 'paused'), status(1, 'running')).plan(1, second),
  'U1, U2: a canary takes the place of an old instance': () => spreading(true),
  'U3: a healthy canary': () => promoted(withCanary().do(healthy(1, 4))),
  'U5: from node to node, but for one that takes nothing': () => spreadOn('ineligible'),
  'U6: past the deadline': () =>
    rolling().do(
      status(1, 'failed', { at: (T0 + 60_000) as Millis, description: 'progress deadline' }),
    ),
  'U7: back to what was stable': () => reverting().do(revert(1, 0)),
  'U8: one of three': () => drained(begun(), 1),
  'U8: one that is of no use, beside another': () =>
    drained(rolling().do({ ...healthy(1), unhealthy: [allocId(4)] } as Entry), 4),
  'U9: by what is more important': () => evicted(60),
  'U10: one launch': () => launched(1),
};

for (const [name, play] of Object.entries(sound)) {
  test(`within the rules: ${name}`, () => {
    play();
  });
}

const another: Deployment = { ...rolloutOf(1), id: id(2) };

const broken: readonly (readonly [rule: string, what: string, play: () => unknown])[] = [
  ['U1', 'a second one, before the first is healthy', () => rolling().plan(1, second)],
  [
    'U1',
    'another one is missing',
    () => {
      const gone: Stop = { ...updated(3), description: 'lost', clientStatus: 'lost' };
      return rolling()
        .do(healthy(1, 4))
        .plan(1, { stops: [gone] })
        .plan(1, second);
    },
  ],
  ['U1', 'on two nodes at once', () => spreading(false).plan(1, takenOver(2))],
  ['U2', 'beyond the canary', () => spreading(true).do(healthy(1, 4)).plan(1, takenOver(2))],
  ['U2', 'paused', () => rolling().do(healthy(1, 4), status(1, 'paused')).plan(1, second)],
  ['U2', 'failed', () => rolling().do(healthy(1, 4), status(1, 'failed')).plan(1, second)],
  ['U2', 'before the promotion', () => withCanary().do(healthy(1, 4)).plan(1, second)],
  ['U3', 'a canary of unknown health', () => promoted(withCanary())],
  [
    'U3',
    'a canary that was healthy and is lost',
    () =>
      promoted(
        withCanary()
          .do(healthy(1, 4))
          .plan(1, { stops: [{ ...updated(4), description: '' }] }),
      ),
  ],
  [
    'U4',
    'a canary too many',
    () => withCanary().plan(1, { placements: [on1(5, { deploymentId: id(1), canary: true })] }),
  ],
  ['U4', 'two rollouts at once', () => rolling().plan(1, { deployment: another })],
  ['U5', 'beside an old one', () => rolling().do(healthy(1, 4), status(1, 'successful'))],
  ['U5', 'beside an old one on another node', () => spreadOn('eligible')],
  ['U5', 'unpromoted', () => withCanary().do(healthy(1, 4), status(1, 'successful'))],
  [
    'U6',
    'before the deadline',
    () => rolling().do(status(1, 'failed', { description: 'Failed due to progress deadline' })),
  ],
  ['U7', 'to what never succeeded', () => rolling().do(revert(1, 0))],
  ['U7', 'unasked', () => reverting({}).do(revert(1, 0))],
  [
    'U7',
    'in a circle',
    () => {
      const { namespace, id: jobId } = version(0);
      return reverting()
        .do(revert(1, 0))
        .do({ type: 'job.stability', at: T0, namespace, jobId, version: 1, stable: true })
        .plan(2, { deployment: rolloutOf(2, { autoRevert: true }) })
        .do(revert(2, 1));
    },
  ],
  ['U8', 'two of three', () => drained(begun(), 1, 2)],
  ['U9', 'by what is hardly more important', () => evicted(59)],
  ['U10', 'a second launch', () => launched(1, 2)],
];

for (const [rule, what, play] of broken) {
  test(`${rule} is broken: ${what}`, () => {
    assert.throws(play, (error: Error) => error.message.startsWith(`${rule}: `) || explain(error));
  });
}

function explain(error: Error): false {
  assert.fail(`another rule: ${error.message}`);
}

test('an entry that is applied again, as after a crash, is judged as it was', () => {
  const judged = reverting();
  const entry = revert(1, 0);
  const { changes, state } = judged.world.do(entry);
  judged.rules.check({ entry, changes, state });
  judged.rules.check({ entry, changes, state });
  assert.equal(judged.rules.seen['revert'], 1);
  const left: Alloc | undefined = state.alloc(allocId(1));
  assert.equal(left?.desiredStatus, 'run');
});
