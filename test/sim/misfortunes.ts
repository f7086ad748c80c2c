/** What all kinds of misfortunes have in common: each is drawn, counted, and passes by itself. */
import type { Random } from '../../src/base/random.ts';
import { between, weighted } from './chance.ts';
import type { World } from './world.ts';

export abstract class Misfortunes<Name extends string = string> {
  protected readonly random: Random;
  /** What happened so far, for reports. */
  readonly counts: Partial<Record<Name, number>> = {};
  readonly #world: Pick<World, 'later'>;
  #isOver = false;

  constructor(world: Pick<World, 'later' | 'random'>) {
    this.#world = world;
    this.random = world.random.fork('chaos');
  }

  /** One misfortune. */
  abstract strike(): void;

  /** Everything works again, and whoever is away comes back. */
  abstract heal(): void;

  /** One of them, the heavier the likelier. */
  protected draw(weights: Readonly<Record<Name, number>>): Name {
    const name = weighted(this.random, weights);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    return name;
  }

  /** Ends a misfortune after a while, unless all of them were ended by then. */
  protected until(ms: number, act: () => void): void {
    this.#world.later(ms, () => {
      if (!this.#isOver) act();
    });
  }

  protected span(minMs: number, maxMs: number): number {
    return between(this.random, minMs, maxMs);
  }

  /** Whoever ends all of them says so. */
  protected over(): void {
    this.#isOver = true;
  }
}
