/** The machine's own clock. */
import type { Millis } from '../base/brand.ts';
import type { AlarmClock } from '../ports/clock.ts';

/** Timers take 31 bits; a longer one would ring at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The process's own clock begins with it; this one, with the machine, for all its processes. */
const BOOT_TO_PROCESS_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: AlarmClock = {
  now: () => Date.now() as Millis,
  elapsedMs: () => BOOT_TO_PROCESS_MS + performance.now(),
  sleep: async (ms, signal) => {
    let left = ms;
    while (left > TIMER_MS_MAX && !signal.aborted) {
      await pause(TIMER_MS_MAX, signal);
      left -= TIMER_MS_MAX;
    }
    await pause(left, signal);
  },
  alarm: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Node's own promise of a delay rejects on abort, with an error and its stack; every machine that
 * is woken aborts a sleep, so that was a tenth of an agent's time while it started tasks.
 */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
