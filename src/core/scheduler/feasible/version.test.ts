import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, parseRange, parseVersion } from './version.ts';

test('versions are read leniently or strictly', () => {
  const rows: readonly (readonly [string, boolean, boolean])[] = [
    // text, lenient, strict
    ['1', true, true],
    ['v1.2', true, true],
    ['1.2.3-rc.1+build', true, true],
    ['1.2.3beta', true, false],
    // Odd, but as go-version reads it: the prerelease is a dash.
    ['1.2.3-', true, false],
    ['', false, false],
    ['1..2', false, false],
    ['latest', false, false],
    ['9'.repeat(300), false, false],
  ];
  for (const [text, lenient, strict] of rows) {
    assert.equal(parseVersion(text, false) !== undefined, lenient, `lenient ${text}`);
    assert.equal(parseVersion(text, true) !== undefined, strict, `strict ${text}`);
  }
});

test('a range is all of its parts or nothing', () => {
  assert.equal(parseRange('>= 1.2, < 2', false)?.length, 2);
  assert.equal(parseRange('>= 1.2, < ', false), undefined);
  assert.equal(parseRange('=> 1', false), undefined);
});

const versions = fc.constantFrom(
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '1.1',
  '2',
);

test('order is total: every two versions compare, both ways alike', () => {
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      const x = parseVersion(a, true);
      const y = parseVersion(b, true);
      assert.ok(x && y);
      assert.equal(Math.sign(compareVersions(x, y)), 0 - Math.sign(compareVersions(y, x)));
      assert.equal(compareVersions(x, y) === 0, a === b);
    }),
  );
});
