/** A clock that only goes on when something happens or is heard of. */

/** Times beyond are no time that a pool could have reached. */
const TIME_MAX = 2 ** 48;

export class LamportClock {
  // Above the time of whoever never said anything.
  #time = 1;

  get time(): number {
    return this.#time;
  }

  /** The time of something that happens here. */
  tick(): number {
    return this.#time++;
  }

  /** Is past whatever was heard of. */
  witness(time: number): void {
    if (time >= this.#time && time < TIME_MAX) this.#time = time + 1;
  }
}
