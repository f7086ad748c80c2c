/** What holds a program back until its turn: a lock on one key, or a place among several. */
import { readPairs } from '../../api/consul/kv-routes.ts';
import type { Api, Told } from '../../api/api.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { KvPair } from '../../core/model/kv.ts';
import type { SessionId } from '../../core/model/session.ts';
import type { World } from '../world.ts';

/** A lock that was granted. */
export interface Grant {
  /** Rises with each grant: a store that keeps the highest one seen can refuse former holders. */
  readonly token: Index;
}

/** One way of taking turns, for one session. */
export interface Lock {
  /**
   * Waits for its turn; `undefined` when the signal aborted before.
   *
   * Fails: `conflict` the keys are in use for something else.
   */
  acquire(signal: AbortSignal): Promise<Grant | undefined>;
  /** Resolves when the lock is no longer this session's, or when the signal aborts. */
  watch(signal: AbortSignal): Promise<void>;
  /** Gives it back; content when there is nothing to give back. */
  release(signal: AbortSignal): Promise<void>;
  /** Removes its keys; false when somebody else uses them. */
  cleanup(signal: AbortSignal): Promise<boolean>;
}

/** What a lock works with. */
export interface LockParts {
  readonly api: Api;
  readonly world: Pick<World, 'sleep' | 'uptimeMs'>;
  readonly session: SessionId;
  /** How often in succession watching may fail before the lock counts as lost. */
  readonly retries: number;
}

/** One blocking read lasts no longer than this [ms]. Source: Consul's clients. */
const WAIT_MS = 15_000;
/** Pause before a watch that failed is tried again [ms]. Source: Consul's clients. */
const RETRY_MS = 2000;
/** Pause while a former holder's lock-delay lasts [ms]. */
export const DELAYED_MS = 1000;

/** Reads a key, or all under a prefix; nothing there is an empty list with an index. */
export async function readNow(
  api: Api,
  key: string,
  options: Readonly<{ recurse?: true; after?: Index; signal: AbortSignal }>,
): Promise<Pick<Told<readonly KvPair[]>, 'value' | 'index'>> {
  const { recurse, after, signal } = options;
  const waiting = after === undefined ? {} : { index: after, waitMs: WAIT_MS };
  const query = { consistent: true, recurse, ...waiting };
  try {
    return await api.tell(readPairs, { params: { key }, query }, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    return { value: [], index: Number(error.facts['index'] ?? 0) as Index };
  }
}

/**
 * Watches until `isHeld` says no of what is read, or reading fails too often.
 *
 * @param key one key, or with `recurse` a prefix
 */
export async function watchHeld(
  { api, world, retries }: LockParts,
  { key, recurse }: Readonly<{ key: string; recurse?: true }>,
  isHeld: (pairs: readonly KvPair[]) => boolean,
  signal: AbortSignal,
): Promise<void> {
  let after: Index | undefined;
  let left = retries;
  while (!signal.aborted) {
    const options = { ...(recurse ? { recurse } : {}), signal };
    const at = after === undefined ? options : { ...options, after };
    try {
      const { value, index } = await readNow(api, key, at);
      if (!isHeld(value)) return;
      // An index of 0 or one that goes backwards begins anew.
      after = after !== undefined && index < after ? undefined : index > 0 ? index : undefined;
      left = retries;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (left-- <= 0) return;
      await world.sleep(RETRY_MS, signal);
    }
  }
}

/** Answers `undefined` for a wait that was given up. */
export async function unlessAborted<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted && error instanceof Failure) return undefined;
    throw error;
  }
}

/** Two users of the same keys do not mean the same by them. */
export function inUseOtherwise(key: string): Failure {
  return new Failure('conflict', `the existing key "${key}" is not one of this kind of lock`);
}
