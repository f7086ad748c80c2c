/**
 * Where a node stands in the network: the distance of two coordinates estimates a round trip.
 *
 * Source: https://developer.hashicorp.com/consul/docs/architecture/coordinates
 */
import type { Index } from '../../base/brand.ts';

export interface Coordinate {
  /** [s] in each of eight dimensions. */
  readonly vec: readonly number[];
  readonly error: number;
  /** [s] */
  readonly adjustment: number;
  /** [s] */
  readonly height: number;
}

/** The coordinate of one node in one network segment. */
export interface NodeCoordinate {
  readonly node: string;
  /** Empty: the one segment. */
  readonly segment: string;
  readonly coordinate: Coordinate;
  readonly modifyIndex: Index;
}

/** The round trip that two coordinates let one expect [s]. */
export function distance(a: Coordinate, b: Coordinate): number {
  let sum = 0;
  for (const [i, x] of a.vec.entries()) sum += (x - (b.vec[i] ?? 0)) ** 2;
  const raw = Math.sqrt(sum) + a.height + b.height;
  const adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}
