import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHead, decodeTail, headText, tailText } from './output.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('what fits is kept as it is', () => {
  assert.equal(headText('fine', 4), 'fine');
  assert.equal(headText('', 10), '');
  assert.equal(tailText({ text: 'fine', total: 4 }), 'fine');
});

test('what does not fit says so', () => {
  assert.equal(headText('0123456789', 4), '0123 ... (captured 4 of 10 bytes)');
  assert.equal(tailText({ text: '6789', total: 10 }), 'Captured 4 of 10 bytes\n...\n6789');
  assert.equal(headText('anything', 0), '');
});

test('no character is cut in two', () => {
  assert.equal(decodeHead(bytes('aé€'), 4), 'aé');
  assert.equal(decodeTail(bytes('€éa'), 2), 'a');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, max) => {
      const all = bytes(text);
      const head = decodeHead(all, max);
      const tail = decodeTail(all, max);
      assert.ok(text.startsWith(head) && bytes(head).length <= max);
      assert.ok(text.endsWith(tail) && bytes(tail).length <= max);
      assert.ok(bytes(head).length > max - 4 || head === text);
      assert.ok(bytes(tail).length > max - 4 || tail === text);
    }),
  );
});
