import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { Service } from '../ports/service.ts';

/**
 * Keeps `service` running until `signal` aborts, with jittered exponential backoff. A bug is not
 * retried: it ends this, too.
 */
export async function keepRunning(
  service: Service,
  deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: (line: string) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let delayMs = DELAY_MS_MIN;
  while (!signal.aborted) {
    const startedMs = deps.clock.elapsedMs();
    try {
      await service.run(signal);
    } catch (error) {
      if (error instanceof Bug) throw error;
      deps.log(`${service.name}: ${explain(error)}`);
    }
    // Only a run that held earns a fresh start; a crash loop must keep backing off.
    if (deps.clock.elapsedMs() - startedMs > DELAY_MS_MAX) delayMs = DELAY_MS_MIN;
    await deps.clock.sleep(delayMs * (0.5 + deps.random.next()), signal);
    delayMs = Math.min(delayMs * 2, DELAY_MS_MAX);
  }
}

const DELAY_MS_MIN = 25;
const DELAY_MS_MAX = 10_000;
