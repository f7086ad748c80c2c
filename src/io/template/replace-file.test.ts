import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { replaceFile } from './replace-file.ts';

const PLAIN = { backup: false, createDirectories: false };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('content is put in the place of what was there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'replace-'));
  try {
    const path = join(dir, 'a.conf');
    assert.equal(await replaceFile(path, bytes('one'), PLAIN), true);
    assert.equal((await stat(path)).mode & 0o777, 0o644);
    // W1
    await chmod(path, 0o640);
    assert.equal(await replaceFile(path, bytes('two'), { ...PLAIN, backup: true }), true);
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.equal(await readFile(`${path}.bak`, 'utf8'), 'one');
    // W2
    const { ino } = await stat(path);
    assert.equal(await replaceFile(path, bytes('two'), PLAIN), false);
    assert.equal((await stat(path)).ino, ino);
    assert.equal(await replaceFile(path, bytes('two'), { ...PLAIN, perms: 0o600 }), false);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(dir)).sort(), ['a.conf', 'a.conf.bak']);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('directories are made where asked for, links followed, directories left alone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'replace-'));
  try {
    const inside = join(dir, 'x/y/z.conf');
    const failure = replaceFile(inside, bytes('a'), PLAIN);
    await assert.rejects(
      failure,
      (error) => error instanceof Failure && error.fault === 'not_found',
    );
    assert.equal(
      await replaceFile(inside, bytes('a'), { ...PLAIN, createDirectories: true }),
      true,
    );
    await writeFile(join(dir, 'real'), 'old');
    await symlink('real', join(dir, 'link'));
    await replaceFile(join(dir, 'link'), bytes('new'), PLAIN);
    assert.equal(await readFile(join(dir, 'real'), 'utf8'), 'new');
    await assert.rejects(replaceFile(join(dir, 'x'), bytes('a'), PLAIN), /is a directory/);
    const nowhere = replaceFile('/proc/nope/x', bytes('a'), { ...PLAIN, createDirectories: true });
    await assert.rejects(nowhere, /cannot write/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

const isRoot = process.getuid?.() === 0;

test('W1: an owner that is asked for', { skip: isRoot ? false : 'needs root' }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'replace-'));
  try {
    const path = join(dir, 'a.conf');
    const owner = async (): Promise<readonly number[]> => {
      const { uid, gid } = await stat(path);
      return [uid, gid];
    };
    await replaceFile(path, bytes('one'), { ...PLAIN, user: '12', group: 'root' });
    assert.deepEqual(await owner(), [12, 0]);
    assert.equal(await replaceFile(path, bytes('one'), { ...PLAIN, group: '34' }), false);
    assert.deepEqual(await owner(), [12, 34], 'of equal content, too');
    await replaceFile(path, bytes('two'), PLAIN);
    assert.deepEqual(await owner(), [12, 34]);
    const nobody = replaceFile(path, bytes('three'), { ...PLAIN, user: 'no-such-user' });
    await assert.rejects(nobody, /"no-such-user" is not in \/etc\/passwd/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
