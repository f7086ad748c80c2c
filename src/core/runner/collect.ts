/**
 * Which ended allocations give their directories up, so that a node does not fill.
 *
 * G1: only ended ones; the one that ended first goes first.
 *
 * Source: the `gc_*` settings of https://developer.hashicorp.com/nomad/docs/configuration/client
 */
import type { Millis } from '../../base/brand.ts';
import type { AllocId } from '../model/ids.ts';

export interface CollectPolicy {
  /** How many allocations, ended ones included, may keep a directory. */
  readonly allocsMax: number;
  /** Percent of the file system in use from which ended ones go. */
  readonly diskUsedPercentMax: number;
  readonly inodesUsedPercentMax: number;
  /** Ended longer ago than this [ms]; undefined: age alone is no reason. */
  readonly ageMsMax?: number;
}

export interface Collectable {
  readonly id: AllocId;
  /** On the client's own time; absent while it runs. */
  readonly endedAt?: Millis;
}

export interface DiskFullness {
  readonly usedPercent: number;
  readonly inodesUsedPercent: number;
}

/**
 * Chooses what goes now, first to go first. Over a disk bound one goes at a time: the caller looks
 * at the disk again after each.
 */
export function collect(
  allocs: readonly Collectable[],
  disk: DiskFullness,
  policy: CollectPolicy,
  now: Millis,
): readonly AllocId[] {
  const ended = allocs
    .flatMap(({ id, endedAt }) => (endedAt === undefined ? [] : [{ id, endedAt }]))
    .sort((a, b) => a.endedAt - b.endedAt || (a.id < b.id ? -1 : 1));
  const excess = Math.max(0, allocs.length - policy.allocsMax);
  const full =
    disk.usedPercent > policy.diskUsedPercentMax ||
    disk.inodesUsedPercent > policy.inodesUsedPercentMax;
  const { ageMsMax } = policy;
  const old = ageMsMax === undefined ? [] : ended.filter((one) => now - one.endedAt > ageMsMax);
  const count = Math.max(excess, old.length, full ? 1 : 0);
  return ended.slice(0, count).map((one) => one.id);
}
