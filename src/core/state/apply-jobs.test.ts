import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import { JOB_VERSIONS_MAX } from '../limits.ts';
import type { EvalId, JobId } from '../model/ids.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import {
  T0,
  World,
  applyPlan,
  evalId,
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
import { newEvaluation } from './new-evaluation.ts';
import type { Outcome } from './outcome.ts';

const WEB = { namespace: DEFAULT_NAMESPACE, jobId: 'web' as JobId };

function web(world: World): Job | undefined {
  return world.state.job(WEB.namespace, WEB.jobId);
}

const count = (n: number): ReturnType<typeof jobSpec> =>
  jobSpec('web', { groups: [group({ count: n })] });

function refusal(outcome: Outcome): string {
  return outcome.ok ? 'accepted' : `${outcome.reason}: ${outcome.message}`;
}

test('J1: equal registrations make no version, but an evaluation each', () => {
  const world = new World();
  world.do(register(count(1), 1));
  const first = web(world);
  const again = world.do(register(count(1), 2));
  assert.equal(web(world), first);
  assert.deepEqual(again.outcome.ok && again.outcome.evalIds, [evalId(2)]);
  assert.equal(world.state.evaluation(evalId(2))?.jobModifyIndex, first?.jobModifyIndex);
  world.do(register(count(2), 3));
  assert.equal(web(world)?.version, 1);
  assert.equal(web(world)?.jobModifyIndex, 3);
  assert.equal(web(world)?.createIndex, 1);
});

test('an expected index that is not so is refused, in the words clients look for', () => {
  const world = new World();
  const at = (n: number): Entry =>
    ({ ...register(count(1), n), ifModifyIndex: n as Index }) as Entry;
  const rows: readonly (readonly [number, string])[] = [
    [7, 'conflict: Enforcing job modify index 7: job does not exist'],
    [0, 'accepted'],
    [0, 'conflict: Enforcing job modify index 0: job already exists'],
    [1, 'conflict: Enforcing job modify index 1: job exists with conflicting job modify index: 2'],
    [2, 'accepted'],
  ];
  for (const [n, expected] of rows) assert.equal(refusal(world.do(at(n)).outcome), expected);
});

test('a job cannot become one of another kind', () => {
  const world = new World();
  world.do(register(count(1), 1));
  const batch = register(jobSpec('web', { type: 'batch' }), 2);
  assert.match(refusal(world.do(batch).outcome), /cannot update job from type "service"/);
});

test('J2: the newest versions are kept, and those that allocations name', () => {
  const world = new World();
  world.do(registerNode(1), register(count(1), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  for (let n = 2; n <= JOB_VERSIONS_MAX + 3; n++) world.do(register(count(n), n));
  const versions = (): number[] =>
    [...world.state.jobVersions(WEB.namespace, WEB.jobId)].map(({ version }) => version);
  assert.deepEqual(versions(), [8, 7, 6, 5, 4, 3, 0]);
  // Once the allocation is gone nothing holds its version.
  world.do({
    type: 'allocs.client-update',
    at: T0,
    seed: 's',
    updates: [
      {
        id: placement(1, nodeId(1)).id,
        clientStatus: 'complete',
        clientDescription: '',
        taskStates: {},
        at: T0,
      },
    ],
  });
  const allocIds = [placement(1, nodeId(1)).id];
  const none = { evalIds: [], deploymentIds: [], jobs: [], nodeIds: [] };
  world.do({ type: 'gc.reap', at: T0, allocIds, ...none });
  assert.deepEqual(versions(), [8, 7, 6, 5, 4, 3]);
});

test('J3: what a version was made from is kept as long as the version', () => {
  const world = new World();
  const from = (n: number, source = `count = ${n}`): Entry => {
    const submission = { source, format: 'hcl2', variableFlags: {}, variables: '' };
    const job = count(n);
    return { type: 'job.register', at: T0, job, submission };
  };
  const source = (version: number): string | undefined =>
    world.state.jobSubmission(WEB.namespace, WEB.jobId, version)?.source;
  world.do(from(1), from(1, 'the same'));
  assert.equal(source(0), 'count = 1', 'an equal registration makes no version');
  world.do(register(count(2), 2), from(3));
  assert.deepEqual([0, 1, 2].map(source), ['count = 1', undefined, 'count = 3']);
  world.do({ type: 'job.register', at: T0, job: count(3), revertTo: 0 });
  assert.equal(source(3), 'count = 1', 'what is as before was made from the same');
  world.do({ type: 'job.deregister', at: T0, ...WEB, purge: false });
  assert.equal(source(4), 'count = 1', 'so is what was stopped');
  const scaling = { message: '', error: false, meta: {}, group: 'web', count: 7 };
  world.do({ type: 'job.scale', at: T0, ...WEB, ...scaling });
  assert.equal(source(5), 'count = 1', 'and what was scaled');
  for (let n = 6; n < JOB_VERSIONS_MAX + 7; n++) world.do(from(n));
  assert.equal(source(0), undefined);
  world.do({ type: 'job.deregister', at: T0, ...WEB, purge: true });
  assert.equal([...world.state.tables.jobSubmissions.values()].length, 0);
});

test('J1: versions of a purged job do not come again while an allocation names one', () => {
  const world = new World();
  world.do(registerNode(1), register(count(1), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  world.do({ type: 'job.deregister', at: T0, ...WEB, purge: true });
  assert.equal(web(world), undefined);
  assert.equal(world.state.jobVersion(WEB.namespace, WEB.jobId, 0)?.version, 0);
  world.do(register(count(5), 2));
  assert.equal(web(world)?.version, 1);
  assert.equal(world.state.jobVersion(WEB.namespace, WEB.jobId, 0)?.groups[0]?.count, 1);
  assert.deepEqual(lint(world.state), []);
});

test('stopped: one more version; started again: another', () => {
  const world = new World();
  world.do(register(count(1), 1));
  world.do({ type: 'job.deregister', at: T0, ...WEB, purge: false });
  assert.deepEqual([web(world)?.stop, web(world)?.version], [true, 1]);
  const once = web(world);
  world.do({ type: 'job.deregister', at: T0, ...WEB, purge: false });
  assert.equal(web(world), once);
  world.do(register(count(1), 2));
  assert.deepEqual([web(world)?.stop, web(world)?.version], [false, 2]);
});

test('reverted to a kept version: its contents, a new number', () => {
  const world = new World();
  world.do(register(count(1), 1), register(count(2), 2));
  const revert = (to: number, ifVersion?: number): string =>
    refusal(
      world.do({
        type: 'job.register',
        at: T0,
        job: count(9),
        revertTo: to,
        ...(ifVersion !== undefined && { ifVersion }),
      }).outcome,
    );
  assert.match(revert(1), /can't revert to current version/);
  assert.match(revert(0, 7), /Current job has version 1; enforcing version 7/);
  assert.match(revert(5), /at version 5 not found/);
  assert.equal(revert(0, 1), 'accepted');
  assert.deepEqual([web(world)?.version, web(world)?.groups[0]?.count], [2, 1]);
});

test('scaled: a new version and an event; a note alone changes no version', () => {
  const world = new World();
  world.do(register(count(1), 1));
  const scale = (name: string, n?: number): Outcome =>
    world.do({
      type: 'job.scale',
      at: T0,
      ...WEB,
      group: name,
      ...(n !== undefined && { count: n }),
      message: 'm',
      error: false,
      meta: {},
    }).outcome;
  assert.match(refusal(scale('absent', 1)), /task group "absent" does not exist in job/);
  scale('web', 4);
  assert.deepEqual([web(world)?.version, web(world)?.groups[0]?.count], [1, 4]);
  scale('web');
  assert.equal(web(world)?.version, 1);
  const events = world.state.scalingEvents(WEB.namespace, WEB.jobId)?.groups['web'];
  assert.deepEqual(
    events?.map((event) => [event.count, event.previousCount]),
    [
      [undefined, 4],
      [4, 1],
    ],
  );
});

test('an autoscaler keeps its counts where the registration asks for it', () => {
  const world = new World();
  world.do(register(count(3), 1));
  world.do({ ...register(count(1), 2), preserveCounts: true } as Entry);
  assert.equal(web(world)?.groups[0]?.count, 3);
});

test('a periodic launch happens once; a forced one leaves the schedule alone', () => {
  const periodic = {
    enabled: true,
    specs: ['@hourly'],
    specType: 'cron',
    prohibitOverlap: false,
    timeZone: 'UTC',
  };
  const parent = jobSpec('tick', { type: 'batch', periodic });
  const world = new World();
  world.do({ type: 'job.register', at: T0, job: parent });
  const launch = (launchAt: number, forced: boolean): string => {
    const child = jobSpec(`tick/periodic-${launchAt}`, { type: 'batch', parentId: parent.id });
    const id = `00000000-0000-0000-0000-${String(launchAt).padStart(12, '0')}` as EvalId;
    return refusal(
      world.do({
        type: 'periodic.launch',
        at: T0,
        namespace: WEB.namespace,
        parentId: parent.id,
        launchAt: launchAt as Millis,
        forced,
        child,
        evaluation: newEvaluation(id, child, 'periodic-job', T0),
      }).outcome,
    );
  };
  assert.equal(launch(100, false), 'accepted');
  assert.match(launch(100, false), /conflict/);
  assert.equal(launch(150, true), 'accepted');
  assert.equal(launch(120, false), 'accepted');
  assert.equal(world.state.periodicLaunch(WEB.namespace, parent.id)?.launchAt, 120);
  assert.equal([...world.state.jobsByParent(WEB.namespace, parent.id)].length, 3);
  assert.deepEqual(lint(world.state), []);
});
