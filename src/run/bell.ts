/**
 * Lets a loop wait for work without missing any: a ring before the wait ends the wait at once.
 * One loop waits, anyone rings.
 */
import type { Clock } from '../ports/clock.ts';

export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /**
   * Resolves once the bell was rung since the last wait, after `waitMs` (absent: never), or when
   * `signal` aborts. Never rejects.
   */
  async wait(clock: Clock, waitMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) await this.#sleep(clock, waitMs, signal);
    this.#rung = false;
  }

  async #sleep(clock: Clock, waitMs: number | undefined, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const end = (): void => done.abort();
    signal.addEventListener('abort', end, { once: true });
    this.#wake = end;
    // Without a time to wake at, the sleep is only a wait for the end.
    await clock.sleep(waitMs ?? FOREVER_MS, done.signal);
    signal.removeEventListener('abort', end);
    this.#wake = undefined;
  }
}

/** The longest that a timer can be set to. */
const FOREVER_MS = 2_147_483_647;
