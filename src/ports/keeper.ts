/**
 * The keeper of a client's tasks, as drivers see it: a process of its own that starts, signals,
 * waits and collects output, and that outlives the agent.
 *
 * Calls made while the keeper is away wait for the next one, which adopts the tasks known here.
 * Fails (all methods): `unavailable` when there is no keeper and none can be started; `canceled`.
 */
import type { Ended, Kept, Launch } from '../core/keeper/launch.ts';

export interface Keeper {
  /**
   * Starts a process; resolves once it runs. A repetition with the same id is answered with the
   * process that the first one started. Fails: `not_found`, `denied`, `invalid`.
   */
  start(launch: Launch, signal: AbortSignal): Promise<Kept>;
  /**
   * Takes up a process started by an earlier client. Fails: `not_found` when it is gone for good.
   */
  adopt(kept: Kept, signal: AbortSignal): Promise<void>;
  /** Resolves when it has ended, also if it ended before; all it wrote is in its files by then. */
  wait(kept: Kept, signal: AbortSignal): Promise<Ended>;
  /** To the main process, by name. Fails: `not_found` it ended, `invalid` no such signal. */
  signal(kept: Kept, signal: string): Promise<void>;
  /**
   * Asks with `signal`, kills everything after `timeoutMs`; resolves when nothing is left of it.
   */
  stop(kept: Kept, signal: string, timeoutMs: number): Promise<void>;
  /** Kills what is left and forgets it. Content when it is unknown. */
  forget(kept: Kept): Promise<void>;
  /** What is in its care, also of earlier clients. */
  list(signal: AbortSignal): Promise<readonly Kept[]>;
}
