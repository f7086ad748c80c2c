import assert from 'node:assert/strict';
import test from 'node:test';
import { defined, fill, given, ifGiven, overlay } from './fill.ts';

test('what was written replaces the default, what is undefined does not', () => {
  assert.deepEqual(fill({ a: 1, b: 2 }, { a: 3, b: undefined }), { a: 3, b: 2 });
  assert.deepEqual(fill({ a: 1 }, undefined), { a: 1 });
  assert.deepEqual(defined({ a: 1, b: undefined }), { a: 1 });
});

test('the last that wrote a field counts', () => {
  assert.deepEqual(overlay({ a: 1, b: 1 }, undefined, { a: 2 }), { a: 2, b: 1 });
  assert.equal(overlay(undefined, undefined), undefined);
});

test('absent values make no field', () => {
  assert.deepEqual(given('a', undefined), {});
  assert.deepEqual(given('a', 0), { a: 0 });
  assert.equal(ifGiven(undefined, String), undefined);
  assert.equal(ifGiven(0, String), '0');
});
