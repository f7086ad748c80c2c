/**
 * The process that test/e2e/log-kill.test.ts kills: appends without end, says what was acknowledged,
 * and writes checkpoints behind. `dump` instead says what is there, and ends.
 *
 * Says: `ready LAST_INDEX`, `ack APPEND INDEX`, `has APPEND INDEX PARTS OF`, `checkpoint INDEX`.
 */
import type { Index } from '../../src/base/brand.ts';
import { openLmdbCheckpoint } from '../../src/io/checkpoint/lmdb-checkpoint.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import type { CheckpointRow } from '../../src/ports/checkpoint.ts';

type Fact = Readonly<{ append: number; of: number; pad: string }>;
type Row = Readonly<{ index: number; parts: number; of: number }>;

const [dir = '', mode = 'write', run = '0'] = process.argv.slice(2);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const lock = await systemDisk.makeDir(dir).then(() => systemDisk.lock(dir));
const checkpoint = await openLmdbCheckpoint({ dir: `${dir}/state` }, systemDisk);
const loaded = checkpoint.load();
const rows = new Map<string, Row>();
const dirty = new Set<string>();
for (const [, key, value] of loaded.rows) rows.set(key, value as Row);

const log = await openSegmentLog(
  {
    dir: `${dir}/log`,
    applied: loaded.index,
    segmentBytes: 64 * 1024,
    preallocateBytes: 16 * 1024,
  },
  {
    disk: systemDisk,
    codec: entryCodec<Fact>(),
    apply: (index, { append, of }) => {
      const key = String(append);
      const row = rows.get(key) ?? { index, parts: 0, of };
      rows.set(key, { ...row, parts: row.parts + 1 });
      dirty.add(key);
    },
  },
);
say(`ready ${log.lastIndex}`);

if (mode === 'dump') {
  for (const [key, { index, parts, of }] of rows) say(`has ${key} ${index} ${parts} ${of}`);
  await log.close();
  await checkpoint.close();
  await lock.release();
} else {
  let appends = Number(run) * 1_000_000;
  const writer = async (): Promise<void> => {
    for (;;) {
      const append = ++appends;
      const of = 1 + (append % 4);
      const fact = { append, of, pad: 'x'.repeat((append * 37) % 1500) };
      const committed = await log.append(Array.from({ length: of }, () => fact));
      say(`ack ${append} ${committed[0]?.index ?? 0}`);
    }
  };
  const checkpointer = async (): Promise<void> => {
    for (;;) {
      const index = log.lastIndex;
      const puts = [...dirty].map((key): CheckpointRow => ['appends', key, rows.get(key)]);
      dirty.clear();
      await checkpoint.write({ index, puts, deletes: [] });
      await log.compact(Math.max(0, index - 50) as Index);
      say(`checkpoint ${index}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.all([writer(), writer(), writer(), writer(), checkpointer()]);
}
