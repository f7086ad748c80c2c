import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { evalId, jobSpec, register, World } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { JobSpec, Periodic } from '../model/job.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';
import { newEvaluation } from './new-evaluation.ts';

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

test('O1: no dispatch and no launch closes a circle', () => {
  const world = new World();
  const child = (id: string, parent: string): JobSpec =>
    jobSpec(id, { type: 'batch', after: ['b'], parentId: parent as JobId });
  const launch = (id: string, seconds: number, forced: boolean): Entry => ({
    ...{ type: 'periodic.launch', at: world.state.at, namespace: DEFAULT_NAMESPACE, forced },
    ...{ parentId: 'tick' as JobId, launchAt: (seconds * 1000) as Millis },
    child: child(id, 'tick'),
  });
  const periodic: Periodic = {
    ...{ specs: ['@daily'], specType: 'cron', timeZone: 'UTC' },
    ...{ prohibitOverlap: false, enabled: true },
  };
  const parameterized = { payload: 'optional', metaRequired: [], metaOptional: [] } as const;
  world.do(
    batch(1, 'tick', { periodic }),
    batch(2, 'each', { parameterized }),
    batch(3, 'b', { after: ['tick/1', 'tick/2', 'each/1'] }),
  );
  const one = child('each/1', 'each');
  const dispatched = world.do({
    ...{ type: 'job.dispatch', at: world.state.at, parentId: 'each' as JobId, child: one },
    evaluation: newEvaluation(evalId(4), one, 'job-register', world.state.at),
  });
  const circle = 'jobs would wait for each other in a circle: "each/1" after "b" after "each/1"';
  assert.deepEqual(dispatched.outcome, { ok: false, reason: 'invalid', message: circle });
  assert.ok(!world.do(launch('tick/1', 1, true)).outcome.ok, 'who forces it is told');
  // By itself it is left out, once: the next launch is another job.
  assert.ok(world.do(launch('tick/2', 2, false)).outcome.ok);
  assert.equal(world.state.job(DEFAULT_NAMESPACE, 'tick/2' as JobId), undefined);
  assert.ok(!world.do(launch('tick/2', 2, false)).outcome.ok);
  assert.ok(world.do(launch('tick/3', 3, false)).outcome.ok);
  assert.ok(world.state.job(DEFAULT_NAMESPACE, 'tick/3' as JobId) !== undefined);
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
