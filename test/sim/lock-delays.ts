/** Whether a lock whose holder was lost is kept from others for as long as that holder asked for. */
import type { ChangeBatch } from '../../src/server/replica.ts';
import { CLOCK_DRIFT_MAX } from '../../src/core/limits.ts';

/** Instants are whole milliseconds, of the servers' clocks and of the world's. */
const ROUNDING_MS = 2;

interface Running {
  readonly sinceMs: number;
  readonly ms: number;
}

export class LockDelays {
  readonly #running = new Map<string, Running>();
  #index = 0;
  /** How many grants came after one. */
  kept = 0;

  /** Called with each entry's changes; replayed ones say nothing new. Throws what is wrong. */
  check({ index, changes }: Pick<ChangeBatch, 'index' | 'changes'>, nowMs: number): void {
    if (index <= this.#index) return;
    this.#index = index;
    for (const change of changes) {
      if (change.table === 'lockDelays' && change.after !== undefined) {
        this.#running.set(change.key, { sinceMs: nowMs, ms: change.after.ms ?? 0 });
      }
      if (change.table !== 'kv' || change.after?.session === undefined) continue;
      if (change.before?.session === change.after.session) continue;
      this.#granted(change.key, nowMs);
    }
  }

  #granted(key: string, nowMs: number): void {
    const delay = this.#running.get(key);
    if (delay === undefined) return;
    this.#running.delete(key);
    this.kept += 1;
    const passedMs = nowMs - delay.sinceMs;
    // The leader's clock may run fast.
    if (passedMs + ROUNDING_MS >= delay.ms / (1 + CLOCK_DRIFT_MAX)) return;
    throw new Error(`lock ${key} was granted ${passedMs} ms into a lock-delay of ${delay.ms} ms`);
  }
}
