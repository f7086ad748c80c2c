import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TASK_EVENTS_MAX } from '../limits.ts';
import type { Alloc, ClientStatus, TaskState } from '../model/alloc.ts';
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
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { Stop } from '../model/plan.ts';
import type { AllocClientFacts, Entry } from './entry.ts';
import { lint } from './lint.ts';
import { newEvaluation } from './new-evaluation.ts';

let seeds = 0;

function report(
  n: number,
  clientStatus: ClientStatus,
  more: Partial<AllocClientFacts> = {},
): Entry {
  const facts = { clientDescription: clientStatus, taskStates: {}, at: T0 };
  seeds += 1;
  return {
    type: 'allocs.client-update',
    at: T0,
    seed: `s${seeds}`,
    updates: [{ id: allocId(n), clientStatus, ...facts, ...more }],
  };
}

function cluster(type: 'service' | 'batch' = 'service'): World {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web', { type }), 1));
  world.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
  return world;
}

/** Written on it by a plan, while it goes on. */
function note(more: Partial<Stop>): Stop {
  const row = { allocId: allocId(1), nodeId: nodeId(1), description: '' };
  return { ...row, desiredStatus: 'run', ...more };
}

const alloc = (world: World): Alloc | undefined => world.state.alloc(allocId(1));

test('C1: what ended stays ended', () => {
  const rows: readonly (readonly [ClientStatus, ClientStatus, ClientStatus])[] = [
    ['pending', 'running', 'running'],
    ['running', 'pending', 'pending'],
    ['running', 'complete', 'complete'],
    ['complete', 'running', 'complete'],
    ['failed', 'complete', 'failed'],
    ['lost', 'running', 'lost'],
    ['lost', 'failed', 'lost'],
    ['unknown', 'running', 'running'],
  ];
  for (const [first, second, expected] of rows) {
    const world = cluster();
    world.do(report(1, first), report(1, second));
    assert.equal(alloc(world)?.clientStatus, expected, `${first} then ${second}`);
    assert.deepEqual(lint(world.state), []);
  }
});

test('C1: once all tasks have ended, a client that forgot it and begins them again changes nothing', () => {
  const world = cluster('batch');
  const states = (state: TaskState['state']): Alloc['taskStates'] => ({
    server: { state, failed: false, restarts: 0, events: [] },
  });
  world.do(report(1, 'running', { taskStates: states('running') }));
  world.do(
    applyPlan(plan('web', { stops: [note({ desiredStatus: 'stop', clientStatus: 'lost' })] })),
  );
  world.do(report(1, 'complete', { taskStates: states('dead') }));
  assert.equal(alloc(world)?.taskStates['server']?.state, 'dead', 'the end is news');
  world.do(report(1, 'pending', { taskStates: states('pending') }));
  assert.equal(alloc(world)?.taskStates['server']?.state, 'dead');
  assert.equal(alloc(world)?.clientStatus, 'lost');
});

test('C2: who is evaluated', () => {
  const rows: readonly (readonly ['service' | 'batch', ClientStatus[], string | undefined])[] = [
    ['service', ['running'], undefined],
    ['service', ['failed'], 'alloc-failure'],
    ['service', ['complete'], 'alloc-failure'],
    ['batch', ['complete'], undefined],
    ['batch', ['failed'], 'alloc-failure'],
    ['service', ['unknown', 'running'], 'reconnect'],
    ['service', ['failed', 'failed'], undefined],
  ];
  for (const [type, statuses, expected] of rows) {
    const world = cluster(type);
    for (const each of statuses) world.do(report(1, each));
    const { outcome } = world.last ?? world.do();
    const [asked] = outcome.ok ? outcome.evalIds : [];
    const found = asked && world.state.evaluation(asked)?.triggeredBy;
    assert.equal(found, expected, `${type} ${statuses.join()}`);
  }
});

test('C2: one that waits for an evaluation is taken care of only while that one is to come', () => {
  for (const [status, expected] of [
    ['pending', 0],
    ['complete', 1],
    ['canceled', 1],
  ] as const) {
    const world = cluster();
    const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
    assert.ok(job !== undefined);
    const later = newEvaluation(evalId(7), job, 'alloc-failure', T0);
    world.do({ type: 'evals.upsert', at: T0, evals: [{ ...later, status }] });
    world.do(applyPlan(plan('web', { stops: [note({ followupEvalId: evalId(7) })] })));
    const { outcome } = world.do(report(1, 'failed'));
    assert.equal(outcome.ok && outcome.evalIds.length, expected, status);
  }
});

test('who comes back waits for nothing any more', () => {
  const world = cluster();
  const silent = note({ clientStatus: 'unknown', followupEvalId: evalId(7) });
  world.do(applyPlan(plan('web', { stops: [silent] })));
  assert.equal(alloc(world)?.followupEvalId, evalId(7));
  world.do(report(1, 'running'));
  assert.equal(alloc(world)?.followupEvalId, undefined);
  assert.equal(alloc(world)?.disconnectedAt, undefined);
});

test('C2: many failures of a job in one report make one evaluation', () => {
  const world = cluster();
  world.do(applyPlan(plan('web', { placements: [placement(2, nodeId(1))] })));
  const one = report(1, 'failed');
  const two = report(2, 'failed');
  assert.ok(one.type === 'allocs.client-update' && two.type === 'allocs.client-update');
  const { outcome } = world.do({ ...one, updates: [...one.updates, ...two.updates] });
  assert.equal(outcome.ok && outcome.evalIds.length, 1);
});

test('C3: a repeated report changes nothing', () => {
  const world = cluster();
  world.do(report(1, 'running'));
  const before = alloc(world);
  assert.deepEqual(world.do(report(1, 'running')).changes, []);
  assert.equal(alloc(world), before);
  assert.deepEqual(world.do(report(9, 'running')).changes, []);
});

test('a report is not news to the client that made it', () => {
  const world = cluster();
  const before = alloc(world);
  world.do(report(1, 'running'));
  assert.equal(alloc(world)?.allocModifyIndex, before?.allocModifyIndex);
  assert.equal(alloc(world)?.modifyIndex, world.state.index);
});

test('task events are bounded, the newest kept', () => {
  const world = cluster();
  const events = Array.from({ length: TASK_EVENTS_MAX + 5 }, (_, n) => ({
    type: `e${n}`,
    at: T0,
    message: '',
    displayMessage: '',
    failsTask: false,
    details: {},
  }));
  const state: TaskState = { state: 'running', failed: false, restarts: 0, events };
  world.do(report(1, 'running', { taskStates: { server: state } }));
  const kept = alloc(world)?.taskStates['server']?.events ?? [];
  assert.equal(kept.length, TASK_EVENTS_MAX);
  assert.equal(kept.at(-1)?.type, `e${TASK_EVENTS_MAX + 4}`);
});

test('what is wanted of an allocation adds up', () => {
  const world = cluster();
  const want = (transition: object): boolean => {
    const allocIds = [allocId(1)];
    const entry: Entry = { type: 'allocs.transition', at: T0, allocIds, transition, evals: [] };
    return world.do(entry).outcome.ok;
  };
  want({ migrate: true });
  want({ reschedule: true });
  assert.deepEqual(alloc(world)?.desiredTransition, {
    migrate: true,
    reschedule: true,
    forceReschedule: false,
  });
  const absent: Entry = {
    type: 'allocs.transition',
    at: T0,
    allocIds: [allocId(9)],
    transition: {},
    evals: [],
  };
  assert.equal(world.do(absent).outcome.ok, false);
});
