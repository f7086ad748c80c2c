/** What every simulated world stands on: time, chance, what was written, and what broke. */
import type { Millis } from '../../src/base/brand.ts';
import { seeded, type Random } from '../../src/base/random.ts';
import type { Entry } from '../../src/core/state/entry.ts';
import type { State } from '../../src/core/state/state.ts';
import type { ChangeBatch } from '../../src/server/replica.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { SimLoop } from '../../src/sim/loop.ts';
import { T0 } from '../state-world.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { LockDelays } from './lock-delays.ts';
import { RolloutInvariants } from './rollout-invariants.ts';

/** Lines of the agents' logs that are kept for a report. */
const LINES_MAX = 400;

export class Stage {
  readonly random: Random;
  readonly clock = new SimClock(T0);
  readonly loop = new SimLoop(this.clock);
  readonly history = new History();
  readonly invariants = new Invariants();
  readonly rollouts = new RolloutInvariants();
  readonly lockDelays = new LockDelays();
  readonly lines: string[] = [];
  #broken: { readonly error: unknown } | undefined;

  constructor(seed: string) {
    this.random = seeded(seed);
  }

  /** Since the beginning [ms]. */
  get elapsedMs(): number {
    return this.clock.now() - T0;
  }

  /** Keeps a line for the report. */
  note(line: string): void {
    this.lines.push(`${this.elapsedMs} ${line}`);
    if (this.lines.length > 2 * LINES_MAX) this.lines.splice(0, LINES_MAX);
  }

  /** Something broke its promise; the run ends at the end of the instant. */
  fail(error: unknown): void {
    this.#broken ??= { error };
  }

  /** Does something in `ms` from now, between two instants. */
  later(ms: number, act: () => void): void {
    this.loop.at(this.clock.now() + ms, () => this.#attempt(act));
  }

  /** Passes time. Throws what broke. */
  async pass(ms: number): Promise<void> {
    const end = (this.clock.now() + ms) as Millis;
    await this.loop.run(end, () => this.#broken !== undefined);
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** One entry was applied that no server had applied before. */
  protected judge(entry: Entry, batch: ChangeBatch, state: State): void {
    this.#attempt(() => {
      this.invariants.check(batch, state);
      this.lockDelays.check(batch, this.elapsedMs);
      this.rollouts.check({ entry, changes: batch.changes, state });
    });
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
  }
}
