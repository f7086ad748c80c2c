/**
 * Brings batches from etcd to a server's state: what is there, and then what comes.
 *
 * T4 of etcd-log.ts is upheld here.
 */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { isPassing } from '../etcd/repeat.ts';
import type { WatchEvent } from '../etcd/messages.ts';
import type { BatchReader, StoredBatch } from './batch-reader.ts';
import type { LogKeys } from './keys.ts';

export interface FollowerDeps {
  readonly client: EtcdApi;
  readonly clock: Clock;
  readonly keys: LogKeys;
  readonly reader: BatchReader;
  /** The first index that is not applied yet. */
  readonly next: () => Index;
  /** Takes batches in order; those that are applied already come, too. */
  readonly apply: (batch: StoredBatch) => void;
  /** Entries before this index are gone. */
  readonly forgotten: (first: Index) => void;
}

export class Follower {
  readonly #deps: FollowerDeps;
  /** Since when it does not hear of what comes; undefined: it does. */
  #lostMs: number | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
    this.#lostMs = deps.clock.elapsedMs();
  }

  /** Until when everything that came was heard, but for what is on its way [ms]. */
  get currentMs(): number {
    return this.#lostMs ?? this.#deps.clock.elapsedMs();
  }

  /** Applies everything there is; answers as of which revision. Fails: as `BatchReader.page`. */
  async catchUp(signal: AbortSignal): Promise<number> {
    const { reader, next, apply } = this.#deps;
    for (;;) {
      const page = await reader.page(next(), signal);
      for (const batch of page.batches) apply(batch);
      if (!page.more) return page.revision;
    }
  }

  /** Applies what comes until `signal` aborts. Fails: `not_found` it fell too far behind. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#tail(signal);
      } catch (error) {
        if (!isPassing(error) && !isWatchLost(error)) throw error;
        await this.#deps.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #tail(signal: AbortSignal): Promise<void> {
    const { client, clock, keys } = this.#deps;
    const revision = (await this.catchUp(signal)) + 1;
    this.#lostMs = undefined;
    try {
      for await (const events of client.watch({ ...keys.log, revision }, signal)) {
        for (const event of events) await this.#take(event);
      }
    } finally {
      this.#lostMs = clock.elapsedMs();
    }
  }

  async #take({ type, pair }: WatchEvent): Promise<void> {
    const { keys, reader, apply, forgotten } = this.#deps;
    if (type === 'delete') {
      const span = keys.spanOf(pair.key);
      if (span !== undefined) forgotten((span.last + 1) as Index);
      return;
    }
    const batch = await reader.resolve(pair);
    if (batch !== undefined) apply(batch);
  }
}

const RETRY_MS = 100;

/** The batches themselves may be there still: only their history is gone. */
function isWatchLost(error: unknown): boolean {
  return error instanceof Failure && error.facts['compactRevision'] !== undefined;
}
