import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { same } from '../../base/same.ts';
import { NO_ROWS, hashRow, hashSeed, hashText, lanes } from './hash.ts';

function hashOf(row: object, table = 'allocs'): string {
  hashRow(hashSeed(table), row);
  return hashText(lanes);
}

const rows = fc.dictionary(fc.string(), fc.jsonValue());

test('H1: equal rows hash alike, in whatever order their fields stand', () => {
  fc.assert(
    fc.property(rows, (row) => {
      const turned = Object.fromEntries(Object.entries(structuredClone(row)).reverse());
      return hashOf(row) === hashOf({ ...turned, absent: undefined });
    }),
  );
});

test('different rows hash differently', () => {
  fc.assert(
    fc.property(rows, rows, (a, b) => same(a, b) || hashOf(a) !== hashOf(b)),
    { numRuns: 1_000 },
  );
});

test('a small change anywhere shows, and so does the table', () => {
  const row = { id: 'a', metrics: { n: 1, deep: [{ x: 1.5 }, 2] }, resources: { cpu: 100 } };
  const others = [
    { ...row, id: 'b' },
    { ...row, metrics: { n: 2, deep: [{ x: 1.5 }, 2] } },
    { ...row, metrics: { n: 1, deep: [{ x: 1.25 }, 2] } },
    { ...row, metrics: { n: 1, deep: [2, { x: 1.5 }] } },
    { ...row, resources: { cpu: 101 } },
  ];
  const hashes = new Set([
    hashOf(row),
    hashOf(row, 'evals'),
    ...others.map((each) => hashOf(each)),
  ]);
  assert.equal(hashes.size, others.length + 2);
});

test('what rows share by reference hashes as what they hold', () => {
  const metrics = { n: 1 };
  const first = hashOf({ id: 'a', metrics });
  const second = hashOf({ id: 'b', metrics });
  assert.equal(hashOf({ id: 'a', metrics: { n: 1 } }), first);
  assert.equal(hashOf({ id: 'b', metrics: { n: 1 } }), second);
});

test('no rows have the sum nought', () => {
  assert.equal(hashText(NO_ROWS), '0000000000000000');
});
