/**
 * Writes the state's changes behind the log, so that a restart reads only the log's tail, and lets
 * the log forget what is kept.
 *
 * K1: a batch holds all changes from the one before up to its index.
 * K2: the checkpoint is a convenience: where it cannot be written, the server goes on, and what
 *     waits is bounded by the size of the state.
 * K3: a checkpoint most of which is outdated is renewed: the whole state as of some batch is
 *     written a slice at a time, between the batches that follow.
 */
import { Bug } from '../base/assert.ts';
import type { Index } from '../base/brand.ts';
import { explain } from '../base/failure.ts';
import {
  CHECKPOINT_BATCHES_MAX,
  CHECKPOINT_INTERVAL_MS,
  CHECKPOINT_ROWS,
  LOG_ENTRIES_KEPT,
} from '../core/limits.ts';
import type { Change } from '../core/state/change.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { allRows, restoreState, rowsToKeep } from '../core/state/persist.ts';
import type { KeptRow } from '../core/state/persist.ts';
import { emptyState } from '../core/state/state.ts';
import type { State } from '../core/state/state.ts';
import type { Checkpoint, CheckpointBatch, CheckpointRow } from '../ports/checkpoint.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import { Replica } from './replica.ts';

/**
 * A replica at the state that the checkpoint holds; the log is to be opened with its index.
 *
 * Fails: `internal` the checkpoint cannot be read; `unsupported` it is a later build's.
 */
export function restoreReplica(checkpoint: Checkpoint): Replica {
  const { index, rows } = checkpoint.load();
  return new Replica(index === 0 ? emptyState() : restoreState(index, rows));
}

/** Changes that make one batch, from the state before the first to that after the last. */
interface Segment {
  readonly before: State;
  after: State;
  readonly changes: Change[];
}

/** Changes as rows, and the state that they lead to. */
interface Backlog {
  after: State;
  readonly rows: Map<string, KeptRow>;
}

export interface CheckpointerDeps {
  readonly checkpoint: Checkpoint;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly note: (line: string) => void;
  /** Entries left in the log behind the checkpoint; absent: `LOG_ENTRIES_KEPT`. */
  readonly entriesKept?: number;
}

export class Checkpointer implements Service {
  readonly name = 'checkpoint';
  readonly #deps: CheckpointerDeps;
  readonly #bell = new Bell();
  #segments: Segment[] = [];
  /** What did not fit in the list any more, as rows: at most one for each row of the state. */
  #backlog: Backlog | undefined;
  /** What the checkpoint holds. */
  #kept: State;
  /** Rows that a renewal has yet to store (K3). */
  #renewing: Iterator<KeptRow> | undefined;
  /** After one that failed [ms]. */
  #renewAgainAt = 0;
  #log: Log<Entry, Outcome> | undefined;

  /** Made before the log is opened, so that it hears of every entry (K1). */
  constructor(deps: CheckpointerDeps) {
    this.#deps = deps;
    let before = (this.#kept = deps.replica.state);
    deps.replica.subscribe((batch, after) => {
      this.#take(before, after, batch.changes);
      before = after;
    });
  }

  /** From now on this log is told what it may forget. */
  attach(log: Log<Entry, Outcome>): void {
    this.#log = log;
  }

  /** Writes until `signal` aborts, and then what is left. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      if (this.#renewing === undefined) {
        await this.#bell.wait(clock, CHECKPOINT_INTERVAL_MS, signal);
      }
      const isWritten = await this.#flush();
      if (isWritten) await this.#renew();
      else if (!isAborted(signal)) await clock.sleep(RETRY_MS, signal);
    }
    await this.#flush();
  }

  #take(before: State, after: State, changes: readonly Change[]): void {
    const open = this.#segments.at(-1);
    if (open === undefined || open.changes.length >= CHECKPOINT_ROWS) {
      this.#segments.push({ before, after, changes: [...changes] });
    } else {
      open.after = after;
      for (const change of changes) open.changes.push(change);
    }
    if (this.#segments.length > CHECKPOINT_BATCHES_MAX) this.#setAside();
    if (this.#segments.length > 1) this.#bell.ring();
  }

  /** Turns the oldest segments into rows, of which only the last of each key counts (K2). */
  #setAside(): void {
    const aside = this.#segments.splice(0, CHECKPOINT_BATCHES_MAX / 2);
    for (const segment of aside) {
      this.#backlog ??= { after: segment.after, rows: new Map() };
      this.#backlog.after = segment.after;
      for (const kept of rowsOf(segment)) {
        this.#backlog.rows.set(`${kept[0]}\0${kept[1]}`, kept);
      }
    }
  }

  /** Writes everything that waits, oldest first; answers false where the store refused. */
  async #flush(): Promise<boolean> {
    try {
      if (this.#backlog !== undefined) await this.#writeBacklog(this.#backlog);
      for (let next = this.#segments[0]; next !== undefined; next = this.#segments[0]) {
        // From here on changes go to a segment of their own.
        this.#segments.shift();
        await this.#writeSegment(next);
      }
      return true;
    } catch (error) {
      this.#deps.note(`checkpoint: ${explain(error)}`);
      return false;
    }
  }

  async #writeBacklog(backlog: Backlog): Promise<void> {
    // Taken first: what is set aside meanwhile goes to another.
    this.#backlog = undefined;
    try {
      await this.#write(backlog.after, backlog.rows.values());
    } catch (error) {
      const newer = this.#backlog as Backlog | undefined;
      const rows = new Map([...backlog.rows, ...(newer?.rows ?? [])]);
      this.#backlog = { after: newer?.after ?? backlog.after, rows };
      throw error;
    }
  }

  async #writeSegment(segment: Segment): Promise<void> {
    try {
      await this.#write(segment.after, rowsOf(segment));
    } catch (error) {
      this.#segments.unshift(segment);
      throw error;
    }
  }

  /** One slice of a renewal; begins one where it is due (K3). */
  async #renew(): Promise<void> {
    const { checkpoint, clock, note } = this.#deps;
    try {
      if (this.#renewing === undefined) {
        if (!checkpoint.isStale() || clock.elapsedMs() < this.#renewAgainAt) return;
        await checkpoint.beginRenewal(this.#kept.index);
        this.#renewing = allRows(this.#kept);
      }
      const rows = sliceOf(this.#renewing);
      if (rows.length > 0) {
        await checkpoint.renew(rows);
      } else {
        await checkpoint.endRenewal();
        this.#renewing = undefined;
      }
    } catch (error) {
      this.#renewing = undefined;
      this.#renewAgainAt = clock.elapsedMs() + RENEW_AGAIN_MS;
      note(`checkpoint: not renewed: ${explain(error)}`);
    }
  }

  async #write(state: State, rows: Iterable<KeptRow>): Promise<void> {
    const { index } = state;
    await this.#deps.checkpoint.write(batchOf(index, rows));
    this.#kept = state;
    await this.#forget(index);
  }

  /** What the log could not forget now it does after the next batch: this one is written. */
  async #forget(index: Index): Promise<void> {
    const upTo = Math.max(0, index - (this.#deps.entriesKept ?? LOG_ENTRIES_KEPT)) as Index;
    try {
      await this.#log?.compact(upTo, index);
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.note(`checkpoint: the log does not forget: ${explain(error)}`);
    }
  }
}

/** After a refusal: the disk is full, most likely [ms]. */
const RETRY_MS = 5_000;
/** The same for a renewal, which needs room for a whole state and is in no hurry [ms]. */
const RENEW_AGAIN_MS = 60_000;

function sliceOf(rows: Iterator<KeptRow>): readonly KeptRow[] {
  const slice: KeptRow[] = [];
  while (slice.length < CHECKPOINT_ROWS) {
    const next = rows.next();
    if (next.done === true) break;
    slice.push(next.value);
  }
  return slice;
}

function rowsOf(segment: Segment): readonly KeptRow[] {
  return rowsToKeep(segment.before, segment.after, segment.changes);
}

function batchOf(index: Index, rows: Iterable<KeptRow>): CheckpointBatch {
  const puts: CheckpointRow[] = [];
  const deletes: (readonly [string, string])[] = [];
  for (const [table, key, value] of rows) {
    if (value === undefined) deletes.push([table, key]);
    else puts.push([table, key, value]);
  }
  return { index, puts, deletes };
}
