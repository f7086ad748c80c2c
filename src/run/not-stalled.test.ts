import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, type Fault } from '../base/failure.ts';
import { SimClock } from '../sim/clock.ts';
import { notStalled } from './not-stalled.ts';

const never = new AbortController().signal;
const isFault = (fault: Fault) => (error: unknown) =>
  error instanceof Failure && error.fault === fault;

/** Two pieces, and then nothing until it is given up. */
async function* stuck(signal: AbortSignal): AsyncGenerator<number> {
  yield 1;
  yield 2;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

test('pieces are passed on, and so is a failure', async () => {
  const clock = new SimClock();
  const got: number[] = [];
  const open = async function* (): AsyncGenerator<number> {
    for (const piece of [1, 2, 3]) yield await Promise.resolve(piece);
    throw new Failure('unavailable', 'lost');
  };
  const reading = (async () => {
    for await (const piece of notStalled(open, { clock, ms: 100 }, never)) got.push(piece);
  })();
  await assert.rejects(reading, isFault('unavailable'));
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal(clock.nextAt(), undefined, 'no alarm is left');
});

test('what stalls is given up, at both ends', async () => {
  const clock = new SimClock();
  const signals: AbortSignal[] = [];
  const open = (signal: AbortSignal): AsyncIterable<number> => {
    signals.push(signal);
    return stuck(signal);
  };
  const got: number[] = [];
  const reading = (async () => {
    for await (const piece of notStalled(open, { clock, ms: 100 }, never)) got.push(piece);
  })();
  const rejected = assert.rejects(reading, isFault('timeout'));
  await settle();
  assert.deepEqual(got, [1, 2]);
  clock.advance(99);
  await settle();
  const isGivenUp = (): boolean => signals.some(({ aborted }) => aborted);
  assert.equal(isGivenUp(), false);
  clock.advance(1);
  await rejected;
  assert.equal(isGivenUp(), true);
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  const pieces = notStalled(stuck, { clock: new SimClock(), ms: 100 }, stop.signal);
  assert.equal((await pieces.next()).value, 1);
  assert.equal((await pieces.next()).value, 2);
  const last = pieces.next();
  stop.abort();
  await assert.rejects(last, isFault('canceled'));
});
