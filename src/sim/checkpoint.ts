/** The Checkpoint port in memory. It outlives the simulated process that writes it. */
import { assert } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Checkpoint, CheckpointBatch, CheckpointRow } from '../ports/checkpoint.ts';
import type { EntryCodec } from '../ports/log.ts';

interface Stored {
  readonly table: string;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** So many changed rows beside the whole state are too many: few, so that renewals are frequent. */
const STALE_ROWS = 200;

/** See the head of the file. Values are kept as bytes, so that nobody shares an object with it. */
export class SimCheckpoint implements Checkpoint {
  readonly #codec: EntryCodec<unknown>;
  #rows = new Map<string, Stored>();
  /** Names changed since the last renewal began; a row that is not there was deleted. */
  #changed = new Set<string>();
  #changes = 0;
  #renewed: Map<string, Stored> | undefined;
  #index = 0 as Index;
  #isFull = false;

  constructor(codec: EntryCodec<unknown>) {
    this.#codec = codec;
  }

  /** Of the state that it holds. */
  get index(): Index {
    return this.#index;
  }

  /** While true, every write is refused as `exhausted`. */
  setFull(isFull: boolean): void {
    this.#isFull = isFull;
  }

  load(): Readonly<{ index: Index; rows: Iterable<CheckpointRow> }> {
    const rows = Array.from(this.#rows.values(), ({ table, key, bytes }): CheckpointRow => {
      return [table, key, this.#codec.decode(bytes)[0]];
    });
    return { index: this.#index, rows };
  }

  write(batch: CheckpointBatch): Promise<void> {
    if (this.#isFull) return refused();
    assert(batch.index >= this.#index, 'a checkpoint never goes back');
    for (const row of batch.puts) this.#put(this.#rows, row);
    for (const [table, key] of batch.deletes) this.#rows.delete(`${table}\0${key}`);
    for (const [table, key] of [...batch.puts, ...batch.deletes]) {
      this.#changed.add(`${table}\0${key}`);
      this.#changes += 1;
    }
    this.#index = batch.index;
    return Promise.resolve();
  }

  isStale(): boolean {
    return this.#changes > Math.max(STALE_ROWS, 3 * this.#rows.size);
  }

  beginRenewal(index: Index): Promise<void> {
    assert(index === this.#index, 'a checkpoint is renewed as of its last batch');
    this.#renewed = new Map();
    this.#changed = new Set();
    this.#changes = 0;
    return Promise.resolve();
  }

  renew(rows: readonly CheckpointRow[]): Promise<void> {
    if (this.#isFull) return refused();
    assert(this.#renewed !== undefined, 'a renewal was begun');
    for (const row of rows) this.#put(this.#renewed, row);
    return Promise.resolve();
  }

  /** What it holds then is what it was given, not what it had: a fault in it shows in the state. */
  endRenewal(): Promise<void> {
    if (this.#isFull) return refused();
    assert(this.#renewed !== undefined, 'a renewal was begun');
    for (const name of this.#changed) {
      const row = this.#rows.get(name);
      if (row === undefined) this.#renewed.delete(name);
      else this.#renewed.set(name, row);
    }
    this.#rows = this.#renewed;
    this.#renewed = undefined;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #put(rows: Map<string, Stored>, [table, key, value]: CheckpointRow): void {
    rows.set(`${table}\0${key}`, { table, key, bytes: this.#codec.encode([value]) });
  }
}

function refused(): Promise<never> {
  return Promise.reject(new Failure('exhausted', 'no checkpoint: disk full'));
}
