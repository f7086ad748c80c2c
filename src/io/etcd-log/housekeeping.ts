/**
 * Looks after the store while this server leads: old revisions are compacted, a store that is
 * nearly full is told of, a full one is made room in and opened again.
 *
 * Which entries may be forgotten is not decided here (see `Log.compact`, retention.ts): where none
 * may, a full store stays full, and says so. What is kept for those that lag is given up before.
 */
import { Failure, explain } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EtcdApi } from '../etcd/client.ts';
import { isPassing } from '../etcd/repeat.ts';
import type { Member } from '../etcd/messages.ts';
import { Broadcast } from '../log/broadcast.ts';
import type { LogKeys } from './keys.ts';
import {
  COMPACT_REVISIONS,
  HOUSEKEEPING_MS,
  QUOTA_ROOM_SHARE,
  QUOTA_WARN_SHARE,
  RELIEF_MS,
} from './limits.ts';

export interface HousekeepingOptions {
  readonly compactsRevisions: boolean;
  readonly quotaBytes?: number;
}

export interface HousekeepingDeps {
  readonly client: EtcdApi;
  readonly keys: LogKeys;
  readonly clock: Clock;
  readonly note: (line: string) => void;
  /**
   * Forgets entries that may be, and were kept for others or could not be yet.
   *
   * @param isNeed every one that may be
   */
  readonly forget: (isNeed: boolean) => Promise<void>;
}

/** The size of one member's file [bytes]. */
interface Defragmented {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #deps: HousekeepingDeps;
  readonly #bell = new Broadcast();
  /** Rung since the last look began. */
  #isRung = false;
  #compactedRevision = 0;
  #warned = false;
  #toldFull = false;

  constructor(options: HousekeepingOptions, deps: HousekeepingDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** A write was refused for lack of room: look at once, or again where it is being looked. */
  relieve(): void {
    this.#isRung = true;
    this.#bell.notify();
  }

  /**
   * Runs until `signal` aborts.
   *
   * @param isHere whether it is this server that looks after the store
   */
  async run(isHere: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (this.#isRung) await this.#deps.clock.sleep(RELIEF_MS, signal);
      else await this.#rest(signal);
      if (signal.aborted) return;
      this.#isRung = false;
      try {
        if (await isHere()) await this.#look();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.#deps.note(`cannot look after the store of etcd: ${explain(error)}`);
      }
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const rest = new AbortController();
    const end = (): void => rest.abort();
    signal.addEventListener('abort', end, { once: true });
    const rung = this.#bell.wait(rest.signal).then(end);
    await this.#deps.clock.sleep(HOUSEKEEPING_MS, rest.signal);
    end();
    signal.removeEventListener('abort', end);
    await rung;
  }

  async #look(): Promise<void> {
    const { client, keys } = this.#deps;
    const alarms = await client.alarms();
    if (alarms.some(({ kind }) => kind === 'corrupt')) {
      this.#deps.note('etcd found a member whose data is corrupt: replace that server');
    }
    if (alarms.some(({ kind }) => kind === 'space')) {
      await this.#makeRoom();
      return;
    }
    this.#toldFull = false;
    await this.#deps.forget(false);
    const { revision } = await client.range({ key: keys.head });
    if (this.#options.compactsRevisions && revision - this.#compactedRevision > COMPACT_REVISIONS) {
      await this.#compact(revision);
    }
    await this.#warn();
  }

  async #warn(): Promise<void> {
    const { quotaBytes } = this.#options;
    const [endpoint] = this.#deps.client.endpoints;
    if (quotaBytes === undefined || endpoint === undefined) return;
    const { dbBytesInUse } = await this.#deps.client.status(endpoint);
    const isNearlyFull = dbBytesInUse >= quotaBytes * QUOTA_WARN_SHARE;
    if (isNearlyFull && !this.#warned) {
      this.#deps.note(
        `the store of etcd holds ${mib(dbBytesInUse)} of ${mib(quotaBytes)} MiB; full, it takes ` +
          'no more writes: raise its quota, or see why the log cannot be compacted',
      );
    }
    this.#warned = isNearlyFull;
  }

  async #makeRoom(): Promise<void> {
    const { client, keys, note } = this.#deps;
    if (!this.#toldFull) note('the store of etcd is full: writes are refused until there is room');
    this.#toldFull = true;
    await this.#deps.forget(true);
    if (!this.#options.compactsRevisions) return;
    const { revision } = await client.range({ key: keys.head });
    await this.#compact(revision);
    const members = await this.#defragment((await client.members()).members);
    if (!this.#hasRoom(members)) return;
    for (const { memberId, kind } of await client.alarms()) {
      if (kind === 'space') await client.disarm(memberId);
    }
    const freed = members.map(({ beforeBytes, afterBytes }) => beforeBytes - afterBytes);
    note(`the store of etcd takes writes again: ${mib(Math.max(0, ...freed))} MiB were freed`);
  }

  /**
   * An earlier attempt may have made room and ended before it said so: only what is there counts.
   * A fresh member has nothing to give back. One that stays full raises the alarm again.
   */
  #hasRoom(members: readonly Defragmented[]): boolean {
    const { quotaBytes } = this.#options;
    return members.some(({ beforeBytes, afterBytes }) =>
      quotaBytes === undefined
        ? afterBytes < beforeBytes
        : afterBytes < quotaBytes * QUOTA_ROOM_SHARE,
    );
  }

  /** One member after the other: each stands still meanwhile. One that is away does so later. */
  async #defragment(members: readonly Member[]): Promise<readonly Defragmented[]> {
    const { client } = this.#deps;
    const done: Defragmented[] = [];
    for (const { clientUrls } of members) {
      const [endpoint] = clientUrls;
      if (endpoint === undefined) continue;
      try {
        const beforeBytes = (await client.status(endpoint)).dbBytes;
        await client.defragment(endpoint);
        done.push({ beforeBytes, afterBytes: (await client.status(endpoint)).dbBytes });
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    }
    return done;
  }

  async #compact(revision: number): Promise<void> {
    try {
      await this.#deps.client.compact(revision);
    } catch (error) {
      // Somebody else has done that already.
      if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    }
    this.#compactedRevision = revision;
  }
}

const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
