import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readServerName } from './client-hello.ts';

/** A first message as RFC 8446 has it, with one extension before the name. */
function hello(name: string): Uint8Array {
  const text = [...new TextEncoder().encode(name)];
  const u16 = (n: number): number[] => [n >> 8, n & 255];
  const entry = [0, ...u16(text.length), ...text];
  const extension = [0, 0, ...u16(entry.length + 2), ...u16(entry.length), ...entry];
  const extensions = [0, 43, 0, 2, 1, 2, ...(name === '' ? [] : extension)];
  const session = [2, 7, 7];
  const rest = [...session, 0, 2, 19, 1, 1, 0, ...u16(extensions.length), ...extensions];
  const body = [3, 3, ...Array<number>(32).fill(9), ...rest];
  const message = [1, 0, ...u16(body.length), ...body];
  return Uint8Array.from([22, 3, 1, ...u16(message.length), ...message]);
}

test('the name is read once all is there', () => {
  const bytes = hello('A.example.com');
  assert.equal(readServerName(bytes), 'a.example.com');
  for (let i = 0; i < bytes.length; i++)
    assert.equal(readServerName(bytes.subarray(0, i)), undefined);
});

test('without a name, or as something else, it is empty', () => {
  assert.equal(readServerName(hello('')), '');
  assert.equal(readServerName(hello('a b')), '');
  assert.equal(readServerName(new TextEncoder().encode('GET / HTTP/1.1')), '');
});

test('no bytes are too odd', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      readServerName(noise);
      readServerName(Uint8Array.from([22, 3, 1, 0, 100, 1, ...noise]));
    }),
  );
});
