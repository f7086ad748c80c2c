import type { Millis } from '../base/brand.ts';
import type { Clock } from '../ports/clock.ts';

/** Time that moves only when the test says so. */
export class SimClock implements Clock {
  #now = 0;
  readonly #sleepers: { due: number; wake: () => void }[] = [];
  now(): Millis {
    return this.#now as Millis;
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push({ due: this.#now + ms, wake: resolve });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const s of this.#sleepers) if (s.due <= this.#now) s.wake();
  }
}
