/**
 * Those who wait for an entry, and how they are woken.
 *
 * W1: who waits is woken once: by what it waits for, when its time is over, or by its signal.
 * W2: many woken by one entry go on in slices, so that the event loop is not held.
 */
import type { AlarmClock } from '../ports/clock.ts';

/** Each reads and encodes an answer, some 0.1 ms. */
const WAKES_PER_TURN = 50;

/** Where somebody waits. */
export interface Waiting {
  readonly enter: (wake: () => void) => void;
  readonly leave: (wake: () => void) => void;
}

export class Wakes {
  readonly #clock: AlarmClock;
  readonly #due = new Set<() => void>();
  #isDraining = false;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  /** Waits there; resolves when it is woken, after `waitMs`, or when the signal is given (W1). */
  wait(there: Waiting, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        callOff();
        signal.removeEventListener('abort', wake);
        this.#due.delete(wake);
        there.leave(wake);
        resolve();
      };
      const callOff = this.#clock.alarm(waitMs, wake);
      signal.addEventListener('abort', wake, { once: true });
      there.enter(wake);
    });
  }

  /** Is to be woken by the next `run`. */
  add(wake: () => void): void {
    this.#due.add(wake);
  }

  /** Wakes all who are due: some at once, the others a slice at a time (W2). */
  run(): void {
    if (this.#isDraining || this.#due.size === 0) return;
    this.#isDraining = true;
    const slice = (): void => {
      let left = WAKES_PER_TURN;
      for (const wake of this.#due) {
        if (left === 0) break;
        left -= 1;
        wake();
      }
      this.#isDraining = this.#due.size > 0;
      if (this.#isDraining) setImmediate(slice);
    };
    slice();
  }
}
