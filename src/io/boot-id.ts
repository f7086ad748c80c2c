/** Which start of the machine this is: since it, `systemClock.elapsedMs` counts. */
import { readFileSync } from 'node:fs';

/** Undefined elsewhere than on Linux. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}
