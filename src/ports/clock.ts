import type { Millis } from '../base/brand.ts';

/** Time as a service. Only edges hold one; the core is told the time. */
export interface Clock {
  now(): Millis;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
