/**
 * Tells the catalog what the pool knows, from one agent only: the leader.
 *
 * H1: level-triggered: what could not be told is told at the next look.
 */
import { explain } from '../base/failure.ts';
import { Missing, movedCoordinates, upkeep } from '../core/gossip/upkeep.ts';
import type { KnownNode, Upkeep } from '../core/gossip/upkeep.ts';
import type { Coordinate } from '../core/model/coordinate.ts';
import type { Clock } from '../ports/clock.ts';
import type { Service } from '../ports/service.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import type { Gossip } from './gossip.ts';

/** The catalog, as far as gossip has to do with it. */
export interface GossipCatalog {
  /** Whether this agent is the one that tells. */
  leading(): boolean;
  /** Undefined: there is no such node. */
  node(name: string): KnownNode | undefined;
  /** Names of the nodes that were given up. */
  failing(): readonly string[];
  /** Fails: as the servers do. */
  tell(upkeep: Upkeep): Promise<void>;
  /** Fails: as the servers do. */
  place(updates: readonly Readonly<{ node: string; coordinate: Coordinate }>[]): Promise<void>;
}

export interface UpkeepOptions {
  /** The member of this agent. */
  readonly self: string;
  /** How long a member that failed is kept [ms]. */
  readonly keptMs: number;
}

export interface UpkeepDeps {
  readonly gossip: Pick<Gossip, 'members' | 'member' | 'coordinates' | 'follow'>;
  readonly catalog: GossipCatalog;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/** How often it is looked where nothing happens [ms]: a leader that is new knows what it missed. */
const LOOK_MS = 5_000;
/** How often coordinates are told [ms]. Source: Consul's shortest interval. */
const COORDINATES_MS = 15_000;
/** Coordinates in one entry. */
const COORDINATES_MAX = 500;

export class UpkeepLoop implements Service {
  readonly name = 'gossip-upkeep';
  readonly #self: string;
  readonly #deps: UpkeepDeps;
  readonly #missing: Missing;
  #placedAt = 0;
  /** This agent was well in its own eyes, as the leader. */
  #hasLooked = false;

  constructor({ self, keptMs }: UpkeepOptions, deps: UpkeepDeps) {
    this.#self = self;
    this.#deps = deps;
    this.#missing = new Missing(keptMs);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { gossip, clock } = this.#deps;
    const bell = new Bell();
    const end = gossip.follow((news) => {
      if (news.type !== 'member') return;
      if (news.change === 'reaped') this.#missing.forgotten(news.member.name);
      bell.ring();
    });
    try {
      while (!signal.aborted) {
        // Alone there is nothing more to look at; a member that comes rings.
        const isAlone = gossip.members().length <= 1;
        const waitMs = isAlone && this.#hasLooked ? undefined : LOOK_MS;
        await bell.wait(clock, waitMs, signal);
        if (!isAborted(signal)) await this.#look();
      }
    } finally {
      end();
    }
  }

  async #look(): Promise<void> {
    const { catalog, gossip, note } = this.#deps;
    if (!catalog.leading()) return;
    const known = (name: string): KnownNode | undefined => catalog.node(name);
    const members = gossip.members();
    try {
      for (const each of upkeep(members, this.#self, known)) await catalog.tell(each);
      for (const each of this.#gone(members.length)) await catalog.tell(each);
      await this.#place(known);
      this.#hasLooked = true;
    } catch (error) {
      note(`cannot tell the catalog of members: ${explain(error)}`);
    }
  }

  /** Alone it cannot know who is missing. */
  #gone(members: number): readonly Upkeep[] {
    const { catalog, gossip, clock } = this.#deps;
    if (members <= 1) return [];
    const isMember = (name: string): boolean => gossip.member(name) !== undefined;
    return this.#missing.look(catalog.failing(), isMember, clock.elapsedMs());
  }

  async #place(known: (name: string) => KnownNode | undefined): Promise<void> {
    const { catalog, gossip, clock } = this.#deps;
    if (clock.elapsedMs() - this.#placedAt < COORDINATES_MS) return;
    this.#placedAt = clock.elapsedMs();
    const moved = movedCoordinates(gossip.coordinates(), known).slice(0, COORDINATES_MAX);
    if (moved.length > 0) await catalog.place(moved);
  }
}
