import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgentAddress, parseAgentAddress } from './address.ts';

const rows: readonly (readonly [string, string | undefined])[] = [
  ['127.0.0.1', '127.0.0.1:4647'],
  ['127.0.0.1:99', '127.0.0.1:99'],
  [' db-1.example:4647 ', 'db-1.example:4647'],
  ['[::1]:4647', '[::1]:4647'],
  ['[::1]', '[::1]:4647'],
  ['::1', '[::1]:4647'],
  ['', undefined],
  ['host:', undefined],
  ['host:0', undefined],
  ['host:70000', undefined],
  ['http://host:1', undefined],
  ['two words', undefined],
];

for (const [text, expected] of rows) {
  test(`"${text}" is ${expected ?? 'no address'}`, () => {
    const found = parseAgentAddress(text, 4_647);
    assert.equal(found && formatAgentAddress(found), expected);
  });
}
