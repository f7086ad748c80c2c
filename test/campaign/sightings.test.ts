import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excessive, note, type Pair, type Sighting } from './sightings.ts';

const sighting = (name: string, alloc: string, machine: string): Sighting => {
  return { name, alloc, machine };
};

test('two of one name are a pair from when they are first seen until they are last', () => {
  const pairs = new Map<string, Pair>();
  const [a, b] = [sighting('x', 'a', 'c1'), sighting('x', 'b', 'c2')];
  note(pairs, [a, sighting('y', 'c', 'c1'), { ...a, machine: 'c1' }], 0);
  assert.equal(pairs.size, 0);
  note(pairs, [a, b], 100);
  note(pairs, [b, a], 700);
  note(pairs, [b], 900);
  const told = [...pairs.values()];
  assert.deepEqual(told, [{ name: 'x', machines: ['c1', 'c2'], from: 100, to: 700 }]);
  assert.deepEqual(excessive(told, new Set(), 1_000), []);
  assert.deepEqual(excessive(told, new Set(), 500), ['x twice for 0.6 s, on c1 and c2']);
  assert.deepEqual(excessive(told, new Set(['c2']), 500), []);
});

test('on one machine the second waits for the end of the first', () => {
  const pairs = new Map<string, Pair>();
  const both = [sighting('x', 'a', 'c1'), sighting('x', 'b', 'c1')];
  note(pairs, both, 0);
  assert.deepEqual(excessive([...pairs.values()], new Set(), 500), []);
  note(pairs, both, 3_000);
  assert.deepEqual(excessive([...pairs.values()], new Set(['c1']), 10_000), [
    'x twice for 3.0 s, on c1 and c1',
  ]);
});
