/** The machine's own time since its start, suspend included: what leases are counted on. */
import { readFileSync } from 'node:fs';

/**
 * Milliseconds since the machine started, in steps of ten; the same for all its processes.
 *
 * Elsewhere than on Linux it is the wall clock.
 */
export function uptimeMs(): number {
  try {
    return Math.round(Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000);
  } catch {
    return Date.now();
  }
}
