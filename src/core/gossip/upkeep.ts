/**
 * What the catalog is to be told of members: the health of machines whose agents gossip, and where
 * they stand.
 *
 * U1: only what is otherwise in the catalog is told, so that nothing is told twice.
 * U2: members that are no nodes are nobody's business here.
 * U3: a node that was given up and that no member has the name of any more goes, when it would have
 *     been forgotten as a member: whoever leads by then may never have heard of it.
 * U4: whoever tells says of itself that it is there, and nothing else.
 *
 * Source: https://developer.hashicorp.com/consul/docs/architecture/anti-entropy (the leader's part)
 */
import { distance, type Coordinate } from '../model/coordinate.ts';
import type { HealthStatus } from '../model/health-check.ts';
import { MISSING_MAX } from './limits.ts';
import type { Member } from './serf/ring.ts';

/** What the catalog knows of a node; undefined: it has none of that name. */
export type KnownNode = Readonly<{
  /** Of the check that gossip decides; undefined: it has none. */
  health: HealthStatus | undefined;
  coordinate: Coordinate | undefined;
}>;

export type Upkeep =
  | Readonly<{ tell: 'health'; node: string; status: 'passing' | 'critical'; output: string }>
  | Readonly<{ tell: 'gone'; node: string }>;

/** What agents' own checks say. Source: Consul. */
const ALIVE = 'Agent alive and reachable';
const FAILED = 'Agent not live or unreachable';

/**
 * The nodes whose health is other than the pool knows, and those that have left.
 *
 * @param self the member that asks (U4)
 */
export function upkeep(
  members: readonly Member[],
  self: string,
  known: (name: string) => KnownNode | undefined,
): readonly Upkeep[] {
  return members.flatMap(({ name, status }): readonly Upkeep[] => {
    const node = known(name);
    if (node?.health === undefined || (name === self && status !== 'alive')) return [];
    if (status === 'left') return [{ tell: 'gone', node: name }];
    const wanted = status === 'failed' ? 'critical' : 'passing';
    if (node.health === wanted) return [];
    return [
      { tell: 'health', node: name, status: wanted, output: status === 'failed' ? FAILED : ALIVE },
    ];
  });
}

/** Nodes whose agents no member is the like of any more (U3). */
export class Missing {
  readonly #keptMs: number;
  /** When each was missed first; -Infinity: it was a member, and is forgotten. */
  readonly #since = new Map<string, number>();

  /** @param keptMs how long a member that failed is kept */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** A member was forgotten after its time. */
  forgotten(name: string): void {
    // Only whoever leads looks, and may never do: the oldest then make place.
    const [oldest] = this.#since.keys();
    if (this.#since.size >= MISSING_MAX && oldest !== undefined) this.#since.delete(oldest);
    this.#since.set(name, -Infinity);
  }

  /**
   * Those of the nodes that were given up which are to go.
   *
   * @param failing nodes that were given up
   * @param isMember whether somebody of that name is known
   */
  look(
    failing: readonly string[],
    isMember: (name: string) => boolean,
    now: number,
  ): readonly Upkeep[] {
    const missing = new Set(failing.filter((name) => !isMember(name)));
    for (const name of this.#since.keys()) if (!missing.has(name)) this.#since.delete(name);
    return [...missing].flatMap((node): readonly Upkeep[] => {
      const since = this.#since.get(node) ?? now;
      this.#since.set(node, since);
      return now - since >= this.#keptMs ? [{ tell: 'gone', node }] : [];
    });
  }
}

/** What a coordinate must have moved to be told again [s], and its error. */
const MOVED_SECONDS = 0.000_25;
const MOVED_ERROR = 0.1;

/** The coordinates that are other than the catalog has them, of nodes that it has. */
export function movedCoordinates(
  coordinates: ReadonlyMap<string, Coordinate>,
  known: (name: string) => KnownNode | undefined,
): readonly Readonly<{ node: string; coordinate: Coordinate }>[] {
  return Array.from(coordinates, ([node, coordinate]) => ({ node, coordinate })).filter(
    ({ node, coordinate }) => {
      const there = known(node);
      return there !== undefined && hasMoved(there.coordinate, coordinate);
    },
  );
}

function hasMoved(before: Coordinate | undefined, now: Coordinate): boolean {
  if (before === undefined) return true;
  const plain = { adjustment: 0, height: 0 };
  const apart = distance({ ...before, ...plain }, { ...now, ...plain });
  const rose = Math.abs(before.height - now.height) + Math.abs(before.adjustment - now.adjustment);
  return apart + rose > MOVED_SECONDS || Math.abs(before.error - now.error) > MOVED_ERROR;
}
