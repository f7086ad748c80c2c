/**
 * The checkpoint in lmdb.
 *
 * B1: a batch, its index and the field names it needs are one transaction (C1 of the port).
 * B2: lmdb never meets a full disk, because it would end the process: nothing is written unless the
 *     batch fits and a reserve stays free, which everybody else on the disk may be eating into.
 */
import { mkdirSync } from 'node:fs';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { Packr } from 'msgpackr';
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Checkpoint, CheckpointBatch, CheckpointRow } from '../../ports/checkpoint.ts';
import type { Disk } from '../../ports/disk.ts';
import { RowCodec } from './row-codec.ts';
import type { Shapes } from './row-codec.ts';

/**
 * Room that must stay free after a batch [bytes]: more than others are likely to write in the
 * moment between looking and writing.
 */
export const CHECKPOINT_RESERVE_BYTES = 64 * 1024 * 1024;

/** Where the checkpoint lives; `reserveBytes` is for disks smaller than the usual reserve. */
export type CheckpointOptions = Readonly<{ dir: string; reserveBytes?: number }>;

/** lmdb's own bound on a key, less some for safety [bytes]. */
const KEY_BYTES_MAX = 1900;
/** Each row may cause its leaf, and some branches above it, to be written anew [bytes]. */
const PAGES_BYTES_PER_ROW = 2 * 4096;
/** A new store's first pages, and what lmdb adds to a file at a time [bytes]. */
const GROWTH_BYTES = 1024 * 1024;

/** Keys that begin with 0 are ours; tables have names. */
const INDEX_KEY = Buffer.from('\0index');
const SHAPES_KEY = Buffer.from('\0shapes');
const FIRST_ROW_KEY = Buffer.from([1]);

/**
 * Opens the checkpoint, creating an empty one if there is none. The caller holds the data
 * directory.
 *
 * Fails: `exhausted` no room for a new store; `unavailable`, `internal` it cannot be opened or
 * read.
 */
export async function openLmdbCheckpoint(
  options: CheckpointOptions,
  disk: Disk,
): Promise<LmdbCheckpoint> {
  const { dir, reserveBytes = CHECKPOINT_RESERVE_BYTES } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // Opening writes the first pages: B2 holds for them, too. An existing store opens without
  // writing.
  if (!(await disk.list(dir)).includes('data.mdb')) await checkRoom(disk, dir, GROWTH_BYTES);
  try {
    const db = open<Buffer, Buffer>({
      path: dir,
      encoding: 'binary',
      keyEncoding: 'binary',
      noSubdir: false,
    });
    return new LmdbCheckpoint(db, disk, { dir, reserveBytes });
  } catch (error) {
    throw new Failure('unavailable', `cannot open the checkpoint in "${dir}"`, { cause: error });
  }
}

/** See the head of the file; made by `openLmdbCheckpoint`. */
export class LmdbCheckpoint implements Checkpoint {
  readonly #db: RootDatabase<Buffer, Buffer>;
  readonly #disk: Disk;
  readonly #options: Required<CheckpointOptions>;
  readonly #plain = new Packr();
  #codec: RowCodec;
  #isClosed = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(db: RootDatabase<Buffer, Buffer>, disk: Disk, options: Required<CheckpointOptions>) {
    this.#db = db;
    this.#disk = disk;
    this.#options = options;
    this.#codec = this.#freshCodec();
  }

  load(): Readonly<{ index: Index; rows: Iterable<CheckpointRow> }> {
    return { index: this.#index(), rows: this.#rows() };
  }

  async write(batch: CheckpointBatch): Promise<void> {
    const work = this.#writing.then(() => this.#write(batch));
    this.#writing = work.catch(() => undefined);
    await work;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    await this.#db.close();
  }

  async #write(batch: CheckpointBatch): Promise<void> {
    if (this.#isClosed) throw new Failure('unavailable', 'the checkpoint is closed');
    assert(batch.index >= this.#index(), 'a checkpoint never goes back');
    try {
      const puts = batch.puts.map(([table, key, value]) => {
        return { key: keyOf(table, key), value: this.#codec.encode(value) };
      });
      const deletes = batch.deletes.map(([table, key]) => keyOf(table, key));
      const bytes = puts.reduce((sum, put) => sum + put.value.length, 0);
      const rows = puts.length + deletes.length;
      const needed = 2 * bytes + rows * PAGES_BYTES_PER_ROW + GROWTH_BYTES;
      await checkRoom(this.#disk, this.#options.dir, needed + this.#options.reserveBytes);
      const shapes = this.#codec.pending;
      const steps: Promise<boolean>[] = [];
      const done = this.#db.batch(() => {
        for (const { key, value } of puts) steps.push(this.#db.put(key, value));
        for (const key of deletes) steps.push(this.#db.remove(key));
        if (shapes !== undefined) steps.push(this.#db.put(SHAPES_KEY, this.#plain.pack(shapes)));
        steps.push(this.#db.put(INDEX_KEY, this.#plain.pack(batch.index)));
      });
      await Promise.all([done, ...steps]);
      await this.#db.flushed;
      this.#codec.settle();
    } catch (error) {
      // Names that were not stored must not be taken for stored ones (V1).
      this.#codec = this.#freshCodec();
      if (error instanceof Failure) throw error;
      throw new Failure('unavailable', `cannot write the checkpoint at index ${batch.index}`, {
        cause: error,
      });
    }
  }

  #freshCodec(): RowCodec {
    const stored = this.#db.get(SHAPES_KEY);
    return new RowCodec(stored === undefined ? [] : (this.#plain.unpack(stored) as Shapes));
  }

  #index(): Index {
    const stored = this.#db.get(INDEX_KEY);
    return (stored === undefined ? 0 : this.#plain.unpack(stored)) as Index;
  }

  *#rows(): Generator<CheckpointRow> {
    for (const { key, value } of this.#db.getRange({ start: FIRST_ROW_KEY })) {
      const end = key.indexOf(0);
      const table = key.toString('utf8', 0, end);
      const name = key.toString('utf8', end + 1);
      yield [table, name, this.#decode(table, name, value)];
    }
  }

  #decode(table: string, key: string, value: Buffer): unknown {
    try {
      return this.#codec.decode(value);
    } catch (error) {
      throw new Failure('internal', `cannot read row "${key}" of "${table}" in the checkpoint`, {
        cause: error,
        facts: { table, key },
      });
    }
  }
}

function keyOf(table: string, key: string): Buffer {
  assert(table.length > 0 && !table.includes('\0'), 'a table has a name without NUL');
  const bytes = Buffer.from(`${table}\0${key}`);
  if (bytes.length > KEY_BYTES_MAX) {
    throw new Failure(
      'invalid',
      `a key of ${bytes.length} bytes in "${table}" is longer than the ${KEY_BYTES_MAX} allowed`,
      { facts: { table, bytes: bytes.length } },
    );
  }
  return bytes;
}

async function checkRoom(disk: Disk, dir: string, needed: number): Promise<void> {
  const free = await disk.freeBytes(dir);
  if (free >= needed) return;
  throw new Failure(
    'exhausted',
    `no checkpoint: ${free} bytes are free on the disk, ${needed} must be`,
    { facts: { free, needed } },
  );
}
