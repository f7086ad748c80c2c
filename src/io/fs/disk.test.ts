/** The Disk port's contract, on the machine's file system and on the simulated one. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { seeded } from '../../base/random.ts';
import type { Disk } from '../../ports/disk.ts';
import { SimDisk } from '../../sim/disk.ts';
import { diskFailure, systemDisk } from './disk.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (b: Uint8Array): string => new TextDecoder().decode(b);
const failsWith = (fault: string) => (e: unknown) => e instanceof Failure && e.fault === fault;

async function onSystem(body: (disk: Disk, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-disk-'));
  try {
    await body(systemDisk, dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function onSim(body: (disk: Disk, dir: string) => Promise<void>): Promise<void> {
  const disk = new SimDisk({ random: seeded('disk'), capacityBytes: 1_000_000 });
  await disk.makeDir('/top');
  await body(disk, '/top');
}

for (const [name, using] of [
  ['system', onSystem],
  ['sim', onSim],
] as const) {
  test(`${name}: files are made once, written in chunks, read back, cut and extended`, () =>
    using(async (disk, dir) => {
      await disk.makeDir(`${dir}/a/b`);
      await disk.makeDir(`${dir}/a/b`);
      const path = `${dir}/a/b/f`;
      const file = await disk.open(path, 'create');
      await assert.rejects(disk.open(path, 'create'), failsWith('conflict'));
      await file.write(0, [bytes('hello '), bytes(''), bytes('world')]);
      await file.sync();
      await disk.syncDir(`${dir}/a/b`);
      assert.equal(await file.size(), 11);
      assert.equal(text(await file.read(3, 100)), 'lo world');
      assert.equal((await file.read(50, 10)).length, 0);
      await file.truncate(5);
      await file.truncate(8);
      assert.equal(text(await file.read(0, 100)), 'hello\0\0\0');
      await file.write(10, [bytes('x')]);
      assert.equal(text(await file.read(0, 100)), 'hello\0\0\0\0\0x');
      await file.close();
      const many = Array.from({ length: 3000 }, (_, i) => bytes(String(i % 10)));
      const again = await disk.open(path, 'write');
      await again.write(0, many);
      assert.equal((await again.read(0, 5000)).length, 3000);
      await again.writeThrough(2995, [bytes('through'), bytes('!')]);
      await again.writeThrough(2990, many.slice(0, 5));
      assert.equal(text(await again.read(2989, 100)), '901234through!');
      await again.close();
      assert.deepEqual(await disk.list(`${dir}/a/b`), ['f']);
      await disk.remove(path);
      assert.deepEqual(await disk.list(`${dir}/a/b`), []);
      assert.ok((await disk.freeBytes(dir)) > 0);
    }));

  test(`${name}: what is not there is not_found`, () =>
    using(async (disk, dir) => {
      await assert.rejects(disk.open(`${dir}/no`, 'read'), failsWith('not_found'));
      await assert.rejects(disk.open(`${dir}/no`, 'write'), failsWith('not_found'));
      await assert.rejects(disk.open(`${dir}/no/f`, 'create'), failsWith('not_found'));
      await assert.rejects(disk.list(`${dir}/no`), failsWith('not_found'));
      await assert.rejects(disk.remove(`${dir}/no`), failsWith('not_found'));
    }));

  test(`${name}: who holds a removed file open goes on reading`, () =>
    using(async (disk, dir) => {
      const file = await disk.open(`${dir}/f`, 'create');
      await file.write(0, [bytes('still here')]);
      await disk.remove(`${dir}/f`);
      assert.equal(text(await file.read(0, 100)), 'still here');
      await file.close();
    }));

  test(`${name}: a directory is locked by one, until released`, () =>
    using(async (disk, dir) => {
      const lock = await disk.lock(dir);
      await assert.rejects(disk.lock(dir), failsWith('conflict'));
      await lock.release();
      await lock.release();
      await (await disk.lock(dir)).release();
    }));
}

test('system: a lock leaves nothing behind, works deep down, and takes over what the dead left', () =>
  onSystem(async (disk, dir) => {
    const deep = join(dir, ...Array.from({ length: 12 }, () => 'a-long-directory-name'));
    await disk.makeDir(deep);
    await writeFile(join(deep, 'lock.1.abcdef'), '');
    const lock = await disk.lock(deep);
    assert.equal((await readdir(deep)).length, 1);
    await lock.release();
    assert.deepEqual(await readdir(deep), []);
  }));

test('system: of many that lock at once at most one succeeds, and others find it free after', () =>
  onSystem(async (disk, dir) => {
    for (let round = 0; round < 10; round++) {
      const claims = await Promise.allSettled(Array.from({ length: 6 }, () => disk.lock(dir)));
      const held = claims.filter((claim) => claim.status === 'fulfilled');
      assert.ok(held.length <= 1, `${held.length} hold it`);
      for (const claim of held) await claim.value.release();
      await (await disk.lock(dir)).release();
    }
  }));

test('system errors become faults', () => {
  const fault = (code: string): string =>
    diskFailure('x', Object.assign(new Error(code), { code })).fault;
  for (const [code, expected] of [
    ['ENOSPC', 'exhausted'],
    ['EDQUOT', 'exhausted'],
    ['ENOENT', 'not_found'],
    ['EACCES', 'denied'],
    ['EIO', 'unavailable'],
  ] as const)
    assert.equal(fault(code), expected, code);
});
