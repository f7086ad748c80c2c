import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesGlob } from './glob.ts';

const rows: [pattern: string, text: string, want: boolean][] = [
  ['*', '', true],
  ['a*c', 'abc', true],
  ['a*c', 'ac', true],
  ['a*c', 'abd', false],
  ['*.x.com', 'a.b.x.com', true],
  ['*.x.com', 'x.com', false],
  ['/a/*/c/*', '/a/b/b/c/d', true],
  ['a.c', 'abc', false],
  ['*a*b*', 'xxaxxbxx', true],
];
for (const [pattern, text, want] of rows) {
  test(`${pattern} ${want ? 'matches' : 'does not match'} ${text}`, () => {
    assert.equal(matchesGlob(pattern, text), want);
  });
}
