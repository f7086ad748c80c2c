import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSlices } from './slices.ts';

/** Each look at the clock finds it a millisecond later. */
function slowClock() {
  let at = 0;
  let sleeps = 0;
  const clock = {
    now: () => 0 as never,
    elapsedMs: () => at++,
    sleep: () => {
      sleeps++;
      return Promise.resolve();
    },
  };
  return { clock, sleeps: () => sleeps };
}

test('all steps are taken, and others have their turn every few milliseconds', async () => {
  const { clock, sleeps } = slowClock();
  const taken: number[] = [];
  const steps = Array.from({ length: 6_400 }, (_, i) => i);
  const keep = (step: number): boolean => taken.push(step) < 0;
  await inSlices(steps, keep, { clock, signal: new AbortController().signal });
  assert.deepEqual(taken, steps);
  // 100 looks at a clock that goes on by 1 ms: a turn after each 5 ms, and one to begin it.
  assert.ok(sleeps() >= 15 && sleeps() <= 20, `${sleeps()} turns`);
});

test('it ends when a step is enough, and when nobody wants it any more', async () => {
  const { clock } = slowClock();
  const signal = AbortSignal.abort();
  let n = 0;
  await inSlices([1, 2, 3], (step) => (n = step) === 2, { clock, signal });
  assert.equal(n, 2);
  const endless = function* (): Generator<number> {
    for (;;) yield 0;
  };
  await assert.rejects(inSlices(endless(), () => false, { clock, signal }));
});
