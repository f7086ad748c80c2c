import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distance } from './coordinate.ts';
import type { Coordinate } from './coordinate.ts';

const at = (vec: readonly number[], more: Partial<Coordinate> = {}): Coordinate => ({
  vec,
  error: 0,
  adjustment: 0,
  height: 0,
  ...more,
});

test('a distance is the way between, both heights, and what was adjusted', () => {
  for (const [a, b, expected] of [
    [at([0, 0]), at([3, 4]), 5],
    [at([0, 0], { height: 1 }), at([3, 4], { height: 2 }), 8],
    [at([0, 0], { adjustment: 0.5 }), at([3, 4], { adjustment: -1 }), 4.5],
    // An adjustment below nothing is none.
    [at([0, 0], { adjustment: -9 }), at([3, 4]), 5],
    [at([1, 2, 3]), at([1, 2, 3]), 0],
    [at([]), at([3, 4]), 0],
  ] as const) {
    assert.equal(distance(a, b), expected);
  }
});
