import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from './deadlines.ts';

test('what is due comes in its order, and no more than asked for', () => {
  const deadlines = new Deadlines();
  deadlines.set('b', 2);
  deadlines.set('a', 1);
  deadlines.set('c', 3);
  assert.equal(deadlines.nextAt(), 1);
  assert.deepEqual(deadlines.take(2, 1), ['a']);
  assert.deepEqual(deadlines.take(2, 9), ['b']);
  assert.equal(deadlines.has('c'), true);
  deadlines.clear();
  assert.equal(deadlines.nextAt(), undefined);
  assert.deepEqual(deadlines.take(9, 9), []);
});

test('D1: moved this way and that, each falls due at its last deadline and never twice', () => {
  const moves = fc.array(fc.tuple(fc.nat(5), fc.option(fc.nat(50), { nil: undefined })));
  fc.assert(
    fc.property(moves, (run) => {
      const deadlines = new Deadlines();
      const model = new Map<string, number>();
      for (const [n, at] of run) {
        const key = String(n);
        if (at === undefined) {
          deadlines.delete(key);
          model.delete(key);
        } else {
          deadlines.set(key, at);
          model.set(key, at);
        }
      }
      for (let now = 0; now <= 50; now += 5) {
        const wanted = [...model].filter(([, at]) => at <= now).map(([key]) => key);
        for (const key of wanted) model.delete(key);
        assert.deepEqual([...deadlines.take(now, 100)].sort(), wanted.sort());
      }
      assert.equal(deadlines.size, 0);
    }),
  );
});
