/** How far the clocks of simulated machines run apart. */
import type { Random } from '../../src/base/random.ts';
import { CLOCK_DRIFT_MAX } from '../../src/core/limits.ts';
import { chance } from './chance.ts';

const PPM = 1_000_000;
/** Less than this is not worth simulating. */
const LEAST = 0.001;

/** A machine's own pace [millionths]: a third run true, a third are as wrong as they may be. */
export function drawDriftPpm(random: Random): number {
  if (chance(random, 1 / 3)) return 0;
  const size = chance(random, 0.5)
    ? CLOCK_DRIFT_MAX
    : LEAST * (CLOCK_DRIFT_MAX / LEAST) ** random.next();
  return Math.round(PPM * (chance(random, 0.5) ? size : -size));
}
