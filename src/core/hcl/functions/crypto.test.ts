import assert from 'node:assert/strict';
import test from 'node:test';
import { checkRows, evaluateText } from '../evaluating.fixture.ts';
import { CRYPTO } from './crypto.ts';

test('functions of digests and identifiers', () => {
  checkRows(CRYPTO, [
    ['md5("")', '"d41d8cd98f00b204e9800998ecf8427e"'],
    ['sha1("abc")', '"a9993e364706816aba3e25717850c26c9cd0d89d"'],
    ['substr(sha256("abc"), 0, 8)', 'x:1,1-7: Call to unknown function; '],
    ['sha256("abc")', '"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"'],
    ['uuidv5("dns", "www.terraform.io")', '"a5008fae-b28c-5ba5-96cd-82b4c53552d6"'],
    [
      'uuidv5("x", "y")',
      'x:1,8-11: Invalid function argument; Invalid value for "namespace" parameter: "x"',
    ],
    ['uuidv4()', '"00000000-0000-4000-8000-000000000000"'],
    ['[bcrypt("a"), bcrypt("a", 5)]', '["10:a","5:a"]'],
    [
      'bcrypt("a", 31)',
      'x:1,13-15: Invalid function argument; Invalid value for "cost" parameter: cost must be',
    ],
    [
      'rsadecrypt("a", "b")',
      'x:1,1-21: Error in function call; Call to function "rsadecrypt" failed: no such key.',
    ],
  ]);
});

test('without a host they say that they are not available', () => {
  for (const call of ['md5("")', 'uuidv4()', 'bcrypt("a")', 'uuidv5("dns", "a")']) {
    assert.match(evaluateText(call, CRYPTO, {}), /not available here/);
  }
});
