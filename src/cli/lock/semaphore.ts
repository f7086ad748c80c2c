/**
 * A lock with several holders: each who wants in puts a key of its own under the prefix, and those
 * who are in stand in the key `.lock`, changed by check-and-set, as Consul's clients do.
 *
 * Source: https://developer.hashicorp.com/consul/tutorials/developer-configuration/distributed-semaphore
 */
import { decodeFull, shape, type Shape } from '../../api/codec/codec.ts';
import { boolCodec, int, map } from '../../api/codec/fields.ts';
import { isIssues } from '../../api/codec/issue.ts';
import { deleteKv, writeKv } from '../../api/consul/kv-routes.ts';
import { fromBase64 } from '../../base/base64.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { readJson, writeJson } from '../../base/json.ts';
import type { KvPair } from '../../core/model/kv.ts';
import { inUseOtherwise, readNow, unlessAborted, watchHeld } from './lock.ts';
import type { Grant, Lock, LockParts } from './lock.ts';

/** What Consul's clients mark such keys with: 0xe0f69a2baa414de0. */
const SEMAPHORE_FLAGS = '16210313421097356768';
const NOTHING = new Uint8Array();
/** A change of `.lock` that somebody else always comes before is given up. */
const CHANGES_MAX = 100;

/** Who is in, as `.lock` says it. */
interface Places {
  readonly limit: number;
  /** By session. */
  readonly holders: Readonly<Record<string, boolean>>;
}

const PLACES: Shape<Places> = shape({
  limit: int('Limit'),
  holders: map('Holders', boolCodec, {}),
});

/** `.lock` as it was read; index 0: there is none. */
interface Found extends Places {
  readonly modifyIndex: Index;
}

export class Semaphore implements Lock {
  readonly #parts: LockParts;
  readonly #prefix: string;
  readonly #key: string;
  readonly #limit: number;

  /** @param limit how many may hold it at once */
  constructor(parts: LockParts, prefix: string, limit: number) {
    this.#parts = parts;
    this.#prefix = `${prefix}/`;
    this.#key = `${prefix}/.lock`;
    this.#limit = limit;
  }

  acquire(signal: AbortSignal): Promise<Grant | undefined> {
    return unlessAborted(signal, async () => {
      await this.#contend(signal);
      return this.#acquire(signal);
    });
  }

  async #contend(signal: AbortSignal): Promise<void> {
    const { api, session } = this.#parts;
    const query = { acquire: session, flags: SEMAPHORE_FLAGS };
    const params = { key: this.#prefix + session };
    if (!(await api.call(writeKv, { params, query, body: NOTHING }, signal))) {
      throw new Failure('conflict', `cannot make an entry under "${this.#prefix}"`);
    }
  }

  async #acquire(signal: AbortSignal): Promise<Grant | undefined> {
    let after: Index | undefined;
    while (!signal.aborted) {
      const { value, index } = await this.#read(signal, after);
      const found = this.#found(value);
      if (this.#isIn(value)) return { token: found.modifyIndex };
      const holders = Object.keys(found.holders).filter(alive(value));
      after = holders.length >= this.#limit ? index : undefined;
      if (after === undefined) await this.#change(found, [...holders, this.#parts.session], signal);
    }
    return undefined;
  }

  watch(signal: AbortSignal): Promise<void> {
    const at = { key: this.#prefix, recurse: true } as const;
    return watchHeld(this.#parts, at, (pairs) => this.#isIn(pairs), signal);
  }

  async release(signal: AbortSignal): Promise<void> {
    const { api, session } = this.#parts;
    for (let i = 0; i < CHANGES_MAX; i++) {
      const found = this.#found((await this.#read(signal)).value);
      if (found.holders[session] !== true) break;
      const others = Object.keys(found.holders).filter((id) => id !== session);
      if (await this.#change(found, others, signal)) break;
    }
    await api.call(deleteKv, { params: { key: this.#prefix + session } }, signal);
  }

  async cleanup(signal: AbortSignal): Promise<boolean> {
    const { value } = await this.#read(signal);
    const { holders, modifyIndex } = this.#found(value);
    if (modifyIndex === 0) return true;
    if (value.some(({ session }) => session !== undefined)) return false;
    if (Object.keys(holders).length > 0) return false;
    const query = { cas: modifyIndex };
    return this.#parts.api.call(deleteKv, { params: { key: this.#key }, query }, signal);
  }

  #read(signal: AbortSignal, after?: Index): ReturnType<typeof readNow> {
    const options = { recurse: true, signal } as const;
    const at = after === undefined ? options : { ...options, after };
    return readNow(this.#parts.api, this.#prefix, at);
  }

  /** Fails: `conflict` where it is no such key, or one for another number of holders. */
  #found(pairs: readonly KvPair[]): Found {
    const pair = pairs.find(({ key }) => key === this.#key);
    if (pair === undefined) return { limit: this.#limit, holders: {}, modifyIndex: 0 as Index };
    if (pair.flags !== SEMAPHORE_FLAGS) throw inUseOtherwise(this.#key);
    const places = decodePlaces(pair.value);
    if (places === undefined) throw inUseOtherwise(this.#key);
    if (places.limit !== this.#limit) {
      const told = `semaphore limit conflict (lock: ${places.limit}, local: ${this.#limit})`;
      throw new Failure('conflict', told);
    }
    return { ...places, modifyIndex: pair.modifyIndex };
  }

  #isIn(pairs: readonly KvPair[]): boolean {
    const { session } = this.#parts;
    return this.#found(pairs).holders[session] === true && alive(pairs)(session);
  }

  #change(found: Found, holders: readonly string[], signal: AbortSignal): Promise<boolean> {
    const places = {
      limit: this.#limit,
      holders: Object.fromEntries(holders.map((id) => [id, true])),
    };
    const body = new TextEncoder().encode(writeJson(PLACES.encode(places, 'full')));
    const query = { cas: found.modifyIndex, flags: SEMAPHORE_FLAGS };
    return this.#parts.api.call(writeKv, { params: { key: this.#key }, query, body }, signal);
  }
}

/** Who is in but has lost its session is out. */
function alive(pairs: readonly KvPair[]): (id: string) => boolean {
  const sessions = new Set<string>(pairs.flatMap(({ session }) => session ?? []));
  return (id) => sessions.has(id);
}

function decodePlaces(value: string): Places | undefined {
  const bytes = fromBase64(value);
  if (bytes === undefined) return undefined;
  try {
    const places = decodeFull(PLACES, readJson(new TextDecoder().decode(bytes)));
    return isIssues(places) ? undefined : places;
  } catch {
    return undefined;
  }
}
