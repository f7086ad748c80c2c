import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../sim/clock.ts';
import { Bell } from './bell.ts';

test('a ring before the wait is not missed, and counts once', async () => {
  const clock = new SimClock();
  const bell = new Bell();
  const stop = new AbortController();
  bell.ring();
  bell.ring();
  await bell.wait(clock, undefined, stop.signal);
  let ended = false;
  const second = bell.wait(clock, 100, stop.signal).then(() => (ended = true));
  await Promise.resolve();
  assert.equal(ended, false);
  clock.advance(100);
  await second;
});

test('a ring ends a wait, and so does an abort', async () => {
  const clock = new SimClock();
  const bell = new Bell();
  const stop = new AbortController();
  const first = bell.wait(clock, undefined, stop.signal);
  bell.ring();
  await first;
  const second = bell.wait(clock, undefined, stop.signal);
  stop.abort();
  await second;
});
