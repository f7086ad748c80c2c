/**
 * What doors read of health; see `reads.ts` for what holds of every read.
 *
 * Y1: a read of one service looks at its instances, their checks, the rows of their nodes and these
 *      nodes' own checks, and at nothing else.
 */
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import type { HealthCheck, HealthStatus } from '../model/health-check.ts';
import { byDistance, hasTags, isWanted, lowered } from './reads-catalog.ts';
import type { RowsWhere } from './reads-catalog.ts';
import type { Read } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { indexed, watch } from './watch.ts';
import type { WatchKey } from './watch.ts';

/** An instance with its node and all that is known of the health of both. */
export interface InstanceHealth {
  readonly node: CatalogNode;
  readonly service: ServiceInstance;
  /** The node's own first. */
  readonly checks: readonly HealthCheck[];
}

export interface HealthWhere extends RowsWhere {
  /** Only instances with all of these tags. */
  readonly tags: readonly string[];
  /** Only instances whose checks all pass. */
  readonly passing: boolean;
}

/** The instances of a service, each with its health (Y1). */
export function readServiceHealth(
  name: string,
  where: HealthWhere,
): Read<readonly InstanceHealth[]> {
  return (state) => {
    const all = healthOf(state, state.servicesNamed(name));
    const value = selectedHealth(state, all, where);
    return { value, keys: serviceHealthKeys(name, all) };
  };
}

/** The same of the proxies that stand before a service. */
export function readProxyHealth(name: string, where: HealthWhere): Read<readonly InstanceHealth[]> {
  return (state) => {
    const all = healthOf(state, state.proxiesOf(name));
    const names = new Set(all.map(({ service }) => service.name));
    const keys = [watch.proxiesOf(name), ...[...names].map(watch.checksOfService)];
    return { value: selectedHealth(state, all, where), keys: [...keys, ...nodeKeys(all)] };
  };
}

function selectedHealth(
  state: StateReader,
  all: readonly InstanceHealth[],
  where: HealthWhere,
): readonly InstanceHealth[] {
  const tags = lowered(where.tags);
  const kept = all.filter(
    ({ node, service, checks }) =>
      isWanted(node, where) && hasTags(service, tags) && (!where.passing || isPassing(checks)),
  );
  return byDistance(state, where.near, kept, ({ node }) => node.name);
}

/** What an answer about the health of a service has looked at (Y1). */
function serviceHealthKeys(name: string, all: readonly InstanceHealth[]): readonly WatchKey[] {
  return [watch.serviceNamed(name), watch.checksOfService(name), ...nodeKeys(all)];
}

function nodeKeys(all: readonly InstanceHealth[]): readonly WatchKey[] {
  const nodes = new Set(all.map(({ node }) => node.name));
  return [...nodes].flatMap((node) => [watch.catalogNode(node), watch.checksOfNode(node)]);
}

/** Instances in any datacenter, with their checks. */
function healthOf(
  state: StateReader,
  services: Iterable<ServiceInstance>,
): readonly InstanceHealth[] {
  const ofNodes = new Map<string, readonly HealthCheck[]>();
  const found: InstanceHealth[] = [];
  for (const service of services) {
    const node = state.catalogNode(service.node);
    if (node === undefined) continue;
    let own = ofNodes.get(node.name);
    if (own === undefined) ofNodes.set(node.name, (own = [...state.checksOfNode(node.name)]));
    const checks = [...own, ...state.checksOfInstance(service.node, service.id)];
    found.push({ node, service, checks });
  }
  return found;
}

function isPassing(checks: readonly HealthCheck[]): boolean {
  return checks.every(({ status }) => status === 'passing');
}

/** The checks of a node and of its instances. */
export function readNodeChecks(name: string, datacenter: string): Read<readonly HealthCheck[]> {
  return (state) => ({
    value: state.catalogNode(name)?.datacenter === datacenter ? [...state.checksOnNode(name)] : [],
    keys: [watch.checksOnNode(name)],
  });
}

/** The checks of the instances of a service. */
export function readServiceChecks(name: string, where: RowsWhere): Read<readonly HealthCheck[]> {
  return (state) => {
    const checks = [...state.checksOfService(name)];
    return selected(state, checks, where, [watch.checksOfService(name)]);
  };
}

/** The checks in a state; `any`: all. */
export function readChecksInState(
  status: HealthStatus | 'any',
  where: RowsWhere,
): Read<readonly HealthCheck[]> {
  const key = status === 'any' ? watch.table('checks') : indexed('checks', 'status', status);
  return (state) => {
    const checks = [...(status === 'any' ? state.checks() : state.checksInStatus(status))];
    return selected(state, checks, where, [key]);
  };
}

/** Those on wanted nodes. Metadata of nodes is looked at only where it is asked for. */
function selected(
  state: StateReader,
  checks: readonly HealthCheck[],
  where: RowsWhere,
  keys: WatchKey[],
): ReturnType<Read<readonly HealthCheck[]>> {
  const kept = checks.filter(({ node }) => {
    const row = state.catalogNode(node);
    return row !== undefined && isWanted(row, where);
  });
  if (Object.keys(where.nodeMeta).length > 0) {
    for (const node of new Set(checks.map((each) => each.node))) keys.push(watch.catalogNode(node));
  }
  return { value: byDistance(state, where.near, kept, (check) => check.node), keys };
}
