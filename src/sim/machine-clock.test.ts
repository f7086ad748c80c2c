import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SimClock } from './clock.ts';
import { MachineClock } from './machine-clock.ts';

const never = new AbortController().signal;

test('MC1: a fast machine is sooner done with waiting, a slow one later', async () => {
  const world = new SimClock(1_000_000);
  const fast = new MachineClock(world, 50_000);
  const slow = new MachineClock(world, -50_000);
  world.advance(100_000);
  assert.equal(fast.elapsedMs(), 1_105_000);
  assert.equal(slow.now(), 1_095_000);
  const woken: string[] = [];
  const both = [
    fast.sleep(10_500, never).then(() => woken.push('fast')),
    slow.sleep(9_500, never).then(() => woken.push('slow')),
  ];
  world.advance(9_999);
  await Promise.resolve();
  assert.deepEqual(woken, []);
  world.advance(1);
  await Promise.all(both);
  assert.deepEqual(woken, ['fast', 'slow']);
});

test('MC2: a clock that is set has slept no longer', () => {
  const world = new SimClock();
  const clock = new MachineClock(world);
  clock.skewMs = 60_000;
  assert.deepEqual([clock.now(), clock.elapsedMs(), clock.worldMs(500)], [60_000, 0, 500]);
});

test('MC3: who was woken has waited, and not a millisecond of the world too long', () => {
  const ms = fc.integer({ min: 0, max: 5_000_000 });
  const drift = fc.integer({ min: -50_000, max: 50_000 });
  fc.assert(
    fc.property(drift, ms, ms, (driftPpm, before, wait) => {
      const world = new SimClock(1_700_000_000_000);
      const clock = new MachineClock(world, driftPpm);
      world.advance(before);
      const from = clock.elapsedMs();
      const worldMs = clock.worldMs(wait);
      world.advance(Math.max(0, worldMs - 1));
      assert.ok(worldMs === 0 || clock.elapsedMs() - from < wait);
      world.advance(Math.min(1, worldMs));
      assert.ok(clock.elapsedMs() - from >= wait);
    }),
  );
});
