/** A stream that does not go on is given up. */
import { Failure } from '../base/failure.ts';
import type { Clock } from '../ports/clock.ts';
import { isAborted } from './aborted.ts';

export interface Patience {
  readonly clock: Clock;
  /** How long the next piece may take [ms]. */
  readonly ms: number;
}

/**
 * Passes pieces on as they come.
 *
 * @param open begins the stream; its signal aborts when nobody reads any more
 * Fails: `timeout`; `canceled` when `signal` aborts; what the stream fails with.
 */
export async function* notStalled<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { clock, ms }: Patience,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const over = new AbortController();
  const pieces = open(AbortSignal.any([signal, over.signal]))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const alarm = new AbortController();
      const next = pieces.next();
      // If it is given up, its failure is nobody's business any more.
      next.catch(() => undefined);
      const late = clock.sleep(ms, alarm.signal);
      const found = await Promise.race([next, late]).finally(() => alarm.abort());
      if (isAborted(signal)) throw new Failure('canceled', 'nobody waits for the stream any more');
      if (found === undefined)
        throw new Failure('timeout', `nothing more came for ${ms / 1_000} s`);
      if (found.done === true) return;
      yield found.value;
    }
  } finally {
    over.abort();
  }
}
