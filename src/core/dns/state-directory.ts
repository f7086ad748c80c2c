/** The catalog of the state as DNS asks it. */
import type { Index } from '../../base/brand.ts';
import { folded, type CatalogNode, type ServiceInstance } from '../model/catalog.ts';
import { worst, type HealthCheck, type HealthStatus } from '../model/health-check.ts';
import { readExecution, type QueryReading } from '../state/reads-queries.ts';
import type { State } from '../state/state.ts';
import { watch } from '../state/watch.ts';
import type { AddressOwner, Directory, DirectoryNode, Instance, QueryResult } from './directory.ts';

export interface StateDirectoryDeps {
  /** As of now. */
  readonly state: () => State;
  readonly datacenter: string;
  /** Names of the servers' nodes. */
  readonly serverNames: () => readonly string[];
  /** Name of this agent's node: queries may want what is nearest to it. */
  readonly agentNode: string;
  /** All datacenters, nearest first, those of other regions too; absent: there are no others. */
  readonly datacenters?: () => readonly string[];
}

/** What was answered for a service, and the state that it was taken from. */
interface Known {
  /** Tables of which no row has changed since. */
  readonly tables: State['tables'];
  readonly index: Index;
  readonly instances: readonly Instance[];
}

/** Services remembered at once; a question for more of them is answered anew. */
const SERVICES_MAX = 10_000;

export class StateDirectory implements Directory {
  readonly datacenter: string;
  readonly #deps: StateDirectoryDeps;
  readonly #known: Map<string, Known>;

  /** @param known shared by directories of one state */
  constructor(deps: StateDirectoryDeps, known = new Map<string, Known>()) {
    this.#deps = deps;
    this.#known = known;
    this.datacenter = folded(deps.datacenter);
  }

  /** The same state as an agent of this name and datacenter sees it. */
  seenBy({ node, datacenter }: Readonly<{ node: string; datacenter: string }>): StateDirectory {
    return new StateDirectory({ ...this.#deps, agentNode: node, datacenter }, this.#known);
  }

  hasDatacenter(datacenter: string): boolean {
    const { catalogNodes } = this.#deps.state().tables;
    return datacenter === this.datacenter || catalogNodes.sizeBy('datacenter', datacenter) > 0;
  }

  node(name: string, datacenter: string): DirectoryNode | undefined {
    const node = this.#deps.state().catalogNode(name);
    return node !== undefined && folded(node.datacenter) === datacenter ? node : undefined;
  }

  service(name: string, datacenter: string): readonly Instance[] | undefined {
    const state = this.#deps.state();
    const key = `${datacenter}\0${name}`;
    const known = this.#known.get(key);
    if (known !== undefined && sameTables(known.tables, state.tables)) return known.instances;
    const rows = [...state.servicesNamed(name)];
    const index = indexOf(state, name, rows);
    // Whatever the answer shows, a change of it raises the index (O2).
    const instances =
      known?.index === index ? known.instances : instancesOf(state, rows, datacenter);
    if (this.#known.size >= SERVICES_MAX) this.#known.clear();
    if (rows.length > 0) this.#known.set(key, { tables: state.tables, index, instances });
    else this.#known.delete(key);
    return instances;
  }

  servers(): readonly DirectoryNode[] {
    const state = this.#deps.state();
    return this.#deps.serverNames().flatMap((name) => state.catalogNode(name) ?? []);
  }

  owner(address: string): AddressOwner | undefined {
    const { catalogNodes, services } = this.#deps.state().tables;
    for (const node of catalogNodes.valuesBy('address', address)) {
      if (folded(node.datacenter) === this.datacenter) return { kind: 'node', node: node.name };
    }
    for (const service of services.valuesBy('address', address)) {
      return { kind: 'service', service: service.name };
    }
    return undefined;
  }

  preparedQuery(name: string, datacenter: string): QueryResult | undefined {
    const { state, agentNode, datacenters } = this.#deps;
    // The state has the name as it was written.
    const asked = datacenter === this.datacenter ? this.#deps.datacenter : datacenter;
    const execution = {
      ...{ datacenter: asked, agentNode, near: '' },
      ...(datacenters === undefined ? {} : { datacenters }),
    };
    const found = readExecution(name, execution)(state()).value;
    return found === undefined ? undefined : queryResult(found);
  }
}

/** What a query found, as DNS shows it. */
export function queryResult(found: QueryReading): QueryResult {
  const { query, ordered, untried } = found;
  const { ttlMs } = query.dns;
  return {
    instances: found.instances.map(({ node, service, checks }) =>
      toInstance(service, node, worstOf(checks)),
    ),
    ordered,
    datacenter: folded(found.datacenter),
    service: query.service.service,
    ...(ttlMs > 0 ? { ttlMs } : {}),
    ...(untried === undefined ? {} : { pending: found }),
  };
}

function sameTables(a: State['tables'], b: State['tables']): boolean {
  return a.services === b.services && a.checks === b.checks && a.catalogNodes === b.catalogNodes;
}

/** The newest of all that an answer about the service shows. */
function indexOf(state: State, name: string, rows: readonly ServiceInstance[]): Index {
  let newest = state.indexOf(watch.serviceNamed(name));
  const note = (index: Index): void => {
    if (index > newest) newest = index;
  };
  note(state.indexOf(watch.checksOfService(name)));
  for (const node of new Set(rows.map((row) => row.node))) {
    note(state.indexOf(watch.catalogNode(node)));
    note(state.indexOf(watch.checksOfNode(node)));
  }
  return newest;
}

function instancesOf(
  state: State,
  rows: readonly ServiceInstance[],
  datacenter: string,
): readonly Instance[] {
  const nodes = new Map<string, HealthStatus>();
  return rows.flatMap((row) => {
    const node = state.catalogNode(row.node);
    if (node === undefined || folded(node.datacenter) !== datacenter) return [];
    let health = nodes.get(node.name);
    if (health === undefined) {
      nodes.set(node.name, (health = worstOf(state.checksOfNode(node.name))));
    }
    return [toInstance(row, node, worst([health, worstOf(checksOf(state, row))]))];
  });
}

/** An instance as DNS shows it. */
function toInstance(row: ServiceInstance, node: CatalogNode, status: HealthStatus): Instance {
  const { address, taggedAddresses, port, tags, weights } = row;
  return { node, address, taggedAddresses, port, tags, weights, status };
}

function checksOf(state: State, row: ServiceInstance): Iterable<HealthCheck> {
  return state.checksOfInstance(row.node, row.id);
}

function worstOf(checks: Iterable<HealthCheck>): HealthStatus {
  return worst(Array.from(checks, ({ status }) => status));
}
