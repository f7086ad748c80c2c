/**
 * How much of the log a majority of the servers has kept on disk, and so nobody needs it any more.
 *
 * KM1: whichever minority of the servers loses its disks, one is left that has kept all of it.
 */
import type { Index } from '../../base/brand.ts';

export interface KeptByMajority {
  /** Everything up to it may be forgotten; 0: nothing. */
  readonly index: Index;
  /** Ids of the servers that have kept as much: as few as make up a majority; none at index 0. */
  readonly by: readonly string[];
}

/**
 * @param counted ids of all that share the log, of which each counts whether it is there or not
 * @param kept the newest entry that each one's checkpoint holds, by id; absent: it has not said so
 * @param least how many servers there are to be: those that were never heard of have kept nothing
 */
export function keptByMajority(
  counted: readonly string[],
  kept: ReadonlyMap<string, Index>,
  least = 1,
): KeptByMajority {
  const all = [...new Set(counted)].map((id) => ({ id, index: kept.get(id) ?? (0 as Index) }));
  const best = all.sort((a, b) => b.index - a.index || (a.id < b.id ? -1 : 1));
  const needed = Math.floor(Math.max(best.length, least) / 2) + 1;
  const index = best[needed - 1]?.index ?? (0 as Index);
  return { index, by: index === 0 ? [] : best.slice(0, needed).map(({ id }) => id) };
}
