/**
 * How far datacenters are from a server, by the round trips that coordinates let it expect.
 *
 * NE1: its own datacenter is nearest, then the others of its region, then those whose distance is
 *      known, nearest first; what is equally far stands by name.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/catalog#list-datacenters
 */
import { distance, type Coordinate } from '../model/coordinate.ts';
import type { RegionServer } from './region-server.ts';

/** A datacenter, and the region whose log knows it. */
export interface Datacenter {
  readonly datacenter: string;
  readonly region: string;
}

/** Where somebody looks from, and what of. */
export interface Outlook {
  readonly own: Datacenter;
  /** Name of the member that looks. */
  readonly self: string;
  readonly servers: readonly RegionServer[];
  /** By members' names. */
  readonly coordinates: ReadonlyMap<string, Coordinate>;
}

/** Nearest first (NE1). */
export function byNearness(
  datacenters: readonly Datacenter[],
  outlook: Outlook,
): readonly Datacenter[] {
  return datacenters
    .map((each) => ({ each, rank: rankOf(each, outlook), far: medianRtt(each, outlook) }))
    .sort((a, b) => a.rank - b.rank || compare(a.far, b.far) || byName(a.each, b.each))
    .map(({ each }) => each);
}

/** The median round trip to a datacenter's servers [s]; infinite where none is known. */
export function medianRtt(
  { datacenter, region }: Datacenter,
  { self, servers, coordinates }: Outlook,
): number {
  const from = coordinates.get(self);
  if (from === undefined) return Infinity;
  const ofRegion = servers.filter((each) => each.region === region);
  const inside = ofRegion.filter((each) => each.datacenter === datacenter);
  // Where only clients are, the way leads over the region's servers.
  const rtts = (inside.length > 0 ? inside : ofRegion).flatMap(({ name }) => {
    const to = coordinates.get(name);
    return to === undefined ? [] : [distance(from, to)];
  });
  return rtts.sort((a, b) => a - b)[Math.floor(rtts.length / 2)] ?? Infinity;
}

function rankOf({ datacenter, region }: Datacenter, { own }: Outlook): number {
  if (region !== own.region) return 2;
  return datacenter === own.datacenter ? 0 : 1;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function byName(a: Datacenter, b: Datacenter): number {
  return a.datacenter < b.datacenter ? -1 : 1;
}
