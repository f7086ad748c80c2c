import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isListenAddress, parseListenAddress } from './listen-address.ts';

const rows: [text: string, want: string | undefined][] = [
  [':9999', '0.0.0.0 9999'],
  ['127.0.0.1:80', '127.0.0.1 80'],
  ['lb.example.com:0', 'lb.example.com 0'],
  ['[::1]:9999', '::1 9999'],
  ['9999', undefined],
  ['a:b', undefined],
  ['::1:80', undefined],
  [':65536', undefined],
  ['', undefined],
];
for (const [text, want] of rows) {
  test(`"${text}" is ${want ?? 'no address'}`, () => {
    const at = parseListenAddress(text);
    assert.equal(isListenAddress(at) ? `${at.host} ${at.port}` : undefined, want);
  });
}
