/**
 * Brings the servers of this region into the pool of all regions: one that joined is enough for all
 * to be there.
 *
 * FL1: level-triggered: who is missing is joined again at the next look, and nobody else.
 * FL2: a server of another cluster that has this region's name is told of, once: nothing works
 *      across two regions of one name.
 *
 * Source: https://developer.hashicorp.com/consul/docs/architecture/gossip
 */
import { explain } from '../base/failure.ts';
import { addressText } from '../core/gossip/address.ts';
import { missingServers, strangers } from '../core/federation/missing-servers.ts';
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
/** How long two servers of one region may take to know each other [ms]. */
const DOUBT_MS = 30_000;

export class FloodLoop implements Service {
  readonly name = 'gossip-flood';
  readonly #region: string;
  readonly #deps: FloodDeps;
  #lastNote = '';
  /** Since when servers are strangers [ms of the clock]; told of: never again. */
  readonly #doubtedSince = new Map<string, number>();

  constructor(region: string, deps: FloodDeps) {
    this.#region = region;
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { lan, wan, clock } = this.#deps;
    const bell = new Bell();
    const ends = [lan, wan].map((pool) =>
      pool.follow((news) => {
        if (news.type === 'member') bell.ring();
      }),
    );
    try {
      while (!signal.aborted) {
        const isComplete = await this.#look();
        if (isAborted(signal)) return;
        await bell.wait(clock, isComplete ? undefined : LOOK_MS, signal);
      }
    } finally {
      for (const end of ends) end();
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
    return missing.length === 0 && !this.#isDoubtful();
  }

  /** FL2, with time for two servers of one region to come to know each other. True: look again. */
  #isDoubtful(): boolean {
    const { lan, wan, clock, note } = this.#deps;
    const now = clock.elapsedMs();
    let isWaiting = false;
    for (const name of strangers(this.#region, lan.members(), wan.members())) {
      const since = this.#doubtedSince.get(name) ?? now;
      if (since === Infinity) continue;
      const isOver = now - since >= DOUBT_MS;
      this.#doubtedSince.set(name, isOver ? Infinity : since);
      isWaiting ||= !isOver;
      const what = `"${name}" says that it is of region "${this.#region}", and is no member of it`;
      if (isOver) note(`${what}: give each cluster a \`region\` of its own`);
    }
    return isWaiting;
  }
}
