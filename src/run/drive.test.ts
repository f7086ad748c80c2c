import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import type { Turn } from '../base/turn.ts';
import { SimClock } from '../sim/clock.ts';
import { Drive, type Machine } from './drive.ts';

type Input = number | 'tick';
interface State {
  readonly sum: number;
  readonly wakeAt?: Millis;
}

/** Adds what it is sent; a 5 asks to be woken in 100 ms, which adds 1000. */
const adder: Machine<State, Input, string> = {
  initial: { sum: 0 },
  pending: ['hello'],
  tick: 'tick',
  step(state, input, now): Turn<State, string> {
    if (input === 'tick') {
      const due = state.wakeAt !== undefined && now >= state.wakeAt;
      return { state: due ? { sum: state.sum + 1_000 } : state, effects: due ? ['woken'] : [] };
    }
    const sum = state.sum + input;
    if (input !== 5) return { state: { ...state, sum }, effects: [`sum ${sum}`] };
    const wakeAt = (now + 100) as Millis;
    return { state: { sum, wakeAt }, effects: [`sum ${sum}`], wakeAt };
  },
};

/** Lets everything that can run do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test('D1, D2: inputs in order, state kept before its effects, woken in time', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  const stop = new AbortController();
  const drive = new Drive(adder, {
    clock,
    edge: {
      settled: (state) => {
        seen.push(`keep ${state.sum}`);
        return Promise.resolve();
      },
      perform: (effect) => {
        seen.push(effect);
        return Promise.resolve();
      },
    },
  });
  const running = drive.run(stop.signal);
  drive.send(1);
  drive.send(5);
  await settle();
  assert.deepEqual(seen, ['hello', 'keep 6', 'sum 1', 'sum 6']);
  clock.advance(99);
  await settle();
  assert.equal(drive.state.sum, 6);
  clock.advance(1);
  await settle();
  assert.deepEqual(seen.slice(4), ['keep 1006', 'woken']);
  stop.abort();
  await running;
});

test('a rejected effect ends the drive with its error', async () => {
  const drive = new Drive(adder, {
    clock: new SimClock(),
    edge: {
      settled: () => Promise.resolve(),
      perform: () => Promise.reject(new RangeError('broken')),
    },
  });
  await assert.rejects(drive.run(new AbortController().signal), RangeError);
});

test('an abort waits for what is under way', async () => {
  const stop = new AbortController();
  let finish: () => void = () => undefined;
  const drive = new Drive(adder, {
    clock: new SimClock(),
    edge: {
      settled: () => Promise.resolve(),
      perform: () => new Promise((resolve) => (finish = resolve)),
    },
  });
  let ended = false;
  const running = drive.run(stop.signal).then(() => (ended = true));
  stop.abort();
  await settle();
  assert.equal(ended, false);
  finish();
  await running;
  assert.equal(ended, true);
});
