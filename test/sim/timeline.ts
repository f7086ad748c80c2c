/** Simulated time in which things happen one after another; what is due at once keeps its order. */
import TinyQueue from 'tinyqueue';

interface Due {
  readonly at: number;
  readonly turn: number;
  readonly run: () => void;
}

export class Timeline {
  #now = 0;
  #turn = 0;
  readonly #due = new TinyQueue<Due>([], (a, b) => a.at - b.at || a.turn - b.turn);

  /** [ms] since the beginning */
  get now(): number {
    return this.#now;
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#due.peek(); due !== undefined && due.at <= end; due = this.#due.peek()) {
      this.#due.pop();
      this.#now = due.at;
      due.run();
    }
    this.#now = end;
  }

  /** Lets time pass until it holds; answers how long that took [ms]; undefined: longer than that. */
  until(holds: () => boolean, msMax: number, stepMs = 100): number | undefined {
    const from = this.#now;
    while (!holds()) {
      if (this.#now - from >= msMax) return undefined;
      this.run(stepMs);
    }
    return this.#now - from;
  }

  protected later(at: number, run: () => void): void {
    this.#due.push({ at, turn: this.#turn++, run });
  }
}
