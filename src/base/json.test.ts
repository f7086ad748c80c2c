import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exactNumber, readJson, writeJson } from './json.ts';

test('J1: without long numbers it is what JSON is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2, 4), (value, indent) => {
      assert.equal(writeJson(value, indent), JSON.stringify(value, undefined, indent));
      const text = JSON.stringify(value);
      assert.deepEqual(readJson(text), JSON.parse(text));
    }),
  );
});

test('J2: a number of 64 bits keeps its digits, both ways', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (number) => {
      const text = writeJson({ a: [exactNumber(number.toString()), 'x'] });
      assert.equal(text, `{"a":[${number},"x"]}`);
      const read = readJson(text) as { a: unknown[] };
      assert.equal(String(read.a[0]), number.toString());
    }),
  );
});

test('J2: digits in strings, fractions and powers are left alone', () => {
  for (const text of [
    '"12345678901234567890"',
    '{"12345678901234567890":1}',
    '"\\"12345678901234567890"',
    '0.12345678901234567890',
    '1.5e1234567890123456789',
    '12345678901234567890e2',
    '10000000000000000',
    '-10000000000000000',
  ]) {
    assert.deepEqual(readJson(text), JSON.parse(text), text);
  }
  assert.equal(readJson('-9223372036854775807'), '-9223372036854775807');
});

test('big numbers are written with the same layout', () => {
  const value = { a: 1, b: [], c: {}, d: [1, { e: null }], skipped: undefined };
  const big = { ...value, n: 2n ** 60n };
  const expected = JSON.stringify({ ...value, n: 7 }, undefined, 2).replace(
    '7',
    '1152921504606846976',
  );
  assert.equal(writeJson(big, 2), expected);
});
