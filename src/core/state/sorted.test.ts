import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortedMap, valuesFrom } from './sorted.ts';

test('a prefix finds what begins with it, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (keys, prefix) => {
      const map = sortedMap<string>();
      for (const key of keys) map.set(key, key);
      const expected = [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort();
      assert.deepEqual([...valuesFrom(map, prefix)], expected);
    }),
  );
});

test('a clone and its original do not see each other', () => {
  const map = sortedMap<number>();
  for (let i = 0; i < 1_000; i++) map.set(String(i), i);
  const clone = map.clone();
  clone.set('500', -1);
  map.delete('501');
  assert.equal(map.get('500'), 500);
  assert.equal(clone.get('501'), 501);
});
