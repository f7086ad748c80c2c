import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import { newEvaluation } from '../core/state/new-evaluation.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evaluations, TakenEval } from '../ports/evaluations.ts';
import { T0, evalId, jobSpec, registerNode } from '../../test/state-world.ts';
import { Replica } from './replica.ts';
import { SchedulingWorker } from './scheduling-worker.ts';

const NEEDED = 3 as Index;

/** Time that is over at once: whatever is waited for comes too late, or between two waits. */
const hasty: Pick<Clock, 'now' | 'elapsedMs' | 'sleep'> = {
  now: () => T0,
  elapsedMs: () => 0,
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

test('W1, W3: a state that is behind decides nothing, and takes no more until it is not', async () => {
  const stop = new AbortController();
  const replica = new Replica();
  const said: string[] = [];
  const evaluation = newEvaluation(evalId(1), jobSpec('web'), 'job-register', T0);
  const taken: TakenEval = {
    ...{ id: evaluation.id, token: 't/1', evaluation, exhausted: false, index: NEEDED },
  };
  const evaluations: Evaluations = {
    take: () => {
      said.push(`takes at ${replica.state.index}`);
      return Promise.resolve(taken);
    },
    submit: (_, decision) => {
      said.push(`${decision.evaluation.status} at ${replica.state.index}`);
      stop.abort();
      return Promise.resolve({ progress: 'done', index: NEEDED });
    },
    giveBack: (_, why) => {
      said.push(why);
      return Promise.resolve();
    },
  };
  const worker = new SchedulingWorker({
    ...{ evaluations, replica, clock: hasty, random: seeded('worker'), newId: randomUUID },
  });
  const running = worker.run(stop.signal);
  for (let n = 1; n <= NEEDED; n++) {
    for (let turn = 0; turn < 10; turn++) await hasty.sleep(0, stop.signal);
    replica.apply(n as Index, registerNode(n));
  }
  await running;
  assert.deepEqual(said, [
    'takes at 0',
    "this server's state is at 0, before 3",
    'takes at 3',
    'complete at 3',
  ]);
  assert.equal(worker.decided, 1);
});
