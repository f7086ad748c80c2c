/** Where nodes stand in the network. */
import * as routes from '../../../api/consul/coordinate-routes.ts';
import type { Index } from '../../../base/brand.ts';
import { COORDINATE_DIMENSIONS_MAX } from '../../../core/limits.ts';
import type { Coordinate, NodeCoordinate } from '../../../core/model/coordinate.ts';
import { datacentersOf, readCoordinates } from '../../../core/state/reads-catalog.ts';
import { plainly, toldOf } from '../deps.ts';
import { invalid, notFound } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bind } from './bind.ts';
import type { ConsulDeps, FederationFacts } from './deps.ts';

/** Binds what concerns coordinates. */
export function coordinateHandlers(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent } = deps;
  return [
    bind(routes.coordinateDatacenters, () => {
      const state = ops.snapshot();
      if (deps.federation !== undefined) return plainly(mapsOf(deps.federation, agent.datacenter));
      const others = [...datacentersOf(state)].filter((each) => each !== agent.datacenter).sort();
      const maps = [agent.datacenter, ...others].map((datacenter) => ({
        datacenter,
        areaId: 'wan',
        coordinates: readCoordinates(datacenter)(state).value,
      }));
      return plainly(maps);
    }),
    bind(routes.listCoordinates, async ({ query, datacenter, waiting, signal }) => {
      const read = readCoordinates(datacenter ?? agent.datacenter);
      const answer = await ops.query(read, waiting, signal);
      return { value: ofSegment(answer.value, query.segment), ...toldOf(answer) };
    }),
    bind(routes.readCoordinate, async ({ params, query, datacenter, waiting, signal }) => {
      const read = readCoordinates(datacenter ?? agent.datacenter, params.node);
      const answer = await ops.query(read, waiting, signal);
      const found = ofSegment(answer.value, query.segment);
      if (found.length === 0) throw notFound('', answer.index);
      return { value: found, ...toldOf(answer) };
    }),
    bind(routes.updateCoordinate, async ({ body }) => {
      if (body.node === '') throw invalid('Must provide node');
      if (!isSound(body.coordinate)) throw invalid('Coord: expected finite numbers');
      await ops.catalog.updateCoordinates([body]);
      return { value: undefined };
    }),
  ];
}

/** Where the servers of all datacenters stand; this one's first. */
function mapsOf(
  federation: FederationFacts,
  own: string,
): readonly Readonly<{
  datacenter: string;
  areaId: string;
  coordinates: readonly NodeCoordinate[];
}>[] {
  const servers = federation.servers();
  const names = [...new Set([own, ...servers.map(({ datacenter }) => datacenter).sort()])];
  return names.map((datacenter) => ({
    datacenter,
    areaId: 'wan',
    coordinates: servers
      .filter((each) => each.datacenter === datacenter)
      .map(({ node, coordinate }) => ({ node, segment: '', coordinate, modifyIndex: 0 as Index })),
  }));
}

function ofSegment(
  all: readonly NodeCoordinate[],
  segment: string | undefined,
): readonly NodeCoordinate[] {
  return segment === undefined ? all : all.filter((each) => each.segment === segment);
}

function isSound({ vec, error, adjustment, height }: Coordinate): boolean {
  const numbers = [...vec, error, adjustment, height];
  return vec.length <= COORDINATE_DIMENSIONS_MAX && numbers.every((each) => Number.isFinite(each));
}
