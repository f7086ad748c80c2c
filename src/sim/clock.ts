/**
 * Time that moves only when the test says so.
 *
 * T1: who is due at one instant is woken in the order of falling due, then of going to sleep: the
 *     same calls give the same order.
 */
import type { Millis } from '../base/brand.ts';
import type { AlarmClock } from '../ports/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly turn: number;
  /** Undefined: it was woken otherwise, and only its name is still in the queue. */
  wake: (() => void) | undefined;
  isQueued: boolean;
}

/** Dead names that may stay in the queue beside as many live ones. */
const DEAD_MAX = 256;

export class SimClock implements AlarmClock {
  #now: number;
  #turn = 0;
  #dead = 0;
  #sleepers: Sleeper[] = [];

  constructor(startAt = 0) {
    this.#now = startAt;
  }

  now(): Millis {
    return this.#now as Millis;
  }

  elapsedMs(): number {
    return this.#now;
  }

  /** Instants are whole milliseconds: fractions are rounded up, so that many share an instant. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const off = this.alarm(ms, end);
      const abort = (): void => {
        off();
        end();
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  alarm(ms: number, ring: () => void): () => void {
    const due = this.#now + Math.max(0, Math.ceil(ms));
    const sleeper: Sleeper = { due, turn: this.#turn++, wake: ring, isQueued: true };
    this.#push(sleeper);
    return () => this.#forget(sleeper);
  }

  /** When the next sleeper is due; undefined: nobody sleeps. */
  nextAt(): Millis | undefined {
    for (;;) {
      const first = this.#sleepers[0];
      if (first === undefined) return undefined;
      if (first.wake !== undefined) return first.due as Millis;
      this.#pop();
      this.#dead -= 1;
    }
  }

  /** Moves on, and wakes who is due (T1). */
  advance(ms: number): void {
    this.#now += ms;
    const due: Sleeper[] = [];
    for (let first = this.#sleepers[0]; first !== undefined; first = this.#sleepers[0]) {
      if (first.due > this.#now) break;
      this.#pop();
      first.isQueued = false;
      if (first.wake === undefined) this.#dead -= 1;
      else due.push(first);
    }
    for (const sleeper of due) {
      const { wake } = sleeper;
      sleeper.wake = undefined;
      wake?.();
    }
  }

  #forget(sleeper: Sleeper): void {
    if (sleeper.wake === undefined) return;
    sleeper.wake = undefined;
    if (!sleeper.isQueued) return;
    this.#dead += 1;
    if (this.#dead < DEAD_MAX || this.#dead * 2 < this.#sleepers.length) return;
    this.#sleepers = this.#sleepers.filter(({ wake }) => wake !== undefined).sort(compare);
    this.#dead = 0;
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.length;
    heap.push(sleeper);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || compare(above, sleeper) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = sleeper;
  }

  #pop(): void {
    const heap = this.#sleepers;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && compare(right, below) < 0) {
        child += 1;
        below = right;
      }
      if (compare(last, below) <= 0) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function compare(a: Sleeper, b: Sleeper): number {
  return a.due - b.due || a.turn - b.turn;
}
