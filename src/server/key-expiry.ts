/**
 * Keys that go by themselves when their time is over, and lock-delays that are to be lifted.
 *
 * KE1: a key's instant is part of the state, so it is one of the wall clock's.
 * KE2: a lock-delay lasts as long as was asked for, however the wall clocks of the servers are set.
 *      A new leader counts it from its own beginning: too long rather than too short.
 */
import type { Index } from '../base/brand.ts';
import { explain } from '../base/failure.ts';
import { EXPIRED_PER_ENTRY_MAX, LOCK_DELAY_MS_MAX } from '../core/limits.ts';
import type { LockDelay } from '../core/model/kv.ts';
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
  /** By the wall clock (KE1). */
  readonly #keys = new Deadlines();
  /** By the clock that nobody sets (KE2). */
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
      for (const delay of lockDelays.values()) this.#count(delay);
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
      else this.#count(change.after);
    }
  }

  #hold(key: string, expiresAt: number | undefined): void {
    if (expiresAt === undefined) this.#keys.delete(key);
    else this.#keys.set(key, expiresAt);
    this.#bell.ring();
  }

  #count({ key, ms = LOCK_DELAY_MS_MAX }: LockDelay): void {
    this.#delays.set(key, this.#deps.clock.elapsedMs() + ms);
    this.#bell.ring();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, log, note } = this.#deps;
    const now = clock.now();
    const keys = this.#keys.take(now, EXPIRED_PER_ENTRY_MAX);
    const passed = this.#delays.take(clock.elapsedMs(), EXPIRED_PER_ENTRY_MAX - keys.length);
    if (keys.length + passed.length === 0) {
      await this.#bell.wait(clock, this.#waitMs(), signal);
      return;
    }
    try {
      const delays = passed.flatMap((key) => this.#delayOf(key));
      await propose(log, { type: 'kv.expire', at: now, keys, delays });
    } catch (error) {
      note(`keys are over: ${explain(error)}`);
      for (const key of keys) this.#keys.set(key, now + RETRY_MS);
      for (const key of passed) this.#delays.set(key, clock.elapsedMs() + RETRY_MS);
    }
  }

  #waitMs(): number | undefined {
    const { clock } = this.#deps;
    const keyMs = (this.#keys.nextAt() ?? Infinity) - clock.now();
    const delayMs = (this.#delays.nextAt() ?? Infinity) - clock.elapsedMs();
    const waitMs = Math.min(keyMs, delayMs);
    return waitMs === Infinity ? undefined : Math.max(1, waitMs);
  }

  #delayOf(key: string): readonly { key: string; index: Index }[] {
    const delay = this.#deps.replica.state.tables.lockDelays.get(key);
    return delay === undefined ? [] : [{ key, index: delay.modifyIndex }];
  }
}
