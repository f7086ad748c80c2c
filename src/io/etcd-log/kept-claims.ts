/**
 * What each server says of how much its disk holds, and of the entries that its build understands:
 * one key for each, put by nobody else.
 *
 * KC1: what is said was true when it was said. It stays true until that disk is lost, or another
 *      build is started on it; whoever begins says first what holds now, before it has or does
 *      anything else.
 * KC2: each change of a key names the revision that it replaces: what an earlier life of the server
 *      has sent, and etcd carries out late, is refused.
 *
 * The keys hang on no lease: a server that is away still has its disk, and counts.
 */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogClaim, ServerIdentity } from '../../ports/cluster-log.ts';
import type { EtcdApi } from '../etcd/client.ts';
import type { Compare, KeyValue } from '../etcd/messages.ts';
import { isPassing } from '../etcd/repeat.ts';
import { Broadcast } from '../log/broadcast.ts';
import type { LogKeys } from './keys.ts';
import { ATTEMPT_MS, CLAIM_MS, CLAIMS_MAX } from './limits.ts';

export interface KeptClaimsDeps {
  readonly client: EtcdApi;
  readonly keys: LogKeys;
  readonly clock: Clock;
}

/** Who says it. */
export interface Claimant extends ServerIdentity {
  /** Entries up to this version are understood by its build. */
  readonly entryVersion: number;
}

/** A claim as it was read. */
export interface ReadClaim extends LogClaim {
  /** As `Claimant`; 1 where it has not said so. */
  readonly entryVersion: number;
  /** At which its key was last changed. */
  readonly revision: number;
}

export class KeptClaims {
  readonly #self: Claimant;
  readonly #deps: KeptClaimsDeps;
  readonly #key: string;
  readonly #bell = new Broadcast();
  /** The newest entry that this server's checkpoint holds. */
  #kept = 0 as Index;
  /** What the key says, and since which revision; 0: there is none. */
  #said: Said = NOTHING;
  #revision = 0;

  constructor(self: Claimant, deps: KeptClaimsDeps) {
    this.#self = self;
    this.#deps = deps;
    this.#key = deps.keys.kept(self.id);
  }

  get kept(): Index {
    return this.#kept;
  }

  /**
   * Takes back what was said before and the disk does not hold (KC1): by an earlier life, or by the
   * server of this name whose data directory was lost. Fails: as `EtcdApi.txn`.
   */
  async begin(kept: Index): Promise<void> {
    const { id, name } = this.#self;
    this.#kept = kept;
    const lost = (await this.all()).filter((each) => each.name === name && each.id !== id);
    if (lost.length > 0) await this.drop(lost);
    await this.#look();
    while (!(await this.#say(kept))) await this.#look();
  }

  /** The checkpoint holds more; the others are told within a second. */
  keep(kept: Index): void {
    this.#kept = kept;
    this.#bell.notify();
  }

  /** Tells the others of it until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#kept === this.#said.kept && this.#isVersionSaid) {
        await this.#bell.wait(signal);
        continue;
      }
      try {
        // Somebody who took this server for gone has removed the key, or an answer was lost.
        if (!(await this.#say(this.#kept))) await this.#look();
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await this.#deps.clock.sleep(CLAIM_MS, signal);
    }
  }

  /** What all have said, with this server's own disk as it is now. Fails: as `range`. */
  async all(): Promise<readonly ReadClaim[]> {
    const { client, keys } = this.#deps;
    const range = { ...keys.claims, limit: CLAIMS_MAX };
    const { pairs } = await client.range(range, { deadlineMs: ATTEMPT_MS });
    const claims = pairs.map((pair) => claimOf(pair, keys));
    const { id, name, entryVersion } = this.#self;
    const revision = claims.find((each) => each.id === id)?.revision ?? 0;
    const others = claims.filter((each) => each.id !== id);
    return [...others, { id, name, kept: this.#kept, entryVersion, revision }];
  }

  /** Holds as long as none of them has been said anew. */
  unchanged(claims: readonly ReadClaim[]): readonly Compare[] {
    const { keys } = this.#deps;
    return claims.map(({ id, revision }) => ({ key: keys.kept(id), modRevision: revision }));
  }

  /** Removes what was said by servers that will not come back. Fails: as `txn`. */
  async drop(claims: readonly ReadClaim[]): Promise<void> {
    const { client, keys } = this.#deps;
    const success = claims.map(({ id }) => ({ remove: { key: keys.kept(id) } }));
    // Refused where one of them is there after all.
    await client.txn({ compare: this.unchanged(claims), success }, { deadlineMs: ATTEMPT_MS });
  }

  get #isVersionSaid(): boolean {
    return this.#said.entryVersion === this.#self.entryVersion;
  }

  async #look(): Promise<void> {
    const { client, keys } = this.#deps;
    const { pairs } = await client.range({ key: this.#key }, { deadlineMs: ATTEMPT_MS });
    const [pair] = pairs;
    this.#revision = pair?.modRevision ?? 0;
    this.#said = pair === undefined ? NOTHING : claimOf(pair, keys);
  }

  /** False: the key is not as this server left it. */
  async #say(kept: Index): Promise<boolean> {
    const { client } = this.#deps;
    const compare = [{ key: this.#key, modRevision: this.#revision }];
    const { name, entryVersion } = this.#self;
    const value = Buffer.from(JSON.stringify({ name, kept, entryVersion }));
    try {
      const success = [{ put: { key: this.#key, value } }];
      const answer = await client.txn({ compare, success }, { deadlineMs: ATTEMPT_MS });
      if (answer.succeeded) {
        [this.#said, this.#revision] = [{ kept, entryVersion }, answer.revision];
      }
      return answer.succeeded;
    } catch (error) {
      if (!(error instanceof Failure) || error.fault !== 'exhausted') throw error;
      // A full store takes no more, and lets go of all: who has said nothing keeps nothing.
      const isLess = kept < this.#said.kept || entryVersion < this.#said.entryVersion;
      return !isLess || (await this.#unsay(compare));
    }
  }

  async #unsay(compare: readonly Compare[]): Promise<boolean> {
    const success = [{ remove: { key: this.#key } }];
    const how = { deadlineMs: ATTEMPT_MS };
    const { succeeded } = await this.#deps.client.txn({ compare, success }, how);
    if (succeeded) [this.#said, this.#revision] = [NOTHING, 0];
    return succeeded;
  }
}

type Said = Pick<ReadClaim, 'kept' | 'entryVersion'>;

const NOTHING: Said = { kept: 0 as Index, entryVersion: 1 };

/** Whoever says something that cannot be read keeps nothing. */
function claimOf({ key, value, modRevision }: KeyValue, keys: LogKeys): ReadClaim {
  const id = key.slice(keys.claims.key.length);
  const { name, kept, entryVersion } = readJson(value);
  return {
    ...{ id, name: typeof name === 'string' ? name : id },
    ...{ kept: (isCount(kept) ? kept : 0) as Index, revision: modRevision },
    entryVersion: isCount(entryVersion) ? entryVersion : NOTHING.entryVersion,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function readJson(value: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(value.toString())) as Record<string, unknown>;
  } catch {
    return {};
  }
}
