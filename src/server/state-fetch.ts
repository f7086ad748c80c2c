/**
 * Puts another server's state in the place of one that the log has left behind.
 *
 * SF1: what is kept hashes as the sender said, or it is not used.
 */
import type { Index } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import { CHECKPOINT_ROWS, STATE_FETCHES_MAX } from '../core/limits.ts';
import { restoreState } from '../core/state/persist.ts';
import type { State } from '../core/state/state.ts';
import type { Checkpoint, CheckpointRow } from '../ports/checkpoint.ts';
import type { Clock } from '../ports/clock.ts';
import type { SentState, StateSource } from '../ports/state-source.ts';

/** The first index that the log holds, where an error says that entries before it are gone. */
export function firstIndexAfter(error: unknown): Index | undefined {
  if (!(error instanceof Failure) || error.fault !== 'not_found') return undefined;
  const { firstIndex } = error.facts;
  return typeof firstIndex === 'number' ? (firstIndex as Index) : undefined;
}

export interface StateFetchDeps {
  /** The others that are in touch just now. */
  readonly sources: () => readonly StateSource[];
  /** Keeps a state in place of this server's own. Fails: as `keepState`; `exhausted` no room. */
  readonly keep: (sent: SentState) => Promise<void>;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/**
 * Fetches a state of index `least` or later from whoever has one, and keeps it. Waits until
 * somebody is there.
 *
 * Fails: `canceled` the signal; as the last attempt did, after several that got a state that could
 * not be kept.
 */
export async function fetchState(
  least: Index,
  deps: StateFetchDeps,
  signal: AbortSignal,
): Promise<void> {
  const { sources, clock } = deps;
  const tally = { told: '', failures: 0 };
  for (;;) {
    for (const source of sources()) {
      if (await isTaken(source, least, { ...deps, tally, signal })) return;
    }
    await clock.sleep(RETRY_MS, signal);
    if (signal.aborted) throw new Failure('canceled', 'gave up waiting for a state');
  }
}

interface Attempt extends StateFetchDeps {
  /** What was said last, and how many states could not be kept. */
  readonly tally: { told: string; failures: number };
  readonly signal: AbortSignal;
}

/** Whether this one's state is kept now. Fails: as `fetchState`. */
async function isTaken(
  source: StateSource,
  least: Index,
  { keep, note, tally, signal }: Attempt,
): Promise<boolean> {
  let isSent = false;
  try {
    const sent = await source.fetch(least, signal);
    isSent = true;
    note(`takes over the state at index ${sent.index} of "${source.name}"`);
    await keep(sent);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
    const line = `no state from "${source.name}": ${explain(error)}`;
    if (line !== tally.told) note(line);
    tally.told = line;
    if (isSent && ++tally.failures >= STATE_FETCHES_MAX) throw error;
    return false;
  }
}

/** Between two rounds of asking everybody [ms]. */
const RETRY_MS = 500;

/**
 * Writes a state into an empty checkpoint, and reads it back (SF1).
 *
 * Fails: `internal` it is not the state that was sent; `unsupported` a later build's; as
 * `SentState.groups`, `Checkpoint.write`.
 */
export async function keepState(
  { index, hash, groups }: SentState,
  checkpoint: Checkpoint,
): Promise<void> {
  let puts: CheckpointRow[] = [];
  const write = async (): Promise<void> => {
    await checkpoint.write({ index, puts, deletes: [] });
    puts = [];
  };
  for await (const group of groups) {
    puts.push(...group);
    if (puts.length >= CHECKPOINT_ROWS) await write();
  }
  await write();
  const kept = restored(checkpoint);
  if (kept.hash === hash) return;
  const what = `a state of index ${index} that another server sent`;
  throw new Failure('internal', `${what} hashes to ${kept.hash}, not to ${hash}`);
}

function restored(checkpoint: Checkpoint): State {
  const { index, rows } = checkpoint.load();
  try {
    return restoreState(index, rows);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    // A throw over a row of our own would be a bug; these are somebody else's.
    throw new Failure('internal', 'a state that another server sent is none', { cause });
  }
}
