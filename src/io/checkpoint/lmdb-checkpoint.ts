/**
 * The checkpoint in lmdb.
 *
 * B1: a batch, its index and the field names it needs are one transaction (C1 of the port).
 * B2: lmdb never meets a full disk, because it would end the process: nothing is written unless the
 *     batch fits and a reserve stays free, which everybody else on the disk may be eating into.
 * B3: nothing is changed in its place: batches lie behind each other, the newest of a row counts.
 *     What is outdated goes with a renewal, which counts from the moment it is whole (C3).
 */
import { mkdirSync } from 'node:fs';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { Packr } from 'msgpackr';
import { Bug, assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { CHECKPOINT_STALE_BYTES, CHECKPOINT_STALE_TIMES } from '../../core/limits.ts';
import type { Checkpoint, CheckpointBatch, CheckpointRow } from '../../ports/checkpoint.ts';
import type { Disk } from '../../ports/disk.ts';
import { PartKeys, partsOf, rowsOfPart, type StoredRow } from './parts.ts';
import { RowCodec } from './row-codec.ts';
import type { Shapes } from './row-codec.ts';

/**
 * Room that must stay free after a batch [bytes]: more than others are likely to write in the
 * moment between looking and writing.
 */
export const CHECKPOINT_RESERVE_BYTES = 64 * 1024 * 1024;

/** Where the checkpoint lives; `reserveBytes` is for disks smaller than the usual reserve. */
export type CheckpointOptions = Readonly<{ dir: string; reserveBytes?: number }>;

/** From when each row had a key in lmdb: its bound on keys, less some for safety [bytes]. */
const KEY_BYTES_MAX = 1900;
/** What a part may cause to be written besides its own bytes: branches, and lists of free pages. */
const PAGES_BYTES_PER_PART = 8 * 4096;
/** A new store's first pages, and what lmdb adds to a file at a time [bytes]. */
const GROWTH_BYTES = 1024 * 1024;
/** Parts that are forgotten in one transaction. */
const FORGET_PARTS = 500;

/** Keys that begin with 0 are ours; those of rows that an older build wrote are named by tables. */
const HEAD_KEY = Buffer.from('\0head');
const SHAPES_KEY = Buffer.from('\0shapes');
const CHANGES = new PartKeys('c');
const WHOLE = new PartKeys('w');
/** Of older builds, which kept each row by itself. */
const OLD_INDEX_KEY = Buffer.from('\0index');
const OLD_FIRST_KEY = Buffer.from([1]);

/** What counts of all that is stored. */
interface Head {
  readonly index: Index;
  /** Changes that count: from this part on, up to the next one that will be written. */
  readonly first: number;
  readonly next: number;
  readonly changesBytes: number;
  /** The whole state that they build on; 0: none. */
  readonly generation: number;
  readonly wholeBytes: number;
  /** Instead of that, the rows that an older build wrote. */
  readonly isOld: boolean;
}

const EMPTY: Head = {
  ...{ index: 0 as Index, first: 0, next: 0, changesBytes: 0 },
  ...{ generation: 0, wholeBytes: 0, isOld: false },
};

/** A whole state that is being stored. */
interface Renewal {
  readonly generation: number;
  /** What had been written when it began. */
  readonly since: Head;
  parts: number;
  bytes: number;
}

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
  #head: Head;
  #renewal: Renewal | undefined;
  #isClosed = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(db: RootDatabase<Buffer, Buffer>, disk: Disk, options: Required<CheckpointOptions>) {
    this.#db = db;
    this.#disk = disk;
    this.#options = options;
    this.#codec = this.#freshCodec();
    this.#head = this.#readHead();
  }

  load(): Readonly<{ index: Index; rows: Iterable<CheckpointRow> }> {
    return { index: this.#head.index, rows: this.#rows() };
  }

  write(batch: CheckpointBatch): Promise<void> {
    return this.#inTurn(`at index ${batch.index}`, async () => {
      assert(batch.index >= this.#head.index, 'a checkpoint never goes back');
      const deleted = batch.deletes.map(([table, key]): StoredRow => [table, key, null]);
      const parts = partsOf([...this.#encode(batch.puts), ...deleted]);
      const { next, changesBytes } = this.#head;
      await this.#store(parts, (n) => CHANGES.of(next + n), {
        ...this.#head,
        index: batch.index,
        next: next + parts.length,
        changesBytes: changesBytes + sizeOf(parts),
      });
    });
  }

  isStale(): boolean {
    const { isOld, changesBytes, wholeBytes } = this.#head;
    if (isOld) return true;
    return changesBytes > Math.max(CHECKPOINT_STALE_BYTES, CHECKPOINT_STALE_TIMES * wholeBytes);
  }

  beginRenewal(index: Index): Promise<void> {
    this.#renewal = undefined;
    return this.#inTurn('anew', async () => {
      const since = this.#head;
      assert(index === since.index, 'a checkpoint is renewed as of its last batch');
      await this.#forget();
      this.#renewal = { generation: since.generation + 1, since, parts: 0, bytes: 0 };
    });
  }

  renew(rows: readonly CheckpointRow[]): Promise<void> {
    return this.#inTurn('anew', async () => {
      const renewal = this.#renewal;
      assert(renewal !== undefined, 'a renewal was begun');
      const parts = partsOf(this.#encode(rows));
      const { generation, parts: before } = renewal;
      await this.#store(parts, (n) => WHOLE.of(generation, before + n), this.#head);
      renewal.parts += parts.length;
      renewal.bytes += sizeOf(parts);
    });
  }

  endRenewal(): Promise<void> {
    return this.#inTurn('anew', async () => {
      const renewal = this.#renewal;
      assert(renewal !== undefined, 'a renewal was begun');
      const { generation, since, bytes } = renewal;
      await this.#store([], () => HEAD_KEY, {
        ...this.#head,
        first: since.next,
        changesBytes: this.#head.changesBytes - since.changesBytes,
        generation,
        wholeBytes: bytes,
        isOld: false,
      });
      this.#renewal = undefined;
      await this.#forget();
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    await this.#db.close();
  }

  /** One after the other. Fails: `unavailable`, with what it was about. */
  async #inTurn(what: string, work: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(async () => {
      if (this.#isClosed) throw new Failure('unavailable', 'the checkpoint is closed');
      try {
        await work();
      } catch (error) {
        // Names that were not stored must not be taken for stored ones (V1).
        this.#codec = this.#freshCodec();
        if (error instanceof Failure || error instanceof Bug) throw error;
        throw new Failure('unavailable', `cannot write the checkpoint ${what}`, { cause: error });
      }
    });
    this.#writing = turn.catch(() => undefined);
    await turn;
  }

  *#encode(rows: Iterable<CheckpointRow>): Generator<StoredRow> {
    for (const [table, key, value] of rows) {
      checkKey(table, key);
      yield [table, key, this.#codec.encode(value)];
    }
  }

  /** Stores parts and what counts with them in one step (B1). */
  async #store(parts: readonly Buffer[], keyOf: (n: number) => Buffer, head: Head): Promise<void> {
    const needed = 2 * sizeOf(parts) + (parts.length + 1) * PAGES_BYTES_PER_PART + GROWTH_BYTES;
    await checkRoom(this.#disk, this.#options.dir, needed + this.#options.reserveBytes);
    const shapes = this.#codec.pending;
    await this.#commit((db) => [
      ...parts.map((part, n) => db.put(keyOf(n), part)),
      ...(shapes === undefined ? [] : [db.put(SHAPES_KEY, this.#plain.pack(shapes))]),
      // An older build must not take its rows for the state of today.
      db.remove(OLD_INDEX_KEY),
      db.put(HEAD_KEY, this.#plain.pack(head)),
    ]);
    this.#codec.settle();
    this.#head = head;
  }

  /** Removes what does not count, some at a time: the head says that it does not. */
  async #forget(): Promise<void> {
    const { first, generation, isOld } = this.#head;
    const ranges: [Buffer, Buffer | undefined][] = [
      [CHANGES.of(0), CHANGES.of(first)],
      [WHOLE.of(0), WHOLE.of(generation)],
      [WHOLE.of(generation + 1), WHOLE.end],
    ];
    if (!isOld) ranges.push([OLD_FIRST_KEY, undefined]);
    for (const [start, end] of ranges) {
      const options = { start, ...(end && { end }), limit: FORGET_PARTS };
      for (;;) {
        const keys = [...this.#db.getKeys(options)];
        if (keys.length === 0) break;
        // What is removed is written down, too (B2).
        const needed = keys.length * PAGES_BYTES_PER_PART + GROWTH_BYTES;
        await checkRoom(this.#disk, this.#options.dir, needed + this.#options.reserveBytes);
        await this.#commit((db) => keys.map((key) => db.remove(key)));
      }
    }
  }

  async #commit(
    steps: (db: RootDatabase<Buffer, Buffer>) => readonly Promise<boolean>[],
  ): Promise<void> {
    let begun: readonly Promise<boolean>[] = [];
    const done = this.#db.batch(() => {
      begun = steps(this.#db);
    });
    await Promise.all([done, ...begun]);
    await this.#db.flushed;
  }

  #freshCodec(): RowCodec {
    const stored = this.#db.get(SHAPES_KEY);
    return new RowCodec(stored === undefined ? [] : (this.#plain.unpack(stored) as Shapes));
  }

  #readHead(): Head {
    const stored = this.#db.get(HEAD_KEY);
    const head = stored === undefined ? EMPTY : (this.#plain.unpack(stored) as Head);
    const old = this.#db.get(OLD_INDEX_KEY);
    if (old === undefined) return head;
    // An older build wrote last, maybe after one of today: what that one left does not count.
    const { next: first, next, generation } = head;
    const index = this.#plain.unpack(old) as Index;
    return { ...EMPTY, index, first, next, generation, isOld: true };
  }

  /** Newest first: what was written of a row last is what counts. */
  *#rows(): Generator<CheckpointRow> {
    const seen = new Set<string>();
    for (const [table, key, bytes] of this.#changes()) {
      const name = `${table}\0${key}`;
      if (seen.has(name)) continue;
      seen.add(name);
      if (bytes !== null) yield [table, key, this.#decode(table, key, bytes)];
    }
    for (const [table, key, bytes] of this.#base()) {
      if (bytes === null || seen.has(`${table}\0${key}`)) continue;
      yield [table, key, this.#decode(table, key, bytes)];
    }
  }

  *#changes(): Generator<StoredRow> {
    const { first, next } = this.#head;
    for (let part = next - 1; part >= first; part--) {
      const value = this.#db.get(CHANGES.of(part));
      yield* rowsOfPart(found(value, `part ${part} of the changes`));
    }
  }

  *#base(): Generator<StoredRow> {
    const { generation, isOld } = this.#head;
    const range = isOld
      ? { start: OLD_FIRST_KEY }
      : { start: WHOLE.of(generation), end: WHOLE.of(generation + 1) };
    for (const { key, value } of this.#db.getRange(range)) {
      if (!isOld) yield* rowsOfPart(value);
      else {
        const end = key.indexOf(0);
        yield [key.toString('utf8', 0, end), key.toString('utf8', end + 1), value];
      }
    }
  }

  #decode(table: string, key: string, value: Uint8Array): unknown {
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

function found(value: Buffer | undefined, what: string): Buffer {
  if (value !== undefined) return value;
  throw new Failure('internal', `${what} is missing in the checkpoint`);
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function checkKey(table: string, key: string): void {
  assert(table.length > 0 && !table.includes('\0'), 'a table has a name without NUL');
  const bytes = table.length + 1 + Buffer.byteLength(key);
  if (bytes <= KEY_BYTES_MAX) return;
  throw new Failure(
    'invalid',
    `a key of ${bytes} bytes in "${table}" is longer than the ${KEY_BYTES_MAX} allowed`,
    { facts: { table, bytes } },
  );
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
