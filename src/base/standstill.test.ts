import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standstillMs } from './standstill.ts';

test('a standstill is told from a second on, or from what the caller allows, and never before', () => {
  const rows: readonly [number | undefined, number, number | undefined, number | undefined][] = [
    // due, now, least, expectation
    [undefined, 90_000, undefined, undefined],
    [5_000, 4_000, undefined, undefined],
    [5_000, 5_999, undefined, undefined],
    [5_000, 6_000, undefined, 1_000],
    [5_000, 65_000, undefined, 60_000],
    [5_000, 9_999, 5_000, undefined],
    [5_000, 10_000, 5_000, 5_000],
    [5_000, 5_500, 100, undefined],
  ];
  for (const [due, now, least, expected] of rows) {
    assert.equal(standstillMs(due, now, least), expected, `${due} ${now} ${least}`);
  }
});
