import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobSpec, register, World } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';

/** Registers with its evaluation. */
function batch(n: number, id: string, more: Partial<JobSpec> = {}): Entry {
  return register(jobSpec(id, { type: 'batch', ...more }), n);
}

function deregister(world: World, id: string, purge: boolean): void {
  const jobId = id as JobId;
  world.do({
    type: 'job.deregister',
    at: world.state.at,
    namespace: DEFAULT_NAMESPACE,
    jobId,
    purge,
  });
}

test('O1: no registration closes a circle', () => {
  const world = new World();
  world.do(batch(1, 'a', { after: ['b'] }), batch(2, 'b', { after: ['x', 'c'] }));
  const { outcome } = world.do(batch(3, 'c', { after: ['y', 'a'] }));
  const message = 'jobs would wait for each other in a circle: "c" after "a" after "b" after "c"';
  assert.deepEqual(outcome, { ok: false, reason: 'invalid', message });
  assert.ok(!world.do(batch(4, 'self', { after: ['self'] })).outcome.ok);
  // What is stopped waits for nobody.
  deregister(world, 'b', false);
  assert.ok(world.do(batch(5, 'c', { after: ['y', 'a'] })).outcome.ok);
  assert.ok(!world.do(batch(6, 'b', { after: ['c'] })).outcome.ok);
  // Many ways to one job are no circle.
  const long = Array.from({ length: 30 }, (_, i) => batch(10 + i, `l${i}`, { after: around(i) }));
  assert.ok(world.do(...long).outcome.ok);
  assert.deepEqual(lint(world.state), []);
});

/** Each after the two before it: with 30 of them a million ways lead down. */
function around(i: number): readonly string[] {
  return [i - 1, i - 2].filter((n) => n >= 0).map((n) => `l${n}`);
}

test('a job that comes or goes is told to those that wait for it, and to no others', () => {
  const world = new World();
  world.do(batch(1, 'load', { after: ['extract'] }), batch(2, 'other', { after: ['x'] }));
  const evaluations = (): readonly string[] =>
    ['load', 'other'].map((id) => {
      const evals = [...world.state.evalsByJob(DEFAULT_NAMESPACE, id as JobId)];
      return `${id} ${evals.length}`;
    });
  assert.deepEqual(evaluations(), ['load 1', 'other 1']);
  world.do(batch(3, 'extract'));
  assert.deepEqual(evaluations(), ['load 2', 'other 1']);
  world.do(batch(4, 'extract', { meta: { again: '1' } }));
  assert.deepEqual(evaluations(), ['load 2', 'other 1'], 'a new version wakes by its instances');
  deregister(world, 'extract', true);
  assert.deepEqual(evaluations(), ['load 3', 'other 1']);
  assert.deepEqual(lint(world.state), []);
});
