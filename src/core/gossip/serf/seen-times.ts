/**
 * What was heard at the last few Lamport times, so that each is taken once.
 *
 * L1: of the times within the buffer everything is known; what is older is refused.
 */
import { LAMPORT_BUFFER, SAME_TIME_MAX } from '../limits.ts';

export class SeenTimes<T> {
  readonly #isSame: (a: T, b: T) => boolean;
  readonly #places: ({ readonly lTime: number; readonly seen: T[] } | undefined)[] = [];
  #leastTime = 0;

  constructor(isSame: (a: T, b: T) => boolean) {
    this.#isSame = isSame;
  }

  /** Takes nothing of before any more. */
  ignoreBefore(lTime: number): void {
    this.#leastTime = Math.max(this.#leastTime, lTime);
  }

  /**
   * True for what is new.
   *
   * @param clock the time of the clock that counts these, what is added witnessed
   */
  add(lTime: number, what: T, clock: number): boolean {
    if (lTime < this.#leastTime || lTime > clock) return false;
    if (clock > LAMPORT_BUFFER && lTime < clock - LAMPORT_BUFFER) return false;
    const place = this.#places[lTime % LAMPORT_BUFFER];
    if (place?.lTime === lTime) {
      const { seen } = place;
      if (seen.length >= SAME_TIME_MAX || seen.some((each) => this.#isSame(each, what)))
        return false;
      seen.push(what);
      return true;
    }
    if (place !== undefined && place.lTime > lTime) return false;
    this.#places[lTime % LAMPORT_BUFFER] = { lTime, seen: [what] };
    return true;
  }

  /** Everything that is remembered, with its time. */
  *entries(): Generator<readonly [number, T]> {
    for (const place of this.#places) {
      for (const what of place?.seen ?? []) yield [place?.lTime ?? 0, what];
    }
  }
}
