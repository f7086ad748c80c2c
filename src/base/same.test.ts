import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { same } from './same.ts';

test('same: what counts and what does not', () => {
  const rows: readonly (readonly [unknown, unknown, boolean])[] = [
    [1, 1, true],
    [1, '1', false],
    [NaN, NaN, true],
    [null, undefined, false],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [[1], [1, undefined], false],
    [[], {}, false],
    [{}, { toString: 1 }, false],
    [{ toString: undefined }, {}, true],
  ];
  for (const [a, b, expected] of rows) assert.equal(same(a, b), expected, JSON.stringify([a, b]));
});

test('same: a copy says the same as its original', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => same(value, structuredClone(value))));
});
