/**
 * What a console asks for: nodes with all that is on them, and services in figures; see `reads.ts`
 * for what holds of every read.
 */
import { destinationOf, folded } from '../model/catalog.ts';
import type { CatalogNode, ServiceInstance, ServiceKind } from '../model/catalog.ts';
import type { HealthCheck } from '../model/health-check.ts';
import { isWanted, type RowsWhere } from './reads-catalog.ts';
import type { Read } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { watch } from './watch.ts';

/** A node with its instances and all checks of both. */
export interface NodeDump {
  readonly node: CatalogNode;
  readonly services: readonly ServiceInstance[];
  readonly checks: readonly HealthCheck[];
}

/** A service in figures. Checks of a node count once, however many instances it has. */
export interface ServiceSummary {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly datacenter: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** In the order of names, each once. */
  readonly nodes: readonly string[];
  readonly instanceCount: number;
  readonly checksPassing: number;
  readonly checksWarning: number;
  readonly checksCritical: number;
  /** Who registered them, where they say so: `nomad`; sorted, each once. */
  readonly externalSources: readonly string[];
  /** Whether a proxy stands before it. */
  readonly connectedWithProxy: boolean;
}

/** All nodes, in the order of names. */
export function readNodeDumps(where: Asked): Read<readonly NodeDump[]> {
  return (state) => ({
    value: [...state.catalogNodes()]
      .filter((node) => isWanted(node, where))
      .map((node) => dumpOf(state, node)),
    keys: [watch.table('catalogNodes'), watch.table('services'), watch.table('checks')],
  });
}

type Asked = Pick<RowsWhere, 'datacenter' | 'nodeMeta'>;

/** One node; undefined where there is none. */
export function readNodeDump(name: string, datacenter: string): Read<NodeDump | undefined> {
  return (state) => {
    const node = state.catalogNode(name);
    const isThere = node?.datacenter === datacenter;
    return {
      value: isThere ? dumpOf(state, node) : undefined,
      keys: [watch.catalogNode(name), watch.servicesOnNode(name), watch.checksOnNode(name)],
    };
  };
}

function dumpOf(state: StateReader, node: CatalogNode): NodeDump {
  const services = [...state.servicesOnNode(node.name)];
  return { node, services, checks: [...state.checksOnNode(node.name)] };
}

/** All services, in the order of names. */
export function readServiceSummaries(where: Asked): Read<readonly ServiceSummary[]> {
  return (state) => {
    const byName = new Map<string, ServiceInstance[]>();
    for (const service of state.services()) {
      const node = state.catalogNode(service.node);
      if (node === undefined || !isWanted(node, where)) continue;
      const found = byName.get(service.name);
      if (found === undefined) byName.set(service.name, [service]);
      else found.push(service);
    }
    const proxied = new Set<string>();
    for (const service of state.services()) {
      const destination = destinationOf(service);
      if (destination !== undefined) proxied.add(folded(destination));
    }
    const names = [...byName.keys()].sort();
    return {
      value: names.map((name) => ({
        ...summary(state, byName.get(name) ?? []),
        name,
        datacenter: where.datacenter,
        connectedWithProxy: proxied.has(folded(name)),
      })),
      keys: [watch.table('services'), watch.table('checks'), watch.table('catalogNodes')],
    };
  };
}

type Figures = Omit<ServiceSummary, 'name' | 'datacenter' | 'connectedWithProxy'>;

function summary(state: StateReader, instances: readonly ServiceInstance[]): Figures {
  const nodes = unique(instances.map(({ node }) => node));
  const checks = [
    ...nodes.flatMap((node) => [...state.checksOfNode(node)]),
    ...instances.flatMap(({ node, id }) => [...state.checksOfInstance(node, id)]),
  ];
  const count = (status: HealthCheck['status']): number =>
    checks.filter((check) => check.status === status).length;
  return {
    kind: instances[0]?.kind ?? '',
    tags: unique(instances.flatMap(({ tags }) => tags)),
    nodes,
    instanceCount: instances.length,
    checksPassing: count('passing'),
    checksWarning: count('warning'),
    checksCritical: count('critical'),
    externalSources: unique(instances.flatMap(({ meta }) => meta[SOURCE] ?? [])),
  };
}

/** The metadata in which instances say who registered them. */
const SOURCE = 'external-source';

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
