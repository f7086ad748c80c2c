/** Long work in short steps, so that everybody else has their turn in between. */
import type { Clock } from '../ports/clock.ts';

/** Work goes on for so long before others have their turn [ms]... */
const SLICE_MS = 5;
/** ...and looks at the clock after so many steps: they take microseconds. */
const STEPS_PER_LOOK = 64;

/**
 * Takes steps that follow each other, until there are no more or `take` answers true.
 *
 * Fails: with the signal's reason when it aborts; as a step does.
 */
export async function inSlices<Step>(
  steps: Iterable<Step>,
  take: (step: Step) => boolean,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let beganAt = clock.elapsedMs();
  let n = 0;
  for (const step of steps) {
    if (take(step)) return;
    if (++n % STEPS_PER_LOOK !== 0 || clock.elapsedMs() - beganAt < SLICE_MS) continue;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
    beganAt = clock.elapsedMs();
  }
}
