/** Which running instances of a group are too many, and the rows that say so. */
import { isTerminal, type Alloc, type ClientStatus } from '../model/alloc.ts';
import type { EvalId } from '../model/ids.ts';
import type { Stop } from '../model/plan.ts';
import { byName, live } from './buckets.ts';
import * as say from './descriptions.ts';
import { NameIndex } from './name-index.ts';
import { sortAllocs, type SortScope } from './sort-allocs.ts';

/** Tells an allocation to stop. */
export function stopOf(
  alloc: Alloc,
  description: string,
  extra: { clientStatus?: ClientStatus; followupEvalId?: EvalId } = {},
): Stop {
  return { allocId: alloc.id, nodeId: alloc.nodeId, desiredStatus: 'stop', description, ...extra };
}

/** Notes something on an allocation that goes on. */
export function noteOn(
  alloc: Alloc,
  description: string,
  extra: { clientStatus?: ClientStatus; followupEvalId?: EvalId },
): Stop {
  return { allocId: alloc.id, nodeId: alloc.nodeId, desiredStatus: 'run', description, ...extra };
}

/** Of an allocation on which something is noted and which then goes, one row says both. */
export function oneForEach(stops: readonly Stop[]): readonly Stop[] {
  const rows = new Map<string, Stop>();
  for (const stop of stops) rows.set(stop.allocId, { ...rows.get(stop.allocId), ...stop });
  return [...rows.values()];
}

/** Stops all of a group that is wanted no more. */
export function stopGroup(allocs: Iterable<Alloc>, scope: SortScope): readonly Stop[] {
  const buckets = sortAllocs(allocs, { ...scope, group: undefined });
  const stops: Stop[] = [];
  for (const bucket of ['keep', 'migrate', 'disconnect', 'unknown'] as const) {
    for (const alloc of byName(buckets[bucket])) {
      if (!isTerminal(alloc)) stops.push(stopOf(alloc, say.STOP_NOT_NEEDED));
    }
  }
  for (const alloc of byName(buckets.lost)) {
    stops.push(stopOf(alloc, say.STOP_LOST, { clientStatus: 'lost' }));
  }
  return stops;
}

export interface Surplus {
  readonly count: number;
  /** Present instances, each with its own name; unpromoted canaries are not among them. */
  readonly keep: readonly Alloc[];
  readonly migrate: readonly Alloc[];
  readonly names: NameIndex;
  readonly naming: { readonly job: string; readonly group: string };
}

/**
 * Picks what is to go until `count` is left: failed ones, instances that would move anyway, and
 * the highest numbers.
 */
export function pickSurplus(surplus: Surplus): ReadonlySet<Alloc> {
  const { count, keep, migrate, names } = surplus;
  const picked = new Set<Alloc>();
  let excess = keep.length + migrate.length - count;
  const take = (alloc: Alloc): void => {
    picked.add(alloc);
    excess--;
  };
  const pick = (candidates: readonly Alloc[], matches: (alloc: Alloc) => boolean): void => {
    for (const alloc of candidates) {
      if (excess <= 0) return;
      if (!picked.has(alloc) && matches(alloc)) take(alloc);
    }
  };
  if (excess <= 0) return picked;

  // What failed for good keeps a place only as long as there is one to keep.
  pick(keep, (alloc) => alloc.clientStatus === 'failed');

  const moving = new NameIndex({ ...surplus.naming, count }, migrate).takeHighest(
    Math.max(0, excess),
  );
  pick(byName(migrate), (alloc) => moving.has(alloc.name));
  for (const alloc of picked)
    if (moving.has(alloc.name) || alloc.clientStatus === 'failed') names.free(alloc.name);

  const highest = names.takeHighest(Math.max(0, excess));
  const running = byName(live(keep));
  pick(running, (alloc) => highest.has(alloc.name));
  // Names that say no number are left to pick from.
  pick([...running].reverse(), () => true);
  return picked;
}
