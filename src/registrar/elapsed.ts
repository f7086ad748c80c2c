/** Instants of the registrar that are neither told nor kept are on a clock that nobody sets. */
import type { Millis } from '../base/brand.ts';
import type { Clock } from '../ports/clock.ts';

export function elapsed(clock: Clock): Millis {
  return clock.elapsedMs() as Millis;
}
