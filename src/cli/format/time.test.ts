import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { ago, shortDuration, timestamp } from './time.ts';

const durations: [ms: number, want: string][] = [
  [0, '0s'],
  [999, '0s'],
  [5_000, '5s'],
  [63_000, '1m3s'],
  [60_000, '1m'],
  [2_930_000, '48m50s'],
  [7_500_000, '2h5m'],
  [86_400_000 * 3 + 3_600_000 * 4, '3d4h'],
  [86_400_000 * 45, '1mo15d'],
];
for (const [ms, want] of durations) {
  test(`${ms} ms is ${want}`, () => {
    assert.equal(shortDuration(ms), want);
  });
}

test('an instant is printed in UTC without fractions', () => {
  assert.equal(timestamp(1_795_242_889_123 as Millis), '2026-11-21T06:34:49Z');
  assert.equal(timestamp(undefined), 'N/A');
});

test('a clock that runs behind never shows a negative age', () => {
  assert.equal(ago(2000 as Millis, 1000 as Millis), '0s ago');
});
