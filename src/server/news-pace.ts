/**
 * How soon a node may be told news again. A server that places much has news for the same nodes
 * many times a second; each answer costs what ten allocations more in it do.
 *
 * NP1: while few answers are given, no node waits.
 * NP2: the more there are, the longer a node waits after its last answer, up to a bound: so there
 *      are hardly more a second than `FULL_PER_S`, or one for each node.
 * NP3: a node that was told nothing for as long as that bound waits for nothing.
 */
import type { Millis } from '../base/brand.ts';
import { NEWS_SPACING_MS_MAX } from '../core/limits.ts';

/** Up to so many answers with news a second, nobody waits. */
const CALM_PER_S = 200;
/** From so many on, the wait is the longest. */
const FULL_PER_S = 1_000;
const SECOND_MS = 1_000;

export class NewsPace {
  #secondAt = 0;
  #before = 0;
  #now = 0;

  /** A node was told news. @param now from a clock that nobody sets [ms] */
  told(now: Millis): void {
    this.#turn(now);
    this.#now += 1;
  }

  /** How long a node that was told news then is to wait for the next [ms]. */
  waitMs(toldAt: Millis, now: Millis): number {
    this.#turn(now);
    const spacingMs = NEWS_SPACING_MS_MAX * share(this.#perSecond(now));
    return Math.max(0, toldAt + spacingMs - now);
  }

  /** Over the last second: all of the present one, and of the one before the part not yet over. */
  #perSecond(now: Millis): number {
    return this.#now + this.#before * (1 - (now - this.#secondAt) / SECOND_MS);
  }

  #turn(now: Millis): void {
    const seconds = Math.floor((now - this.#secondAt) / SECOND_MS);
    if (seconds <= 0) return;
    this.#before = seconds === 1 ? this.#now : 0;
    this.#now = 0;
    this.#secondAt += seconds * SECOND_MS;
  }
}

/** 0 to 1. */
function share(perSecond: number): number {
  const share = (perSecond - CALM_PER_S) / (FULL_PER_S - CALM_PER_S);
  return Math.min(1, Math.max(0, share));
}
