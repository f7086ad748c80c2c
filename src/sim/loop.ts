/**
 * Moves a simulated world: at each instant everything that can happen happens, then time goes on to
 * the next instant at which anything is due.
 *
 * W1: whoever waits for nothing but promises, `setImmediate` and the simulated clock runs in an
 *     order that depends on the calls alone. (Promises are served to the last before the next
 *     immediate, and immediates in the order in which they were asked for.)
 * W2: actions of the world (crashes, an operator's wishes) happen between instants, when nobody is
 *     in the middle of anything.
 */
import { assert } from '../base/assert.ts';
import type { Millis } from '../base/brand.ts';
import type { SimClock } from './clock.ts';

interface Action {
  readonly at: number;
  readonly turn: number;
  readonly act: () => void;
}

/** Turns of the event loop at each instant: those who take slices come again at the next one. */
const TURNS = 2;

export class SimLoop {
  readonly #clock: SimClock;
  #agenda: Action[] = [];
  #turn = 0;
  #instants = 0;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Instants passed so far: what a run costs. */
  get instants(): number {
    return this.#instants;
  }

  /**
   * Lets the world do something at an instant (W2); in the order of asking where they are equal.
   */
  at(instant: number, act: () => void): void {
    const at = Math.max(Math.ceil(instant), this.#clock.now());
    const action = { at, turn: this.#turn++, act };
    const index = this.#agenda.findIndex((each) => each.at > at);
    this.#agenda.splice(index < 0 ? this.#agenda.length : index, 0, action);
  }

  /** Passes time until `end`, or until `isOver` says so at the end of an instant. */
  async run(end: Millis, isOver: () => boolean = () => false): Promise<void> {
    assert(end >= this.#clock.now(), 'time does not run back');
    await this.#settle();
    while (!isOver()) {
      const sleeper = this.#clock.nextAt();
      const action = this.#agenda[0];
      const next = Math.min(sleeper ?? Infinity, action?.at ?? Infinity);
      if (next > end) {
        this.#clock.advance(end - this.#clock.now());
        return;
      }
      this.#instants += 1;
      this.#clock.advance(next - this.#clock.now());
      if (sleeper === next) await this.#settle();
      await this.#act(next);
    }
  }

  /** Lets the present instant come to its end. */
  async #settle(): Promise<void> {
    for (let i = 0; i < TURNS; i++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #act(now: number): Promise<void> {
    for (let first = this.#agenda[0]; first !== undefined; first = this.#agenda[0]) {
      if (first.at > now) return;
      this.#agenda.shift();
      first.act();
      await this.#settle();
    }
  }
}
