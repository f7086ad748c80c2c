import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../base/brand.ts';
import type { Clock } from '../ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now() as Millis,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};
