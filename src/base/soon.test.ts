import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soon, soonOr } from './soon.ts';

const fails = (): never => {
  throw new RangeError('no');
};

test('what is there is gone on with at once, what is promised once it is there', async () => {
  assert.equal(
    soon(2, (n) => n + 1),
    3,
  );
  const later = soon(Promise.resolve(2), (n) => n + 1);
  assert.ok(later instanceof Promise);
  assert.equal(await later, 3);
});

test('what throws and what rejects end alike', async () => {
  const told = (error: unknown): string => (error instanceof RangeError ? 'told' : 'lost');
  assert.equal(soonOr(fails, told), 'told');
  assert.equal(await soonOr(() => Promise.reject(new RangeError('no')), told), 'told');
  assert.equal(
    soonOr(() => 'fine', told),
    'fine',
  );
});
