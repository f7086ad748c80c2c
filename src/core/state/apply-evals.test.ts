import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../model/evaluation.ts';
import { METRICS, T0, World, evalId, jobSpec, register } from '../../../test/state-world.ts';
import type { Entry } from './entry.ts';
import { newEvaluation } from './new-evaluation.ts';

function upsert(n: number, more: Partial<Evaluation> = {}, id = 'web'): Entry {
  const type = id === 'sys' ? 'system' : 'service';
  const evaluation = newEvaluation(evalId(n), jobSpec(id, { type }), 'job-register', T0);
  return { type: 'evals.upsert', at: T0, evals: [{ ...evaluation, ...more }] };
}

function statuses(world: World): readonly string[] {
  return [...world.state.evals()].map(({ status }) => status);
}

test('V1: a decided evaluation stays decided', () => {
  const world = new World();
  world.do(upsert(1), upsert(1, { status: 'complete' }), upsert(1, { status: 'pending' }));
  assert.deepEqual(statuses(world), ['complete']);
  assert.equal(world.state.evaluation(evalId(1))?.createIndex, 1);
  assert.equal(world.state.evaluation(evalId(1))?.modifyIndex, 2);
});

test('V2: the newest blocked evaluation of a job is the only one', () => {
  const world = new World();
  world.do(upsert(1, { status: 'blocked' }), upsert(2, { status: 'blocked' }));
  assert.deepEqual(statuses(world), ['canceled', 'blocked']);
  world.do(upsert(3, { status: 'blocked' }, 'sys'), upsert(4, { status: 'blocked' }, 'sys'));
  assert.deepEqual(statuses(world), ['canceled', 'blocked', 'blocked', 'blocked']);
});

test('V3: a success without failures cancels what was blocked', () => {
  const world = new World();
  world.do(upsert(1, { status: 'blocked' }));
  world.do(upsert(2, { status: 'complete', failedGroups: { web: METRICS } }));
  assert.deepEqual(statuses(world), ['blocked', 'complete']);
  world.do(upsert(3, { status: 'complete' }));
  assert.deepEqual(statuses(world), ['canceled', 'complete', 'complete']);
  const description = `evaluation "${evalId(3)}" successful`;
  assert.equal(world.state.evaluation(evalId(1))?.statusDescription, description);
});

test('an evaluation tells how much is queued, and whether a job is pending', () => {
  const world = new World();
  const spec = jobSpec('web');
  world.do(register(spec, 1));
  const job = (): string | undefined => world.state.job(spec.namespace, spec.id)?.status;
  assert.equal(job(), 'pending');
  world.do(upsert(1, { status: 'complete', queuedAllocations: { web: 3 } }));
  assert.equal(world.state.jobSummary(spec.namespace, spec.id)?.groups['web']?.queued, 3);
  assert.equal(job(), 'dead');
  world.do({ type: 'evals.delete', at: T0, evalIds: [evalId(1)] });
  assert.deepEqual(statuses(world), []);
  assert.equal(job(), 'dead');
});
