import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { didYouMean, editDistance, suggest } from './suggest.ts';

test('the nearest name within two edits is suggested', () => {
  const names = ['interval', 'timeout', 'count'];
  assert.equal(suggest('nterval', names), 'interval');
  assert.equal(suggest('cuont', names), 'count');
  assert.equal(suggest('something', names), undefined);
  assert.equal(suggest('count', ['count', 'counts']), 'counts');
  assert.equal(didYouMean('x', []), '');
});

test('the distance is symmetric, and zero for equal texts only', () => {
  const text = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(editDistance(a, b, 100), editDistance(b, a, 100));
      assert.equal(editDistance(a, b, 100) === 0, a === b);
    }),
  );
});
