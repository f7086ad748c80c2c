/** A disk that is really full: a small file system of its own, mounted for the test. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, openSync, truncateSync } from 'node:fs';
import { mkdtemp, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Index } from '../../src/base/brand.ts';
import { Failure, explain } from '../../src/base/failure.ts';
import { openLmdbCheckpoint } from '../../src/io/checkpoint/lmdb-checkpoint.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import type { SegmentLog } from '../../src/io/log/segment-log.ts';

type Fact = Readonly<{ n: number; pad: string }>;

const run = promisify(execFile);
const failsWith = (fault: string) => (e: unknown) => e instanceof Failure && e.fault === fault;

/** Makes and mounts a file system of 16 MiB. */
const fileSystems: Record<string, (dir: string) => Promise<void>> = {
  async ext4(dir) {
    const image = `${dir}.img`;
    closeSync(openSync(image, 'wx'));
    truncateSync(image, 16 * 1024 * 1024);
    await run('mkfs.ext4', ['-q', '-F', image]);
    await run('mount', ['-o', 'loop', image, dir]);
  },
  async tmpfs(dir) {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dir]);
  },
};

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const size of [65536, 4096, 512]) {
      const block = Buffer.alloc(size, 1);
      while (
        await file.write(block).then(
          () => true,
          () => false,
        )
      );
    }
    await file.sync().catch(() => undefined);
  } finally {
    await file.close();
  }
}

async function readAll(
  log: Pick<SegmentLog<Fact, unknown>, 'read' | 'firstIndex' | 'lastIndex'>,
): Promise<number[]> {
  const read: number[] = [];
  for await (const { entry } of log.read(log.firstIndex, new AbortController().signal)) {
    if (read.push(entry.n) === log.lastIndex - log.firstIndex + 1) break;
  }
  return read;
}

async function onSmallDisk(
  t: TestContext,
  name: string,
  body: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-full-'));
  try {
    try {
      await fileSystems[name]?.(dir);
    } catch (error) {
      t.skip(`cannot mount a small ${name}: ${explain(error).split('\n')[0] ?? ''}`);
      return;
    }
    try {
      await body(dir);
    } finally {
      // Lazily: a failed test may have left files open, and its own error is the one to show.
      await run('umount', ['-l', dir]);
    }
  } finally {
    await rm(dir, { recursive: true });
    await rm(`${dir}.img`, { force: true });
  }
}

for (const name of Object.keys(fileSystems)) {
  test(`full disk (${name}): writes fail clearly, reads go on, writes work again`, (t) =>
    onSmallDisk(t, name, async (dir) => {
      const acknowledged: number[] = [];
      let n = 0;
      const openLog = (applied: number, replayed: number[]): Promise<SegmentLog<Fact, number>> =>
        openSegmentLog(
          {
            dir: `${dir}/log`,
            applied: applied as Index,
            segmentBytes: 2 ** 20,
            preallocateBytes: 2 ** 18,
          },
          {
            disk: systemDisk,
            codec: entryCodec<Fact>(),
            apply: (_, entry) => replayed.push(entry.n),
          },
        );
      const log = await openLog(0, []);
      const write = async (bytes: number): Promise<void> => {
        const fact = { n: ++n, pad: 'x'.repeat(bytes) };
        await log.append([fact]);
        acknowledged.push(fact.n);
      };
      const checkpoint = await openLmdbCheckpoint(
        { dir: `${dir}/state`, reserveBytes: 4 * 2 ** 20 },
        systemDisk,
      );
      const saveCheckpoint = (index: number): Promise<void> =>
        checkpoint.write({ index: index as Index, puts: [['t', 'k', { index }]], deletes: [] });
      for (let i = 0; i < 20; i++) await write(100_000);
      await saveCheckpoint(20);

      await fill(`${dir}/somebody-elses`);
      // The reserve that is laid out already takes a few small ones; then it is over.
      let failed: unknown;
      while (failed === undefined) await write(5000).catch((error: unknown) => (failed = error));
      assert.ok(failsWith('exhausted')(failed), explain(failed));
      assert.match(explain(failed), /cannot append: the disk is full/);
      await assert.rejects(write(500_000), failsWith('exhausted'));
      await assert.rejects(saveCheckpoint(21), failsWith('exhausted'));
      assert.deepEqual(await readAll(log), acknowledged);
      assert.equal(checkpoint.load().index, 20);

      await unlink(`${dir}/somebody-elses`);
      for (let i = 0; i < 10; i++) await write(50_000);
      await saveCheckpoint(acknowledged.length);

      // Now the log itself fills the disk, and compaction makes the room.
      failed = undefined;
      while (failed === undefined) await write(50_000).catch((error: unknown) => (failed = error));
      assert.ok(failsWith('exhausted')(failed), explain(failed));
      await log.close();

      const replayed: number[] = [];
      const again = await openLog(30, replayed);
      assert.deepEqual(
        replayed,
        acknowledged.slice(30),
        'a restart on the full disk finds everything',
      );
      await again.compact(60 as Index);
      assert.ok(again.firstIndex > 1);
      const [more] = await again.append([{ n: 0, pad: 'x'.repeat(50_000) }]);
      assert.equal(more?.index, acknowledged.length + 1);
      await again.close();
      await checkpoint.close();
    }));
}

test('a bit flipped in the log is found and named: file, offset, index', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-flip-'));
  try {
    const openLog = (): Promise<SegmentLog<Fact, undefined>> =>
      openSegmentLog(
        { dir, applied: 0 as Index },
        { disk: systemDisk, codec: entryCodec<Fact>(), apply: () => undefined },
      );
    const log = await openLog();
    for (let n = 1; n <= 100; n++) await log.append([{ n, pad: `entry number ${n}` }]);
    await log.close();
    const path = `${dir}/0000000000000001.seg`;
    const file = await open(path, 'r+');
    const content = await file.readFile();
    for (const n of [1, 57, 100]) {
      const offset = content.indexOf(`entry number ${n}`) + 3;
      const byte = content[offset] ?? 0;
      await file.write(Buffer.from([byte ^ 0x10]), 0, 1, offset);
      await assert.rejects(openLog(), (e) => {
        assert.ok(e instanceof Failure && e.fault === 'internal');
        assert.match(
          e.message,
          new RegExp(`log damaged: file "${path}", offset \\d+, index ${n}:`),
        );
        const at = Number(e.facts['offset']);
        return at <= offset && offset < at + 200;
      });
      await file.write(Buffer.from([byte]), 0, 1, offset);
    }
    await file.close();
    const healed = await openLog();
    assert.equal(healed.lastIndex, 100);
    await healed.close();
  } finally {
    await rm(dir, { recursive: true });
  }
});
