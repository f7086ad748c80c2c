import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from './duration.ts';

const rows: readonly (readonly [number, string])[] = [
  [0, '0s'],
  [0.25, '250µs'],
  [1, '1ms'],
  [250, '250ms'],
  [5_000, '5s'],
  [15_200, '15.2s'],
  [15_283, '15.283s'],
  [60_000, '1m0s'],
  [1_800_000, '30m0s'],
  [3_600_000, '1h0m0s'],
  [3_661_500, '1h1m1.5s'],
  [-1_500, '-1.5s'],
];

test('durations read as Go prints them', () => {
  for (const [ms, text] of rows) assert.equal(formatDuration(ms), text);
});
