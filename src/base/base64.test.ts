import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64, toBase64 } from './base64.ts';

test('any bytes survive, and the text is what Node writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64(bytes);
      assert.equal(text, Buffer.from(bytes).toString('base64'));
      assert.deepEqual(fromBase64(text), bytes);
    }),
  );
});

test('what is not base64 is refused', () => {
  for (const text of ['a', 'ab', 'abc', '=abc', 'ab=c', 'a===', 'äbcd', 'ab c', '====']) {
    assert.equal(fromBase64(text), undefined, text);
  }
  assert.deepEqual(fromBase64(''), new Uint8Array());
});

test('large values are encoded', () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
});
