/** The Checkpoint port in memory. It outlives the simulated process that writes it. */
import { assert } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Checkpoint, CheckpointBatch, CheckpointRow } from '../ports/checkpoint.ts';
import type { EntryCodec } from '../ports/log.ts';

/** See the head of the file. Values are kept as bytes, so that nobody shares an object with it. */
export class SimCheckpoint implements Checkpoint {
  readonly #codec: EntryCodec<unknown>;
  readonly #rows = new Map<string, Readonly<{ table: string; key: string; bytes: Uint8Array }>>();
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
    const sorted = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = sorted.map(([, { table, key, bytes }]): CheckpointRow => {
      return [table, key, this.#codec.decode(bytes)[0]];
    });
    return { index: this.#index, rows };
  }

  write(batch: CheckpointBatch): Promise<void> {
    if (this.#isFull) return Promise.reject(new Failure('exhausted', 'no checkpoint: disk full'));
    assert(batch.index >= this.#index, 'a checkpoint never goes back');
    for (const [table, key, value] of batch.puts) {
      this.#rows.set(`${table}\0${key}`, { table, key, bytes: this.#codec.encode([value]) });
    }
    for (const [table, key] of batch.deletes) this.#rows.delete(`${table}\0${key}`);
    this.#index = batch.index;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
