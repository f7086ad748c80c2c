/** Batch jobs that wait for others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, registerNode } from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import { findGarbage, GC_EVERYTHING } from '../controllers/gc.ts';
import type { ClientStatus } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import { lint } from '../state/lint.ts';
import { newEvaluation } from '../state/new-evaluation.ts';

function batch(id: string, more: Partial<JobSpec> = {}, count = 1): JobSpec {
  return jobSpec(id, { type: 'batch', groups: [group({ count })], ...more });
}

function worldOf(): SchedulerWorld {
  const world = new SchedulerWorld();
  world.do(registerNode(0));
  return world;
}

/** All live instances of a job end like this; then whoever may wake is decided. */
function end(world: SchedulerWorld, id: string, clientStatus: ClientStatus): void {
  const updates = world.live(id).map((alloc) => ({
    ...{ id: alloc.id, clientStatus, clientDescription: '', taskStates: {}, at: world.now },
  }));
  world.do({ type: 'allocs.client-update', at: world.now, updates, seed: `${id}-ends` });
  world.settle();
  for (const each of [...world.state.openEvals('blocked')]) world.evaluate(each);
}

function waitsFor(world: SchedulerWorld, id: string): readonly string[] {
  return [...world.state.openEvals('blocked')]
    .filter(({ jobId }) => jobId === id)
    .map(({ statusDescription }) => statusDescription);
}

test('a job begins when those before it ended well', () => {
  const world = worldOf();
  world.run(batch('load', { after: ['extract', 'clean'] }));
  assert.deepEqual(waitsFor(world, 'load'), [
    'waits for job "extract" (not registered), job "clean" (not registered) to end well',
  ]);
  assert.equal(world.state.job(DEFAULT_NAMESPACE, 'load' as never)?.status, 'pending');
  world.run(batch('extract', {}, 2));
  world.run(batch('clean'));
  assert.deepEqual(waitsFor(world, 'load'), ['waits for job "extract", job "clean" to end well']);
  end(world, 'extract', 'complete');
  assert.deepEqual(waitsFor(world, 'load'), ['waits for job "clean" to end well']);
  assert.equal(world.live('load').length, 0);
  end(world, 'clean', 'complete');
  assert.equal(world.live('load').length, 1);
  assert.deepEqual(waitsFor(world, 'load'), []);
  assert.deepEqual(lint(world.state), []);
});

test('one that failed holds it back', () => {
  const world = worldOf();
  world.run(batch('extract'));
  world.run(batch('load', { after: ['extract'] }));
  end(world, 'extract', 'failed');
  assert.equal(world.live('load').length, 0);
  assert.deepEqual(waitsFor(world, 'load'), ['waits for job "extract" (failed) to end well']);
});

function deregister(world: SchedulerWorld, id: string, purge: boolean): void {
  const job = world.state.job(DEFAULT_NAMESPACE, id as JobId) ?? assert.fail(id);
  const evalId = `e-${world.state.index}` as EvalId;
  const evaluation = newEvaluation(evalId, job, 'job-deregister', world.now);
  const { namespace } = job;
  world.do({
    ...{ type: 'job.deregister', at: world.now, namespace, jobId: job.id, purge, evaluation },
  });
  world.settle();
}

function collectGarbage(world: SchedulerWorld): void {
  for (let i = 0; i < 10; i++) {
    const found = findGarbage(world.state, (world.now + 1e9) as Millis, GC_EVERYTHING);
    if (found === undefined) return;
    world.do(found);
    world.settle();
  }
}

test('W3: a result counts while it is known, whatever becomes of the job', () => {
  for (const purge of [true, false]) {
    const world = worldOf();
    world.run(batch('extract'));
    world.run(batch('clean'));
    world.run(batch('load', { after: ['extract', 'clean'] }));
    end(world, 'extract', 'complete');
    deregister(world, 'extract', purge);
    collectGarbage(world);
    assert.deepEqual(waitsFor(world, 'load'), ['waits for job "clean" to end well']);
    end(world, 'clean', 'complete');
    assert.equal(world.live('load').length, 1);
    end(world, 'load', 'complete');
    collectGarbage(world);
    assert.equal(world.state.counts()['allocs'], 0, 'nobody waits for them any more');
    assert.deepEqual(lint(world.state), []);
  }
});

test('what can never end well is told as such, at once', () => {
  const world = worldOf();
  world.run(batch('extract'));
  world.run(batch('load', { after: ['extract'] }));
  const [alloc = assert.fail('it runs')] = world.live('extract');
  deregister(world, 'extract', false);
  const report = { id: alloc.id, clientStatus: 'complete', clientDescription: '' } as const;
  const updates = [{ ...report, taskStates: {}, at: world.now }];
  world.do({ type: 'allocs.client-update', at: world.now, updates, seed: 'ends' });
  for (const each of [...world.state.openEvals('blocked')]) world.evaluate(each);
  const waits = (): string => waitsFor(world, 'load').join();
  assert.equal(waits(), 'waits for job "extract" (stopped) to end well');
  deregister(world, 'extract', true);
  assert.equal(waits(), 'waits for job "extract" (purged) to end well');
  world.run(jobSpec('extract', { type: 'service' }));
  assert.equal(waits(), 'waits for job "extract" (a service does not end) to end well');
  deregister(world, 'extract', true);
  const launches = {
    enabled: true,
    specType: 'cron',
    specs: ['@daily'],
    prohibitOverlap: false,
    timeZone: 'UTC',
  };
  world.run(batch('extract', { periodic: launches }));
  assert.equal(waits(), 'waits for job "extract" (it only launches others) to end well');
});

test('W1: what has begun goes on, and a stopped job is not held', () => {
  const world = worldOf();
  world.run(batch('extract'));
  end(world, 'extract', 'complete');
  world.run(batch('load', { after: ['extract'] }));
  assert.equal(world.live('load').length, 1);
  world.run(batch('extract', { meta: { again: '1' } }));
  assert.equal(world.live('load').length, 1);
  world.run(batch('other', { after: ['never'] }));
  world.do({
    ...{ type: 'job.deregister', at: world.now, namespace: DEFAULT_NAMESPACE },
    ...{ jobId: 'other' as never, purge: false },
  });
  world.settle();
  assert.equal(world.live('other').length, 0);
});

test('of a concurrency group so many run side by side', () => {
  const world = worldOf();
  const concurrency = { group: 'db', limit: 2 };
  for (const id of ['a', 'b', 'c', 'd']) world.run(batch(id, { concurrency }));
  const live = (): string =>
    ['a', 'b', 'c', 'd'].filter((id) => world.live(id).length > 0).join('');
  assert.equal(live(), 'ab');
  assert.deepEqual(waitsFor(world, 'c'), [
    'waits for its turn in concurrency group "db": job "a", job "b"',
  ]);
  end(world, 'a', 'complete');
  assert.equal(live().length, 2);
  assert.ok(live().startsWith('b'));
  end(world, 'b', 'failed');
  assert.equal(live(), 'cd');
  // Another group, and none, are not concerned.
  world.run(batch('e', { concurrency: { group: 'web', limit: 1 } }));
  world.run(batch('f'));
  assert.deepEqual([world.live('e').length, world.live('f').length], [1, 1]);
});
