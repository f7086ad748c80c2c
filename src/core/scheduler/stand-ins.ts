/**
 * Two instances of one name: one that was silent, or was called lost, and the one that was placed
 * for it meanwhile.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/disconnect
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import { byName } from './buckets.ts';
import { STOP_UNKNOWN } from './descriptions.ts';
import type { DisconnectStrategy } from '../model/strategy.ts';

/**
 * Work that was done twice (by one called lost, and by the one in its place) is one instance. Of a
 * name what still runs comes first, then the youngest.
 *
 * @param moving instances that run as well, and are to move
 */
export function withoutDoubles(keep: readonly Alloc[], moving: readonly Alloc[] = []): Alloc[] {
  const best = new Map<string, Alloc>();
  for (const alloc of [...moving, ...byAge(keep)]) {
    const other = best.get(alloc.name);
    if (other === undefined || isTerminal(other)) best.set(alloc.name, alloc);
  }
  return keep.filter((alloc) => !isTerminal(alloc) || best.get(alloc.name) === alloc);
}

/** Of each name the youngest, in the order of their names: who is to get a successor. */
export function youngestOfEach(allocs: readonly Alloc[]): readonly Alloc[] {
  return byName([...new Map(byAge(allocs).map((alloc) => [alloc.name, alloc])).values()]);
}

/**
 * The silent instance that had a name which is free now: nothing was placed for it, or what was is
 * gone again. What gets the name belongs to it. The youngest, should there be several.
 */
export function silentOf(unknown: readonly Alloc[], name: string): Alloc | undefined {
  return byAge(unknown).findLast((alloc) => alloc.name === name);
}

/**
 * Who stands in for an instance: the last of its name that is younger. By name, because its
 * replacement may have been replaced itself meanwhile.
 */
export function standInOf(alloc: Alloc, among: readonly Alloc[]): Alloc | undefined {
  return among.findLast((each) => isStandIn(each, alloc));
}

/** True for one that somebody may stand in for: it was out of touch, or has been replaced. */
export function wasSilent(alloc: Alloc): boolean {
  return alloc.nextAllocId !== undefined || alloc.desiredDescription === STOP_UNKNOWN;
}

function isStandIn(candidate: Alloc, of: Alloc): boolean {
  const isYounger = candidate.createIndex > of.createIndex;
  const isCanary = candidate.deploymentStatus?.canary === true;
  return candidate.name === of.name && isYounger && !isCanary && !isTerminal(candidate);
}

/** Which of the two goes when the first is heard of again. */
export function loserOf(
  original: Alloc,
  replacement: Alloc,
  reconcile: DisconnectStrategy['reconcile'] = 'best_score',
): Alloc {
  switch (reconcile) {
    case 'keep_original':
      return replacement;
    case 'keep_replacement':
      return original;
    case 'longest_running':
      return original.createdAt <= replacement.createdAt ? replacement : original;
    case 'best_score':
      return scoreOf(original) >= scoreOf(replacement) ? replacement : original;
  }
}

/** The oldest first. */
export function byAge(allocs: readonly Alloc[]): readonly Alloc[] {
  return [...allocs].sort((a, b) => a.createIndex - b.createIndex || (a.id < b.id ? -1 : 1));
}

function scoreOf(alloc: Alloc): number {
  return alloc.metrics.scores.find((score) => score.nodeId === alloc.nodeId)?.normScore ?? 0;
}
