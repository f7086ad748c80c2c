/** The client's own time in this process, and its mark on disk: what `moment.ts` promises. */
import type { Millis } from '../base/brand.ts';
import { leadOf, type Clocks, type Moment } from '../core/runner/moment.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClientStore } from './store.ts';

/** How often its mark is written [ms]: over a start of the machine no more is in doubt. */
export const MARK_MS = 60_000;

export class OwnTime {
  /** Tells and waits by the own time. */
  readonly clock: Clock;
  readonly #wall: Clock;
  readonly #bootId: string | undefined;
  #leadMs: number;

  /** @param bootId names the start of the machine since which `wall.elapsedMs` counts */
  constructor(wall: Clock, bootId: string | undefined) {
    this.#wall = wall;
    this.#bootId = bootId;
    this.#leadMs = leadOf(undefined, this.#clocks());
    this.clock = {
      now: () => this.now(),
      elapsedMs: () => wall.elapsedMs(),
      sleep: (ms, signal) => wall.sleep(ms, signal),
    };
  }

  now(): Millis {
    return Math.floor(this.#wall.elapsedMs() + this.#leadMs) as Millis;
  }

  moment(): Moment {
    return { now: this.#wall.now(), steady: this.now() };
  }

  /** Goes on where an earlier process was. Before anything is judged. */
  async resume(store: ClientStore): Promise<void> {
    this.#leadMs = leadOf(await store.time(), this.#clocks());
  }

  /** Fails: `unavailable`, `exhausted` the disk. */
  async keep(store: ClientStore): Promise<void> {
    await store.putTime({ ...this.#clocks(), steady: this.now() });
  }

  #clocks(): Clocks {
    return {
      now: this.#wall.now(),
      elapsedMs: this.#wall.elapsedMs(),
      bootId: this.#bootId,
    };
  }
}
