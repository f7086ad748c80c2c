/**
 * Keys that go by themselves when their time is over, and lock-delays that are to be forgotten
 * then. The leader looks after them; their instants are part of the state.
 */
import { explain } from '../base/failure.ts';
import { EXPIRED_PER_ENTRY_MAX } from '../core/limits.ts';
import type { Change } from '../core/state/change.ts';
import { Bell } from '../run/bell.ts';
import { Deadlines } from './deadlines.ts';
import { propose } from './proposer.ts';
import type { SessionTimerDeps } from './session-timers.ts';

/** After a write that failed: the disk may be full [ms]. */
const RETRY_MS = 1_000;

export class KeyExpiry {
  readonly name = 'key expiry';
  readonly #deps: SessionTimerDeps;
  readonly #bell = new Bell();
  readonly #keys = new Deadlines();
  readonly #delays = new Deadlines();

  constructor(deps: SessionTimerDeps) {
    this.#deps = deps;
  }

  /** Runs until `signal` aborts. Only the leader does. */
  async run(signal: AbortSignal): Promise<void> {
    const { replica } = this.#deps;
    const unsubscribe = replica.subscribe(({ changes }) => {
      for (const change of changes) this.#follow(change);
    });
    try {
      const { kv, lockDelays } = replica.state.tables;
      for (const pair of kv.valuesBy('expiring', 'yes')) this.#hold(pair.key, pair.expiresAt);
      for (const { key, until } of lockDelays.values()) this.#delays.set(key, until);
      while (!signal.aborted) await this.#turn(signal);
    } finally {
      unsubscribe();
      this.#keys.clear();
      this.#delays.clear();
    }
  }

  #follow(change: Change): void {
    if (change.table === 'kv') {
      const expiresAt = change.after?.expiresAt;
      if (expiresAt !== undefined || change.before?.expiresAt !== undefined) {
        this.#hold(change.key, expiresAt);
      }
    } else if (change.table === 'lockDelays') {
      if (change.after === undefined) this.#delays.delete(change.key);
      else this.#delays.set(change.key, change.after.until);
      this.#bell.ring();
    }
  }

  #hold(key: string, expiresAt: number | undefined): void {
    if (expiresAt === undefined) this.#keys.delete(key);
    else this.#keys.set(key, expiresAt);
    this.#bell.ring();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, log, note } = this.#deps;
    const now = clock.now();
    const keys = this.#keys.take(now, EXPIRED_PER_ENTRY_MAX);
    const delays = this.#delays.take(now, EXPIRED_PER_ENTRY_MAX - keys.length);
    if (keys.length + delays.length === 0) {
      const nextAt = Math.min(this.#keys.nextAt() ?? Infinity, this.#delays.nextAt() ?? Infinity);
      const waitMs = nextAt === Infinity ? undefined : Math.max(1, nextAt - now);
      await this.#bell.wait(clock, waitMs, signal);
      return;
    }
    try {
      await propose(log, { type: 'kv.expire', at: now, keys: [...new Set([...keys, ...delays])] });
    } catch (error) {
      note(`keys are over: ${explain(error)}`);
      for (const key of keys) this.#keys.set(key, now + RETRY_MS);
      for (const key of delays) this.#delays.set(key, now + RETRY_MS);
    }
  }
}
