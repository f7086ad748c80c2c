/** The state as a file, and back: see `Operations`. */
import type { Index } from '../base/brand.ts';
import { Bug, assert } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import { apply } from '../core/state/apply.ts';
import type { Entry, StateRestored } from '../core/state/entry.ts';
import { lint } from '../core/state/lint.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { State } from '../core/state/state.ts';
import { SHAPES } from '../core/state/tables.ts';
import type { TableName } from '../core/state/watch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';
import type { Replica } from './replica.ts';
import { packSnapshot, unpackSnapshot } from './snapshot-archive.ts';

export interface SnapshotOperations {
  /** The present state as a file, and its index. */
  save(): Promise<{ readonly bytes: Uint8Array; readonly index: Index }>;
  /**
   * Puts the state back to what a file holds, all of it or nothing.
   *
   * Fails: `invalid` the file, and why; `exhausted` it is too large.
   */
  restore(bytes: Uint8Array): Promise<Index>;
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
    async restore(bytes) {
      const rows = await unpackSnapshot(bytes);
      const entry: StateRestored = { type: 'state.restore', at: clock.now(), rows };
      tryOut(replica.state, entry);
      return (await propose(log, entry)).index;
    },
  };
}

/**
 * Applies the entry to a copy: rows that somebody wrote by hand must not stop the servers when the
 * entry is in the log already.
 */
function tryOut(state: State, entry: StateRestored): void {
  try {
    for (const [table, key, row] of entry.rows) {
      const shape = SHAPES[table as TableName] as { key(row: unknown): string } | undefined;
      assert(shape?.key(row) === key, `row ${JSON.stringify(key)} of "${table}" is not its own`);
    }
    const { state: after, outcome } = apply(state, (state.index + 1) as Index, entry);
    if (!outcome.ok) throw new Failure('invalid', outcome.message);
    const [note] = lint(after);
    if (note !== undefined) throw new Failure('invalid', `${note.subject}: ${note.message}`);
  } catch (cause) {
    if (cause instanceof Bug || cause instanceof Failure || cause instanceof TypeError) {
      throw new Failure('invalid', 'cannot restore the snapshot: it holds no sound state', {
        cause,
      });
    }
    throw cause;
  }
}
