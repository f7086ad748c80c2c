import type { Millis } from '../base/brand.ts';
import type { Clock } from '../ports/clock.ts';

/** Time that moves only when the test says so. */
export class SimClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();

  now(): Millis {
    return this.#now as Millis;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { due: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** When the next sleeper is due; undefined: nobody sleeps. */
  nextAt(): Millis | undefined {
    if (this.#sleepers.size === 0) return undefined;
    return Math.min(...[...this.#sleepers].map(({ due }) => due)) as Millis;
  }

  /** Moves on, and wakes who is due, the earliest first. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#sleepers].filter((sleeper) => sleeper.due <= this.#now);
    for (const sleeper of due.sort((a, b) => a.due - b.due)) sleeper.wake();
  }
}
