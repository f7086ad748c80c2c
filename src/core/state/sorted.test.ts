import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortedMap, type SortedMap } from './sorted.ts';

/** Few letters, so that keys share beginnings and one is another's beginning; and any text. */
const keys = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\uffff', '\0'), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 3, maxLength: 8 }),
  fc.string(),
);
/** Enough of them that leaves are split. */
const steps = fc.array(fc.tuple(fc.nat(9), keys), { maxLength: 600, size: 'max' });

function check(map: SortedMap<number>, model: ReadonlyMap<string, number>): void {
  const sorted = [...model.keys()].sort();
  assert.equal(map.size, sorted.length);
  assert.deepEqual(map.keysArray(), sorted);
  assert.deepEqual([...map.keys()], sorted);
  assert.deepEqual(
    [...map.entries()],
    sorted.map((key) => [key, model.get(key)]),
  );
  assert.equal(map.minKey(), sorted[0]);
}

test('SM1: it holds what a map would, in the order of UTF-16 units', () => {
  fc.assert(
    fc.property(steps, fc.array(keys), (written, others) => {
      const map = sortedMap<number>();
      const model = new Map<string, number>();
      for (const [i, [die, key]] of written.entries()) {
        const isPut = die > 2;
        if (isPut) map.set(key, i);
        else assert.equal(map.delete(key), model.has(key));
        if (isPut) model.set(key, i);
        else model.delete(key);
      }
      check(map, model);
      for (const key of [...others, ...written.map(([, one]) => one)]) {
        assert.equal(map.get(key), model.get(key));
        assert.equal(map.has(key), model.has(key));
      }
      for (const key of model.keys()) assert.ok(map.delete(key));
      check(map, new Map());
    }),
  );
});

test('a prefix finds what begins with it, in order', () => {
  fc.assert(
    fc.property(fc.array(keys, { size: 'max', maxLength: 400 }), keys, (all, prefix) => {
      const map = sortedMap<string>();
      for (const key of all) map.set(key, key);
      const expected = [...new Set(all)].filter((key) => key.startsWith(prefix)).sort();
      assert.deepEqual([...map.values(prefix)], expected);
    }),
  );
});

test('SM2: a clone and its original do not see each other, whichever is written', () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (rounds) => {
      let map = sortedMap<number>();
      const model = new Map<string, number>();
      const kept: [SortedMap<number>, ReadonlyMap<string, number>][] = [];
      let n = 0;
      for (const round of rounds) {
        for (const [die, key] of round) {
          const isPut = die > 2;
          if (isPut) map.set(key, n);
          else map.delete(key);
          if (isPut) model.set(key, n++);
          else model.delete(key);
        }
        // Now and then it is the original that goes on.
        const [other, next] = n % 2 === 0 ? [map, map.clone()] : [map.clone(), map];
        kept.push([other, new Map(model)]);
        map = next;
      }
      for (const [one, expected] of kept) check(one, expected);
    }),
  );
});

test('a set keeps keys alone, until a value comes', () => {
  const set = sortedMap<number | undefined>();
  for (let i = 0; i < 100; i++) set.set(String(i), undefined);
  assert.equal(set.size, 100);
  assert.ok(set.has('42'));
  set.set('42', 42);
  assert.equal(set.get('42'), 42);
  assert.equal(set.get('43'), undefined);
  assert.deepEqual([...set.values('4')].filter(Boolean), [42]);
});

test('keys that begin with each other, thousands deep, are no trouble', () => {
  const map = sortedMap<number>();
  let key = '';
  for (let i = 0; i < 2_000; i++) map.set((key += 'a'), i);
  assert.equal(map.get('a'.repeat(1_000)), 999);
  assert.equal([...map.values()].length, 2_000);
  for (let i = 1; i <= 2_000; i++) assert.ok(map.delete('a'.repeat(i)));
  assert.equal(map.size, 0);
});
