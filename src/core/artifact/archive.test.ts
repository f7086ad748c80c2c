import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { posix } from 'node:path';
import { entryProblem, fitsPattern, packingOf, staysInside, type ArchiveEntry } from './archive.ts';

test('AR1: what leaves the directory is refused', () => {
  const rows: readonly (readonly [ArchiveEntry, boolean])[] = [
    [{ path: 'a/b', kind: 'file' }, true],
    [{ path: './a/../b', kind: 'file' }, true],
    [{ path: '../b', kind: 'file' }, false],
    [{ path: 'a/../../b', kind: 'file' }, false],
    [{ path: '/etc/passwd', kind: 'file' }, false],
    [{ path: 'a\\..\\b', kind: 'file' }, false],
    [{ path: 'a/l', kind: 'symlink', target: '../b' }, true],
    [{ path: 'a/l', kind: 'symlink', target: '../../b' }, false],
    [{ path: 'l', kind: 'symlink', target: '/etc' }, false],
    [{ path: 'l', kind: 'hardlink', target: 'a/b' }, true],
    [{ path: 'a/l', kind: 'hardlink', target: '../b' }, false],
    [{ path: 'l', kind: 'hardlink', target: '/etc/passwd' }, false],
    [{ path: 'dev', kind: 'other' }, false],
    [{ path: 'A', kind: 'file' }, true],
    [{ path: 'x'.repeat(255), kind: 'file' }, true],
    [{ path: 'x'.repeat(256), kind: 'file' }, false],
    [{ path: 'ä'.repeat(128), kind: 'file' }, false],
    [{ path: 'x/'.repeat(2_047), kind: 'directory' }, true],
    [{ path: 'x/'.repeat(2_048), kind: 'directory' }, false],
  ];
  for (const [entry, allowed] of rows) {
    assert.equal(entryProblem(entry) === undefined, allowed, JSON.stringify(entry));
  }
});

test('a path that stays inside is one that a file system keeps inside', () => {
  const part = fc.constantFrom('a', 'b', '.', '..', '');
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const path = parts.join('/');
      const ends = posix.normalize(`/root/x/${path}`);
      if (staysInside(path)) assert.ok(`${ends}/`.startsWith('/root/x/'), path);
    }),
  );
});

test('how a file is packed is seen by its name', () => {
  assert.deepEqual(packingOf('A.TAR.GZ'), { container: 'tar', compression: 'gzip' });
  assert.deepEqual(packingOf('x.json.bz2'), { container: 'single', compression: 'bzip2' });
  assert.equal(packingOf('targz'), undefined);
});

test('patterns fit within one part of a path', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['test-*', 'test-1.0', true],
    ['test-*', 'test-1.0/a', false],
    ['*/bin', 'app/bin', true],
    ['v?.x', 'v1.x', true],
    ['v?.x', 'v1yx', false],
    ['v[0-9]', 'v5', true],
    ['v[^0-9]', 'v5', false],
    ['[z-a]', 'z', false],
    ['a+b(c)', 'a+b(c)', true],
  ];
  for (const [pattern, path, fits] of rows) assert.equal(fitsPattern(pattern, path), fits, pattern);
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void fitsPattern(a, b)));
});
