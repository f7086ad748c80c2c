/**
 * The state's rows on disk, written behind the log so that a restart reads only the log's tail.
 *
 * C1: rows and index change together: what `load` answers is exactly the state at that index.
 * C2: a checkpoint is never ahead of the durable log; the caller writes only what is applied.
 */
import type { Index } from '../base/brand.ts';

/** One row: its table, its key in that table, its value (any plain data). */
export type CheckpointRow = readonly [table: string, key: string, value: unknown];

/**
 * All changes from the previous checkpoint up to and including `index`; a key is in one list only.
 */
export type CheckpointBatch = Readonly<{
  index: Index;
  puts: readonly CheckpointRow[];
  deletes: readonly (readonly [table: string, key: string])[];
}>;

export interface Checkpoint {
  /**
   * The index of the last written batch (0 when there is none) and every row at that index, by
   * table and key in byte order. Read the rows before the next `write`.
   *
   * Fails: `internal` when what is stored cannot be read.
   */
  load(): Readonly<{ index: Index; rows: Iterable<CheckpointRow> }>;
  /**
   * Stores the batch durably, in one step with its index. Encoding a thousand rows holds the
   * event loop for some 5 ms, and each row claims pages of free disk: prefer batches of that size.
   *
   * Fails: `exhausted` while less than the named reserve of disk is free (nothing was written);
   * `invalid` a key is too long; `unavailable` when closed or the store refuses.
   */
  write(batch: CheckpointBatch): Promise<void>;
  close(): Promise<void>;
}
