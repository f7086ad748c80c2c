/**
 * Whether this process itself stood still: stopped by a signal, frozen with its machine, starved,
 * or busy collecting garbage.
 *
 * Whoever judges others by their silence has to ask this first. What they said meanwhile has not
 * been read yet, so a standstill blames nobody: all get their time anew.
 */

/** Below this nothing is made of it [ms]: garbage is collected, disks are slow. */
const STANDSTILL_MS_MIN = 1_000;

/**
 * How long this process did nothing [ms]; undefined: no longer than it may.
 *
 * @param dueAt when it meant to look again at the latest; undefined: there was nothing to look at
 * @param now of the same clock, which nobody sets
 * @param leastMs what counts as a standstill; at least a second
 */
export function standstillMs(
  dueAt: number | undefined,
  now: number,
  leastMs = STANDSTILL_MS_MIN,
): number | undefined {
  const lateMs = now - (dueAt ?? now);
  return lateMs >= Math.max(STANDSTILL_MS_MIN, leastMs) ? lateMs : undefined;
}
