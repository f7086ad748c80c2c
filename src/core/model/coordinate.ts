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
