/**
 * The clock of one machine, beside the world's: it may run fast or slow, and may be set.
 *
 * MC1: both the wall clock and what has elapsed run at the machine's own pace, and so do its waits.
 * MC2: what is set is the wall clock alone.
 * MC3: instants are whole milliseconds: a wait is over when its time is up by the own clock.
 */
import type { Millis } from '../base/brand.ts';
import type { AlarmClock } from '../ports/clock.ts';

/** Parts of which there are a million. */
const MILLION = 1_000_000;

export class MachineClock implements AlarmClock {
  /** How far its wall clock was set ahead [ms]. */
  skewMs = 0;
  readonly #world: AlarmClock;
  readonly #fromMs: number;
  readonly #pace: number;

  /** @param driftPpm how much faster than the world it runs [millionths]; negative: slower */
  constructor(world: AlarmClock, driftPpm = 0) {
    this.#world = world;
    this.#fromMs = world.elapsedMs();
    this.#pace = MILLION + driftPpm;
  }

  now(): Millis {
    return (this.elapsedMs() + this.skewMs) as Millis;
  }

  elapsedMs(): number {
    const passed = this.#world.elapsedMs() - this.#fromMs;
    return this.#fromMs + Math.floor((passed * this.#pace) / MILLION);
  }

  /** How long until `elapsedMs` says so much, by the world's time; negative: it did [ms]. */
  worldMsUntil(ownMs: number): number {
    const due = this.#fromMs + Math.ceil(((ownMs - this.#fromMs) * MILLION) / this.#pace);
    return due - this.#world.elapsedMs();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#world.sleep(this.worldMs(ms), signal);
  }

  alarm(ms: number, ring: () => void): () => void {
    return this.#world.alarm(this.worldMs(ms), ring);
  }

  /** How much of the world's time passes until so much of its own has, from now on [ms]. */
  worldMs(ms: number): number {
    return this.worldMsUntil(this.elapsedMs() + Math.max(0, Math.ceil(ms)));
  }
}
