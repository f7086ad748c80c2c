/**
 * Where nodes stand in the network. Source:
 * https://developer.hashicorp.com/consul/api-docs/coordinate
 */
import type { Coordinate, NodeCoordinate } from '../../core/model/coordinate.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { float, floatCodec, list, listOf, nested, text } from '../codec/fields.ts';
import { queryText } from '../query.ts';
import { ask, change, read } from '../route.ts';

export const COORDINATE: Shape<Coordinate> = shape({
  vec: list('Vec', floatCodec),
  error: float('Error'),
  adjustment: float('Adjustment'),
  height: float('Height'),
});

const NODE_COORDINATE: Shape<NodeCoordinate> = shape({
  node: text('Node'),
  segment: text('Segment'),
  coordinate: nested('Coord', COORDINATE),
  modifyIndex: undefined,
});

/** The servers of one datacenter with their coordinates. */
export interface DatacenterMap {
  readonly datacenter: string;
  readonly areaId: string;
  readonly coordinates: readonly NodeCoordinate[];
}

const DATACENTER_MAP: Shape<DatacenterMap> = shape({
  datacenter: text('Datacenter'),
  areaId: text('AreaID'),
  coordinates: list('Coordinates', NODE_COORDINATE, []),
});

const SEGMENT = { segment: queryText('segment', 'only of this part of the network') } as const;

export const coordinateDatacenters = ask({
  name: 'coordinate.datacenters',
  path: '/v1/coordinate/datacenters',
  about: 'The servers of each datacenter, as far as the datacenters see each other.',
  reply: listOf(DATACENTER_MAP),
});

export const listCoordinates = read({
  name: 'coordinate.nodes',
  path: '/v1/coordinate/nodes',
  about: 'The coordinates of all nodes.',
  query: SEGMENT,
  reply: listOf(NODE_COORDINATE),
});

export const readCoordinate = read({
  name: 'coordinate.node',
  path: '/v1/coordinate/node/:node',
  about: 'The coordinates of one node; status 404 when it has none.',
  query: SEGMENT,
  reply: listOf(NODE_COORDINATE),
});

/** What one who measured says of a node. */
export interface CoordinateBody {
  readonly node: string;
  readonly segment: string;
  readonly coordinate: Coordinate;
}

export const updateCoordinate = change({
  name: 'coordinate.update',
  path: '/v1/coordinate/update',
  about: 'Sets the coordinate of a node.',
  body: shape<CoordinateBody>({
    node: text('Node'),
    segment: text('Segment', OMIT),
    coordinate: nested('Coord', COORDINATE),
  }),
});

export const COORDINATE_ROUTES = [
  coordinateDatacenters,
  listCoordinates,
  readCoordinate,
  updateCoordinate,
] as const;
