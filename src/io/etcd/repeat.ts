/**
 * What is asked again of an etcd, and of which of its endpoints, however they are reached.
 *
 * C1 and C2 of client.ts are upheld here.
 */
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WatchEvent } from './messages.ts';

/** How one call differs from the others. */
export interface CallHow {
  /** Only this endpoint, whatever the others say: for what concerns one member. */
  readonly endpoint?: string;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A range of keys from a revision on. */
export interface WatchFrom {
  readonly key: string;
  readonly end: string;
  readonly revision: number;
}

/** Which endpoint a call goes to, and what is to be called when that one does not answer. */
export interface Picked {
  readonly endpoint: string;
  readonly rotate: () => void;
}

/** Above etcd's own time-out with an election in between, so that its word comes first [ms]. */
export const DEADLINE_MS = 5_000;
/** Between two attempts to open a watch anew. */
const WATCH_RETRY_MS_MIN = 50;
const WATCH_RETRY_MS_MAX = 1_000;

/** The endpoints of one cluster: one is asked until it does not answer; the first, first. */
export class Endpoints {
  #all: readonly string[];
  /** Counts failures; says which one is asked next. */
  #turn = 0;

  constructor(all: readonly string[]) {
    this.#all = all;
  }

  get all(): readonly string[] {
    return this.#all;
  }

  /** Answers whether these are others than before. None are never taken. */
  replace(all: readonly string[]): boolean {
    if (all.length === 0 || all.join() === this.#all.join()) return false;
    this.#all = all;
    this.#turn = 0;
    return true;
  }

  pick(how: CallHow): Picked {
    const turn = this.#turn;
    const rotate = (): void => {
      // Many calls may fail together; they move on together, by one.
      if (how.endpoint === undefined && this.#turn === turn) this.#turn += 1;
    };
    return { endpoint: how.endpoint ?? this.#all[turn % this.#all.length] ?? '', rotate };
  }

  /**
   * Asks each endpoint once, for what may be asked twice; all of that within one deadline.
   *
   * @param ask rotates where it fails
   */
  async eachOnce<T>(how: CallHow, clock: Clock, ask: (how: CallHow) => Promise<T>): Promise<T> {
    const attempts = how.endpoint === undefined ? this.#all.length : 1;
    const startedAt = clock.elapsedMs();
    const deadlineMs = how.deadlineMs ?? DEADLINE_MS;
    for (let attempt = 1; ; attempt++) {
      const leftMs = deadlineMs - (clock.elapsedMs() - startedAt);
      try {
        // The first ones leave time for the last.
        const share = Math.max(1, leftMs / (attempts - attempt + 1));
        return await ask({ ...how, deadlineMs: share });
      } catch (error) {
        if (attempt >= attempts || !isPassing(error)) throw error;
      }
    }
  }
}

/**
 * Watches a range across lost connections until `signal` aborts: every event once, in order (C2).
 *
 * @param open one watch, which fails with whatever ended it
 */
export async function* watchAgain(
  from: WatchFrom,
  open: (from: WatchFrom) => AsyncIterable<readonly WatchEvent[]>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent[]> {
  let { revision } = from;
  let delayMs = 0;
  while (!signal.aborted) {
    await clock.sleep(delayMs, signal);
    delayMs = Math.min(Math.max(WATCH_RETRY_MS_MIN, delayMs * 2), WATCH_RETRY_MS_MAX);
    try {
      for await (const events of open({ ...from, revision })) {
        delayMs = 0;
        yield events;
        revision = Math.max(...events.map(({ pair }) => pair.modRevision)) + 1;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

/** True for failures after which another endpoint, or the same one later, may answer. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof Failure &&
    (error.fault === 'unavailable' || error.fault === 'timeout' || error.fault === 'canceled')
  );
}

/** What was to be told first is gone: `not_found`, whose facts tell the `compactRevision`. */
export function compactedAway(from: WatchFrom, compactRevision: number): Failure {
  return new Failure('not_found', `etcd forgot the changes from revision ${from.revision} on`, {
    facts: { compactRevision },
  });
}
