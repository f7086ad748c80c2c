import type { Millis } from '../base/brand.ts';

/** Time as a service. Only edges hold one; the core is told the time. */
export interface Clock {
  now(): Millis;
  /**
   * Milliseconds on a clock that nobody sets, from an instant of its own: for how long something
   * has lasted, where a step of the wall clock must not matter.
   */
  elapsedMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
