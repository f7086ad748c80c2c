/**
 * A lock with one holder: the lock of one key, as Consul's clients take it.
 *
 * Source: https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions
 */
import { deleteKv, writeKv } from '../../api/consul/kv-routes.ts';
import type { Index } from '../../base/brand.ts';
import type { KvPair } from '../../core/model/kv.ts';
import { DELAYED_MS, inUseOtherwise, readNow, unlessAborted, watchHeld } from './lock.ts';
import type { Grant, Lock, LockParts } from './lock.ts';

/** What Consul's clients mark such keys with: 0x2ddccbc058a50c18. */
const MUTEX_FLAGS = '3304740253564472344';
const NOTHING = new Uint8Array();

export class Mutex implements Lock {
  readonly #parts: LockParts;
  readonly #key: string;
  #tried = false;

  /** @param prefix the lock is the key `.lock` below it */
  constructor(parts: LockParts, prefix: string) {
    this.#parts = parts;
    this.#key = `${prefix}/.lock`;
  }

  acquire(signal: AbortSignal): Promise<Grant | undefined> {
    return unlessAborted(signal, () => this.#acquire(signal));
  }

  async #acquire(signal: AbortSignal): Promise<Grant | undefined> {
    const { api, world } = this.#parts;
    let after: Index | undefined;
    while (!signal.aborted) {
      const read = await readNow(
        api,
        this.#key,
        after === undefined ? { signal } : { signal, after },
      );
      const pair = read.value[0];
      if (pair !== undefined && pair.flags !== MUTEX_FLAGS) throw inUseOtherwise(this.#key);
      if (this.#isOurs(read.value)) return { token: pair?.lockIndex ?? read.index };
      after = pair?.session === undefined ? undefined : read.index;
      if (after !== undefined) continue;
      this.#tried = true;
      // Nobody holds it: the next read tells whether we do, and with which index.
      if (!(await this.#put({ acquire: this.#parts.session }, signal))) {
        await this.#delayed(signal, world.sleep);
      }
    }
    return undefined;
  }

  /** Refused though free: somebody was faster, which the next read tells, or it is delayed. */
  async #delayed(signal: AbortSignal, sleep: LockParts['world']['sleep']): Promise<void> {
    const { value } = await readNow(this.#parts.api, this.#key, { signal });
    if (value[0]?.session === undefined) await sleep(DELAYED_MS, signal);
  }

  watch(signal: AbortSignal): Promise<void> {
    return watchHeld(this.#parts, { key: this.#key }, (pairs) => this.#isOurs(pairs), signal);
  }

  async release(signal: AbortSignal): Promise<void> {
    if (this.#tried) await this.#put({ release: this.#parts.session }, signal);
  }

  async cleanup(signal: AbortSignal): Promise<boolean> {
    const { api } = this.#parts;
    const { value } = await readNow(api, this.#key, { signal });
    const pair = value[0];
    if (pair === undefined) return true;
    if (pair.session !== undefined) return false;
    const query = { cas: pair.modifyIndex };
    return api.call(deleteKv, { params: { key: this.#key }, query }, signal);
  }

  #isOurs(pairs: readonly KvPair[]): boolean {
    return pairs[0]?.session === this.#parts.session;
  }

  #put(
    what: Readonly<{ acquire?: string; release?: string }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const query = { ...what, flags: MUTEX_FLAGS };
    const input = { params: { key: this.#key }, query, body: NOTHING };
    return this.#parts.api.call(writeKv, input, signal);
  }
}
