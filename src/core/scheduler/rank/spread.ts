/**
 * Spreading a group's instances over the values of node facts.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/spread
 */
import type { Job } from '../../model/job.ts';
import type { Node } from '../../model/node.ts';
import type { Spread } from '../../model/placement.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { compileTarget, type Target } from '../feasible/target.ts';

/** How far each value is from what is wanted, kept up to date while one group is placed. */
export interface SpreadCount {
  /** Nodes of equal value in every spread are one partition. */
  readonly partition: (node: Node) => string;
  /** Positive where the partition should get more; the sum over all spreads. */
  readonly boost: (partition: string) => number;
  readonly add: (node: Node, by: 1 | -1) => void;
}

interface Wish {
  readonly read: Target;
  /** Share of all weights. */
  readonly weight: number;
  /** Wanted instances by value; undefined: evenly. */
  readonly desired: ReadonlyMap<string, number> | undefined;
  /** For values without a target of their own. */
  readonly desiredElse: number | undefined;
  readonly counts: Map<string, number>;
}

export function spreadsOf(job: Job, group: TaskGroup): readonly Spread[] {
  return [...job.spreads, ...group.spreads];
}

/** The partition function alone: rankings are divided by it once. */
export function compilePartition(spreads: readonly Spread[]): (node: Node) => string {
  const reads = spreads.map((spread) => compileTarget(spread.attribute));
  if (reads.length === 0) return () => '';
  return (node) => reads.map((read) => read(node) ?? UNSET).join(SEPARATOR);
}

/** Undefined where the group has no spreads. */
export function countSpreads(job: Job, group: TaskGroup): SpreadCount | undefined {
  const spreads = spreadsOf(job, group);
  if (spreads.length === 0) return undefined;
  const weights = spreads.reduce((sum, spread) => sum + spread.weight, 0);
  const wishes = spreads.map((spread) => compileWish(spread, weights, group.count));
  return {
    partition: compilePartition(spreads),
    boost: (partition) => {
      const values = partition.split(SEPARATOR);
      return wishes.reduce((sum, wish, i) => sum + boostOf(wish, values[i] ?? UNSET), 0);
    },
    add: (node, by) => {
      for (const { read, counts } of wishes) {
        const value = read(node);
        if (value === undefined) continue;
        const count = (counts.get(value) ?? 0) + by;
        if (count === 0) counts.delete(value);
        else counts.set(value, count);
      }
    },
  };
}

/** Characters that no fact of a node holds. */
const SEPARATOR = '\u0000';
const UNSET = '\u0001';

function compileWish(spread: Spread, weights: number, count: number): Wish {
  const desired = new Map<string, number>();
  let sum = 0;
  for (const { value, percent } of spread.targets) {
    desired.set(value, (percent / 100) * count);
    sum += (percent / 100) * count;
  }
  const rest = desired.get('*') ?? (sum > 0 && sum < count ? count - sum : undefined);
  return {
    read: compileTarget(spread.attribute),
    weight: weights === 0 ? 0 : spread.weight / weights,
    desired: desired.size === 0 ? undefined : desired,
    desiredElse: rest,
    counts: new Map(),
  };
}

function boostOf(wish: Wish, value: string): number {
  if (value === UNSET) return -1;
  if (wish.desired === undefined) return evenBoost(wish.counts, value);
  const desired = wish.desired.get(value) ?? wish.desiredElse;
  if (desired === undefined || desired === 0) return -1;
  const used = (wish.counts.get(value) ?? 0) + 1;
  return ((desired - used) / desired) * wish.weight;
}

/** Above zero for values that have fewer than the fullest, below for those that have more. */
function evenBoost(counts: ReadonlyMap<string, number>, value: string): number {
  if (counts.size === 0) return 0;
  let least = Infinity;
  let most = 0;
  for (const count of counts.values()) {
    least = Math.min(least, count);
    most = Math.max(most, count);
  }
  const own = counts.get(value) ?? 0;
  if (own !== least) return (least - own) / least;
  return least === most ? -1 : (most - least) / least;
}
