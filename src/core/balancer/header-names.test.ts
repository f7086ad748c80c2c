import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderNames } from './header-names.ts';

const kinds = new Map([
  ['host', 1],
  ['te', 2],
  ['x-forwarded-for', 3],
]);
const names = new HeaderNames(kinds);

test('a name is found in any case, and no other one', () => {
  const word = fc.constantFrom('host', 'HOST', 'hose', 'hos', 'te', 'Te', 'x-forwarded-fox', '');
  const any = fc.oneof(word, fc.constantFrom('X-Forwarded-For', 'x-'.repeat(40)), fc.string());
  fc.assert(
    fc.property(any, (name) => {
      assert.equal(names.get(name), kinds.get(name.toLowerCase()));
    }),
  );
});
