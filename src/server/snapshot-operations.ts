/** The state as a file, and back: see `Operations`. */
import type { Index } from '../base/brand.ts';
import { Bug, assert } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import { apply } from '../core/state/apply.ts';
import type { Entry, StateRestored } from '../core/state/entry.ts';
import type { Note } from '../core/state/lint-note.ts';
import { lintSteps } from '../core/state/lint.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { KeptRow } from '../core/state/persist.ts';
import type { State } from '../core/state/state.ts';
import { SHAPES } from '../core/state/tables.ts';
import type { TableName } from '../core/state/watch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';
import type { Replica } from './replica.ts';
import { inSlices } from './slices.ts';
import { packSnapshot, unpackSnapshot } from './snapshot-archive.ts';

export interface SnapshotOperations {
  /** The present state as a file, and its index. */
  save(): Promise<{ readonly bytes: Uint8Array; readonly index: Index }>;
  /**
   * Puts the state back to what a file holds, all of it or nothing.
   *
   * Fails: `invalid` the file, and why; `exhausted` it is too large; `canceled` the signal.
   */
  restore(bytes: Uint8Array, signal: AbortSignal): Promise<Index>;
}

export interface SnapshotOperationDeps {
  readonly log: Log<Entry, Outcome>;
  readonly replica: Replica;
  readonly clock: Clock;
}

export function snapshotOperations(deps: SnapshotOperationDeps): SnapshotOperations {
  const { log, replica, clock } = deps;
  return {
    async save() {
      const { state } = replica;
      return { bytes: await packSnapshot(state), index: state.index };
    },
    async restore(bytes, signal) {
      const rows = await unpackSnapshot(bytes);
      const entry: StateRestored = { type: 'state.restore', at: clock.now(), rows };
      await tryOut(replica.state, entry, { clock, signal });
      return (await propose(log, entry)).index;
    },
  };
}

interface Turns {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Applies the entry to a copy: rows that somebody wrote by hand must not stop the servers when the
 * entry is in the log already. All but the applying itself, which cannot be divided, gives others
 * their turn meanwhile.
 */
async function tryOut(state: State, entry: StateRestored, turns: Turns): Promise<void> {
  try {
    await inSlices(entry.rows, refuseMisplaced, turns);
    const { state: after, outcome } = apply(state, (state.index + 1) as Index, entry);
    if (!outcome.ok) throw new Failure('invalid', outcome.message);
    await inSlices(lintSteps(after), complain, turns);
  } catch (cause) {
    if (cause instanceof Bug || cause instanceof Failure || cause instanceof TypeError) {
      throw new Failure('invalid', 'cannot restore the snapshot: it holds no sound state', {
        cause,
      });
    }
    throw cause;
  }
}

/** Refuses a row that stands under another's key. */
function refuseMisplaced([table, key, row]: KeptRow): boolean {
  const shape = SHAPES[table as TableName] as { key(row: unknown): string } | undefined;
  assert(shape?.key(row) === key, `row ${JSON.stringify(key)} of "${table}" is not its own`);
  return false;
}

/** Refuses at the first thing that is wrong. */
function complain(note: Note | undefined): boolean {
  if (note === undefined) return false;
  throw new Failure('invalid', `${note.subject}: ${note.message}`);
}
