import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, jobSpec, T0, updateStrategy } from '../../../test/state-world.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Job } from '../model/job.ts';
import * as say from './descriptions.ts';
import { freshGroupState, Rollout } from './rollout.ts';

const deps = { now: T0, nextId: () => 'd-new' };
const job = { ...jobSpec('web'), version: 2, createIndex: 5, stop: false } as unknown as Job;

function latest(more: Partial<Deployment> = {}): Deployment {
  return {
    id: 'd-old',
    jobVersion: 2,
    jobCreateIndex: 5,
    status: 'running',
    groups: {},
    ...more,
  } as unknown as Deployment;
}

const update = updateStrategy();

test('the running rollout of this version goes on', () => {
  const rollout = new Rollout(job, latest(), deps);
  assert.equal(rollout.current?.id, 'd-old');
  assert.equal(rollout.finish().deploymentId, 'd-old');
  rollout.succeed();
  assert.deepEqual(rollout.finish().updates, [
    { id: 'd-old', status: 'successful', statusDescription: say.DEPLOYMENT_SUCCESSFUL },
  ]);
});

test('one of another version, or of another life of the job, is cancelled', () => {
  for (const other of [latest({ jobVersion: 1 }), latest({ jobCreateIndex: 4 as never })]) {
    const rollout = new Rollout(job, other, deps);
    assert.equal(rollout.current, undefined);
    assert.equal(rollout.superseded?.id, 'd-old');
    assert.equal(rollout.finish().updates[0]?.statusDescription, say.DEPLOYMENT_NEWER_JOB);
  }
  const stopped = new Rollout({ ...job, stop: true }, latest(), deps).finish();
  assert.equal(stopped.updates[0]?.statusDescription, say.DEPLOYMENT_JOB_STOPPED);
  const over = new Rollout(job, latest({ jobVersion: 1, status: 'failed' }), deps).finish();
  assert.deepEqual(over.updates, []);
});

test('a failed rollout of this version holds, a successful one is over', () => {
  assert.ok(new Rollout(job, latest({ status: 'failed' }), deps).failed);
  assert.ok(new Rollout(job, latest({ status: 'paused' }), deps).paused);
  assert.equal(new Rollout(job, latest({ status: 'successful' }), deps).current, undefined);
});

test('a new one says what it waits for', () => {
  const state = freshGroupState(group({ update }));
  assert.ok(state);
  const describe = (...groups: { canaries: number; auto: boolean }[]): string | undefined => {
    const rollout = new Rollout(job, undefined, deps);
    groups.forEach(({ canaries, auto }, i) => {
      rollout.add(`g${i}`, { ...state, desiredCanaries: canaries, autoPromote: auto });
    });
    return rollout.finish().deployment?.statusDescription;
  };
  assert.equal(describe(), undefined);
  assert.equal(describe({ canaries: 0, auto: false }), say.DEPLOYMENT_RUNNING);
  assert.equal(describe({ canaries: 1, auto: true }), say.DEPLOYMENT_AUTO_PROMOTES);
  assert.equal(
    describe({ canaries: 1, auto: true }, { canaries: 1, auto: false }),
    say.DEPLOYMENT_NEEDS_PROMOTION,
  );
});

test('without an update strategy there is no rollout', () => {
  assert.equal(freshGroupState(group()), undefined);
  assert.equal(freshGroupState(group({ update: { ...update, maxParallel: 0 } })), undefined);
});
