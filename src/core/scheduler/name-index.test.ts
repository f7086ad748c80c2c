import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocName, indexOfName, NameIndex } from './name-index.ts';

const subject = (count: number) => ({ job: 'j', group: 'g', count });
const named = (...indexes: number[]) => indexes.map((n) => ({ name: allocName('j', 'g', n) }));
const numbers = (names: Iterable<string>) => [...names].map((name) => indexOfName(name));

test('names carry their number at the end', () => {
  assert.equal(allocName('web', 'api', 12), 'web.api[12]');
  assert.equal(indexOfName('we[3]b.api[12]'), 12);
  assert.equal(indexOfName('web.api'), undefined);
});

test('the lowest free number is next, the highest in use goes first', () => {
  assert.deepEqual(numbers(new NameIndex(subject(5), named(0, 2)).next(3)), [1, 3, 4]);
  assert.deepEqual(numbers(new NameIndex(subject(2), named(0, 1)).next(2)), [0, 1]);
  const index = new NameIndex(subject(5), named(0, 1, 10, 9));
  assert.deepEqual(numbers(index.takeHighest(2)), [10, 9]);
  assert.deepEqual(numbers(index.takeHighest(1)), [1]);
  index.free(allocName('j', 'g', 0));
  assert.deepEqual(numbers(index.next(1)), [0]);
});

test('canaries take the names of what they will replace, then free ones, then more', () => {
  const index = new NameIndex(subject(3), named(0, 1, 2));
  assert.deepEqual(numbers(index.nextCanaries(5, named(0), named(0, 2))), [2, 3, 4, 5, 6]);
  const roomy = new NameIndex(subject(4), named(0, 1));
  assert.deepEqual(numbers(roomy.nextCanaries(3, [], named(1))), [1, 2, 3]);
});

test('next answers as many names as asked, all different while free ones last', () => {
  const taken = fc.uniqueArray(fc.nat(12));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), taken, fc.nat(15), (count, used, wanted) => {
      const names = new NameIndex(subject(count), named(...used)).next(wanted);
      assert.equal(names.length, wanted);
      const free = count - used.filter((n) => n < count).length;
      const first = names.slice(0, free);
      assert.equal(new Set(first).size, first.length);
      for (const n of numbers(first)) assert.ok(n !== undefined && n < count && !used.includes(n));
    }),
  );
});
