/** What falls due when, in order; of the same instant, in the order in which it was set. */
import TinyQueue from 'tinyqueue';
import type { Millis } from '../../../base/brand.ts';

interface Due<T> {
  readonly at: number;
  readonly turn: number;
  readonly what: T;
}

export class Timers<T> {
  readonly #queue = new TinyQueue<Due<T>>([], (a, b) => a.at - b.at || a.turn - b.turn);
  #turn = 0;

  /** When the first falls due; undefined: none is set. */
  get nextAt(): Millis | undefined {
    return this.#queue.peek()?.at as Millis | undefined;
  }

  set(at: number, what: T): void {
    this.#queue.push({ at, turn: this.#turn++, what });
  }

  /** The next that is due, which is forgotten; undefined: none is. */
  due(now: number): T | undefined {
    const first = this.#queue.peek();
    if (first === undefined || first.at > now) return undefined;
    this.#queue.pop();
    return first.what;
  }
}
