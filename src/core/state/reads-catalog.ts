/**
 * What doors read of the catalog; see `reads.ts` for what holds of every read.
 *
 * An order by distance is as of the answer: coordinates move all the time, and wake nobody.
 */
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import { distance } from '../model/coordinate.ts';
import type { Coordinate, NodeCoordinate } from '../model/coordinate.ts';
import type { Read } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { watch } from './watch.ts';
import type { WatchKey } from './watch.ts';

/** Which rows are wanted. */
export interface RowsWhere {
  readonly datacenter: string;
  /** Only on nodes with all of this metadata. */
  readonly nodeMeta: Readonly<Record<string, string>>;
  /** Nearest to this node first; empty: in the order of names. */
  readonly near: string;
}

/** An instance and its node. */
export interface Placed {
  readonly node: CatalogNode;
  readonly service: ServiceInstance;
}

export function readCatalogNodes(where: RowsWhere): Read<readonly CatalogNode[]> {
  return (state) => ({
    value: byDistance(
      state,
      where.near,
      [...state.catalogNodes()].filter((node) => isWanted(node, where)),
      (node) => node.name,
    ),
    keys: [watch.table('catalogNodes')],
  });
}

/** A node with its instances; absent where there is none by that name, or id. */
export interface NodeReading {
  readonly node: CatalogNode;
  readonly services: readonly ServiceInstance[];
}

export function readNodeServices(
  nameOrId: string,
  datacenter: string,
): Read<NodeReading | undefined> {
  return (state) => {
    const node = state.catalogNode(nameOrId) ?? state.catalogNodeById(nameOrId);
    const name = node?.name ?? nameOrId;
    const keys = [watch.catalogNode(name), watch.servicesOnNode(name)];
    // Until there is one, any id may come to be this.
    if (node === undefined) keys.push(watch.catalogNodeId(nameOrId));
    if (node?.datacenter !== datacenter) return { value: undefined, keys };
    return { value: { node, services: [...state.servicesOnNode(node.name)] }, keys };
  };
}

/** Every instance, in the order of nodes. */
export function readInstances(where: RowsWhere): Read<readonly Placed[]> {
  return (state) => ({
    value: [...placed(state, state.services(), where)],
    // Where a node stands is known from its instances (G5 in `catalog-edits.ts`).
    keys:
      Object.keys(where.nodeMeta).length === 0
        ? [watch.table('services')]
        : [watch.table('services'), watch.table('catalogNodes')],
  });
}

/** The instances of a service, with all tags that are asked for. */
export function readService(
  name: string,
  tags: readonly string[],
  where: RowsWhere,
): Read<readonly Placed[]> {
  return (state) => {
    const services = [...state.servicesNamed(name)];
    return tagged(state, { services, key: watch.serviceNamed(name) }, { ...where, tags });
  };
}

/** The proxies that stand before a service, with all tags that are asked for. */
export function readProxies(
  name: string,
  tags: readonly string[],
  where: RowsWhere,
): Read<readonly Placed[]> {
  return (state) => {
    const services = [...state.proxiesOf(name)];
    return tagged(state, { services, key: watch.proxiesOf(name) }, { ...where, tags });
  };
}

function tagged(
  state: StateReader,
  { services, key }: { readonly services: readonly ServiceInstance[]; readonly key: WatchKey },
  where: RowsWhere & { readonly tags: readonly string[] },
): ReturnType<Read<readonly Placed[]>> {
  const nodes = new Set(services.map(({ node }) => node));
  const keys = [key, ...[...nodes].map((node) => watch.catalogNode(node))];
  const wanted = lowered(where.tags);
  const found = [...placed(state, services, where)];
  const kept = found.filter(({ service }) => hasTags(service, wanted));
  return { value: byDistance(state, where.near, kept, ({ node }) => node.name), keys };
}

/** The coordinates of all nodes, or of one. */
export function readCoordinates(
  datacenter: string,
  node?: string,
): Read<readonly NodeCoordinate[]> {
  return (state) => ({
    value: [...state.coordinates(node)].filter(
      (each) => state.catalogNode(each.node)?.datacenter === datacenter,
    ),
    keys: [node === undefined ? watch.table('coordinates') : watch.coordinatesOf(node)],
  });
}

/** The names of all datacenters that nodes are in. */
export function datacentersOf(state: StateReader): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { datacenter } of state.catalogNodes()) found.add(datacenter);
  return found;
}

/** Instances with their nodes, where those are wanted. */
function* placed(
  state: StateReader,
  services: Iterable<ServiceInstance>,
  where: Pick<RowsWhere, 'datacenter' | 'nodeMeta'>,
): Generator<Placed> {
  for (const service of services) {
    const node = state.catalogNode(service.node);
    if (node !== undefined && isWanted(node, where)) yield { node, service };
  }
}

export function isWanted(
  node: CatalogNode,
  { datacenter, nodeMeta }: Pick<RowsWhere, 'datacenter' | 'nodeMeta'>,
): boolean {
  return node.datacenter === datacenter && hasMeta(node.meta, nodeMeta);
}

/** Whether metadata holds all that is wanted. */
export function hasMeta(
  meta: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  for (const key of Object.keys(wanted)) {
    if (!Object.hasOwn(meta, key) || meta[key] !== wanted[key]) return false;
  }
  return true;
}

export function lowered(tags: readonly string[]): readonly string[] {
  return tags.map((tag) => tag.toLowerCase());
}

/** @param wanted in lower case: tags are compared as names are */
export function hasTags(service: ServiceInstance, wanted: readonly string[]): boolean {
  return wanted.every((tag) => service.tags.some((own) => own.toLowerCase() === tag));
}

/**
 * Nearest first, `near` itself before all; what has no coordinate comes last; nothing moves where
 * `near` has none.
 */
export function byDistance<Row>(
  state: StateReader,
  near: string,
  rows: readonly Row[],
  nodeOf: (row: Row) => string,
): readonly Row[] {
  const from = near === '' ? undefined : coordinateOf(state, near);
  if (from === undefined) return rows;
  // What two equal coordinates are apart by the formula is no distance, but how wrong they are.
  const distances = new Map([[near, 0]]);
  for (const row of rows) {
    const node = nodeOf(row);
    if (distances.has(node)) continue;
    const to = coordinateOf(state, node);
    distances.set(node, to === undefined ? Number.MAX_VALUE : distance(from, to));
  }
  const of = (row: Row): number => distances.get(nodeOf(row)) ?? Number.MAX_VALUE;
  return [...rows].sort((a, b) => of(a) - of(b));
}

function coordinateOf(state: StateReader, node: string): Coordinate | undefined {
  for (const { segment, coordinate } of state.coordinates(node)) {
    if (segment === '') return coordinate;
  }
  return undefined;
}
