import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tournament } from './tournament.ts';

test('nobody takes part at first', () => {
  const empty = new Tournament(0);
  assert.equal(empty.find(0), undefined);
  assert.equal(new Tournament(5).best, -Infinity);
});

test('equals are found in turn from where one begins', () => {
  const tournament = new Tournament(6);
  for (const at of [1, 3, 4]) tournament.set(at, 7);
  tournament.set(2, 6);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((from) => tournament.find(from)),
    [1, 1, 3, 3, 4, 1],
  );
});

test('T1: the best is the greatest, and found at the first place from the start on', () => {
  const value = fc.constantFrom(-Infinity, -1, 0, 0.5, 1, 2);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.nat(39), value), { maxLength: 80 }),
      fc.nat(39),
      (size, sets, start) => {
        const tournament = new Tournament(size);
        const staged = new Tournament(size);
        const plain = Array.from({ length: size }, () => -Infinity);
        for (const [at, to] of sets) {
          tournament.set(at % size, to);
          plain[at % size] = to;
        }
        plain.forEach((each, at) => {
          staged.stage(at, each);
        });
        staged.settle();
        const best = Math.max(...plain);
        const from = start % size;
        const after = plain.findIndex((each, at) => at >= from && each === best);
        const expected =
          best === -Infinity ? undefined : after === -1 ? plain.indexOf(best) : after;
        for (const each of [tournament, staged]) {
          assert.equal(each.best, best);
          assert.equal(each.find(from), expected);
        }
        assert.equal(tournament.get(0), plain[0]);
      },
    ),
  );
});
