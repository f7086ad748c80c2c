/**
 * How long a client has been without servers, over all its lives: groups may want to be stopped
 * after a while of that (`stop_on_client_after`).
 *
 * SI1: only a clock counts that nobody sets, between two lives the client's own time (`moment.ts`).
 * SI2: servers that were not asked anything have not been silent.
 * SI3: a client that has just begun gets its time to find them, however long it was away.
 */
import type { Millis } from '../../base/brand.ts';

/** How long a client that begins may look for servers before anything is stopped [ms]. */
export const FIND_SERVERS_MS = 30_000;

export class Silence {
  readonly #beganMs: number;
  /** Before this life [ms]. */
  #beforeMs: number;
  #expectedMs: number;
  #hasHeard = false;

  /**
   * @param elapsedMs now, on the clock that nobody sets
   * @param awayMs how long ago an earlier life heard of the servers; undefined: none did
   */
  constructor(elapsedMs: number, awayMs: number | undefined) {
    this.#beganMs = elapsedMs;
    this.#expectedMs = elapsedMs;
    this.#beforeMs = Math.max(0, awayMs ?? 0);
  }

  /** They answered, and are asked again after `nextMs`. */
  heard(elapsedMs: number, nextMs: number): void {
    this.#hasHeard = true;
    this.#beforeMs = 0;
    this.#expectedMs = elapsedMs + nextMs;
  }

  /** How long they have been silent [ms]; 0 while nothing may be concluded from that (SI2, SI3). */
  lengthMs(elapsedMs: number): number {
    if (!this.#hasHeard && elapsedMs - this.#beganMs < FIND_SERVERS_MS) return 0;
    return this.#beforeMs + Math.max(0, elapsedMs - this.#expectedMs);
  }
}

/** How long ago an instant is that an earlier life wrote down [ms]; 0 for one to come. */
export function awayMs(heardAt: Millis | undefined, now: Millis): number | undefined {
  return heardAt === undefined ? undefined : Math.max(0, now - heardAt);
}
