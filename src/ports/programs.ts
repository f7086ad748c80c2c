/** The programs that a command line starts: handlers, and what runs under a lock. */
import type { Lease } from '../core/lock/guard.ts';

export interface Program {
  readonly command: readonly string[];
  /** Besides the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a program ended. */
export type Ended = Readonly<{ code: number }> | Readonly<{ signal: string }>;

export interface Programs {
  /**
   * Runs a program that writes where this one does; resolves when it has ended. The signal ends it.
   *
   * Fails: `not_found` it cannot be run.
   */
  run(program: Program, input: Uint8Array, signal: AbortSignal): Promise<Ended>;
  /**
   * Starts a guard: a process that will run a program and kill it when its lease is over, whatever
   * becomes of this process. Resolves when it is ready. Fails: `unavailable` it does not start.
   *
   * @param passInput the program reads the standard input of this process
   */
  guard(passInput: boolean): Promise<Guarded>;
}

/** A program under a lock, with its guard. */
export interface Guarded {
  /**
   * Starts the program. Fails: `not_found` it cannot be run; `timeout` the lease is over already;
   * `unavailable` the guard is gone.
   */
  start(program: Program, lease: Lease): Promise<void>;
  /** Lets it run on. */
  extend(lease: Lease): void;
  /** Tells it to end, and kills it when it does not. */
  end(): void;
  /**
   * How it ended. After `end`, or a lease that was over, its whole group is gone, too.
   *
   * Fails: `unavailable` the guard died; the program was killed then.
   */
  readonly ended: Promise<Ended>;
  /** Lets the guard go; without a program it ends at once. */
  close(): void;
}
