/**
 * Leaving out addresses that do not answer, until the catalog knows.
 *
 * E1: each failure in succession doubles the time out, up to a bound; one success ends it.
 */
import type { Millis } from '../../base/brand.ts';

/** What is known of an address that failed. */
export interface Ejection {
  /** In succession. */
  readonly failures: number;
  readonly until: Millis;
}

/** Out after the first failure [ms]: a restarted program is back after about as long. */
const OUT_MS_MIN = 500;
/** Longest time out [ms]: then it is tried again with one request. */
const OUT_MS_MAX = 30_000;

export function afterFailure(before: Ejection | undefined, now: Millis): Ejection {
  const failures = (before?.failures ?? 0) + 1;
  const outMs = Math.min(OUT_MS_MAX, OUT_MS_MIN * 2 ** Math.min(failures - 1, 10));
  return { failures, until: (now + outMs) as Millis };
}

export function isOut(ejection: Ejection | undefined, now: Millis): boolean {
  return ejection !== undefined && now < ejection.until;
}
