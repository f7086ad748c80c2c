/** The machine's own clock. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../base/brand.ts';
import type { Clock } from '../ports/clock.ts';

/** Timers take 31 bits; a longer one would ring at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now() as Millis,
  sleep: async (ms, signal) => {
    let left = ms;
    while (left > TIMER_MS_MAX && !signal.aborted) {
      await pause(TIMER_MS_MAX, signal);
      left -= TIMER_MS_MAX;
    }
    await pause(left, signal);
  },
};

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => undefined);
}
