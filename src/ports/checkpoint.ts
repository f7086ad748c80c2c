/**
 * The state's rows on disk, written behind the log so that a restart reads only the log's tail.
 *
 * C1: rows and index change together: what `load` answers is exactly the state at that index.
 * C2: a checkpoint is never ahead of the durable log; the caller writes only what is applied.
 * C3: a renewal changes nothing of what `load` answers, whether it comes to its end or not.
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
   * The index of the last written batch (0 when there is none) and every row at that index, each
   * once, in any order. Read the rows before the next `write`.
   *
   * Fails: `internal` when what is stored cannot be read.
   */
  load(): Readonly<{ index: Index; rows: Iterable<CheckpointRow> }>;
  /**
   * Stores the batch durably, in one step with its index. Encoding a thousand rows holds the
   * event loop for some 5 ms: prefer batches of that size.
   *
   * Fails: `exhausted` while less than the named reserve of disk is free (nothing was written);
   * `invalid` a key is too long; `unavailable` when closed or the store refuses.
   */
  write(batch: CheckpointBatch): Promise<void>;
  /** Whether most of what is stored is outdated, so that it should be renewed. */
  isStale(): boolean;
  /**
   * Begins to store a whole state, that of the last batch, in the place of all that led to it. An
   * earlier renewal that did not come to its end is given up.
   *
   * @param index of the last batch, for certainty's sake
   */
  beginRenewal(index: Index): Promise<void>;
  /**
   * Stores some of that state's rows. Batches may be written in between: they are later than all of
   * it. Fails: as `write`.
   */
  renew(rows: readonly CheckpointRow[]): Promise<void>;
  /** All its rows were stored: what was before it is forgotten. Fails: as `write`. */
  endRenewal(): Promise<void>;
  close(): Promise<void>;
}
