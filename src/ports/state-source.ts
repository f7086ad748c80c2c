/** Where a server gets a whole state from when the log begins after its own. */
import type { Index } from '../base/brand.ts';
import type { CheckpointRow } from './checkpoint.ts';

/** A state on its way. */
export interface SentState {
  readonly index: Index;
  /** What the state that is made of the rows hashes to (`State.hash`). */
  readonly hash: string;
  /**
   * All rows, for one reader, who is to read them to their end or to stop reading.
   *
   * Fails: `internal` rows are missing, or are no rows; as the connection does.
   */
  readonly groups: AsyncIterable<readonly CheckpointRow[]>;
}

/** Another server that has a state. */
export interface StateSource {
  readonly name: string;
  /**
   * The state that it has just now.
   *
   * Fails: `unavailable` it is itself before index `least`, starts, or is out of reach;
   * `unsupported` its build knows no such question.
   */
  fetch(least: Index, signal: AbortSignal): Promise<SentState>;
}
