import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../../base/brand.ts';
import { keptByMajority } from './kept-by-majority.ts';

type Kept = Readonly<Record<string, number>>;

const rows: readonly (readonly [string, readonly string[], Kept, number, number])[] = [
  ['one that is alone', ['a'], { a: 9 }, 1, 9],
  ['two of three', ['a', 'b', 'c'], { a: 9, b: 5, c: 1 }, 3, 5],
  ['one that is away for long holds nothing up', ['a', 'b', 'c'], { a: 9, b: 8 }, 3, 8],
  ['the only copy', ['a', 'b', 'c'], { a: 9 }, 3, 0],
  ['of two both are needed', ['a', 'b'], { a: 9, b: 4 }, 2, 4],
  ['of four three', ['a', 'b', 'c', 'd'], { a: 9, b: 8, c: 7, d: 6 }, 3, 7],
  ['of five three', ['a', 'b', 'c', 'd', 'e'], { a: 9, b: 8, c: 7 }, 5, 7],
  ['servers that never came count', ['a'], { a: 9 }, 3, 0],
  ['whoever is not counted does not', ['a', 'b', 'c'], { a: 9, x: 9, y: 9 }, 3, 0],
  ['nobody', [], {}, 3, 0],
];
for (const [name, counted, kept, least, expected] of rows) {
  test(name, () => {
    assert.equal(keptByMajority(counted, mapOf(kept), least).index, expected);
  });
}

test('KM1: any majority of the disks holds one that has kept it', () => {
  const disks = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 7 });
  const property = fc.property(disks, fc.array(fc.nat(9)), (ids, indexes) => {
    const names = ids.map(String);
    const kept = mapOf(Object.fromEntries(names.map((id, i) => [id, indexes[i] ?? 0])));
    const { index, by } = keptByMajority(names, kept);
    const able = names.filter((id) => (kept.get(id) ?? 0) >= index);
    assert.ok(able.length * 2 > names.length);
    assert.ok(by.every((id) => able.includes(id)));
    assert.ok(index === 0 || by.length * 2 > names.length);
    // It gives up no more than it must: one index further there is no majority.
    assert.ok(names.filter((id) => (kept.get(id) ?? 0) > index).length * 2 <= names.length);
  });
  fc.assert(property);
});

function mapOf(kept: Kept): ReadonlyMap<string, Index> {
  return new Map(Object.entries(kept).map(([id, index]) => [id, index as Index]));
}
