import type { Millis } from '../base/brand.ts';

/** Time as a service. Only edges hold one; the core is told the time. */
export interface Clock {
  now(): Millis;
  /**
   * Milliseconds on a clock that nobody sets, from an instant of its own, the same for all
   * processes of a machine that is up: for how long something has lasted, where a step of the wall
   * clock must not matter.
   */
  elapsedMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A clock for those who wait in great numbers. */
export interface AlarmClock extends Clock {
  /**
   * Rings once after `ms`, unless it is called off by what it answers. Costs a fraction of a sleep.
   *
   * @param ms below 2^31, some 24 days
   */
  alarm(ms: number, ring: () => void): () => void;
}
