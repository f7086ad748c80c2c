/**
 * Brings the servers of this region into the pool of all regions: one that joined is enough for all
 * to be there.
 *
 * FL1: level-triggered: who is missing is joined again at the next look, and nobody else.
 *
 * Source: https://developer.hashicorp.com/consul/docs/architecture/gossip
 */
import { explain } from '../base/failure.ts';
import { addressText } from '../core/gossip/address.ts';
import { missingServers } from '../core/federation/missing-servers.ts';
import type { Clock } from '../ports/clock.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import type { Gossip } from './gossip.ts';

export interface FloodDeps {
  /** The pool of this region, and that of all. */
  readonly lan: Gossip;
  readonly wan: Gossip;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/** How often it is looked while somebody is missing [ms]. */
const LOOK_MS = 10_000;

export class FloodLoop implements Service {
  readonly name = 'gossip-flood';
  readonly #region: string;
  readonly #deps: FloodDeps;
  #lastNote = '';

  constructor(region: string, deps: FloodDeps) {
    this.#region = region;
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { lan, clock } = this.#deps;
    const bell = new Bell();
    const end = lan.follow((news) => {
      if (news.type === 'member') bell.ring();
    });
    try {
      while (!signal.aborted) {
        const isComplete = await this.#look();
        if (isAborted(signal)) return;
        await bell.wait(clock, isComplete ? undefined : LOOK_MS, signal);
      }
    } finally {
      end();
    }
  }

  /** True: nobody is missing. */
  async #look(): Promise<boolean> {
    const { lan, wan, note } = this.#deps;
    const missing = missingServers(this.#region, lan.members(), wan.members());
    for (const { name, address } of missing) {
      try {
        await wan.join(addressText(address));
      } catch (error) {
        const line = `"${name}" is not in the pool of all regions: ${explain(error)}`;
        if (line !== this.#lastNote) note(line);
        this.#lastNote = line;
      }
    }
    return missing.length === 0;
  }
}
