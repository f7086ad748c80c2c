import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { afterFailure, isOut, type Ejection } from './ejection.ts';

test('E1: each failure in succession doubles the time out, up to a bound', () => {
  let ejection: Ejection | undefined;
  const outs: number[] = [];
  for (let i = 0; i < 9; i++) {
    ejection = afterFailure(ejection, 0 as Millis);
    outs.push(ejection.until);
  }
  assert.deepEqual(outs, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(isOut(ejection, 29_999 as Millis), true);
  assert.equal(isOut(ejection, 30_000 as Millis), false);
  assert.equal(isOut(undefined, 0 as Millis), false);
});
