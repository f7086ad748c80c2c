/** What an agent's registrar asks of the servers, where they are in the same process. */
import type { Index } from '../base/brand.ts';
import type { CatalogNodeFacts, ServiceFacts, ServiceInstance } from '../core/model/catalog.ts';
import type { CatalogNode } from '../core/model/catalog.ts';
import type { CheckFacts, HealthCheck } from '../core/model/health-check.ts';
import type { Read } from '../core/state/reads.ts';
import { watch } from '../core/state/watch.ts';
import type {
  CatalogLink,
  NodeRows,
  Registered,
  RowsToDeregister,
  RowsToRegister,
} from '../ports/catalog-link.ts';
import type { Operations } from './operations.ts';

export class ServerCatalogLink implements CatalogLink {
  readonly #ops: Pick<Operations, 'query' | 'snapshot' | 'catalog'>;
  /** A row that did not change is the same object each time. */
  readonly #services = new WeakMap<ServiceInstance, ServiceFacts>();
  readonly #checks = new WeakMap<HealthCheck, CheckFacts>();

  constructor(ops: Pick<Operations, 'query' | 'snapshot' | 'catalog'>) {
    this.#ops = ops;
  }

  async register(rows: RowsToRegister): Promise<Registered> {
    const index = await this.#ops.catalog.register(rows);
    const { name } = rows.node;
    const state = this.#ops.snapshot();
    const leftOut = [
      ...rows.services.filter(({ id }) => state.service(name, id) === undefined),
      ...rows.checks.filter(({ id }) => state.check(name, id) === undefined),
    ];
    return { index, leftOut: leftOut.map(({ id }) => id) };
  }

  deregister(rows: RowsToDeregister): Promise<Index> {
    return this.#ops.catalog.deregister(rows);
  }

  deregisterNode(node: string): Promise<Index> {
    return this.#ops.catalog.deregister({ node });
  }

  async watchNode(node: string, after: Index | undefined, signal: AbortSignal): Promise<NodeRows> {
    const options = after === undefined ? {} : { after };
    const { value, index } = await this.#ops.query(this.#readNode(node), options, signal);
    return { ...value, index };
  }

  #readNode(name: string): Read<Omit<NodeRows, 'index'>> {
    return (state) => {
      const node = state.catalogNode(name);
      return {
        value: {
          asOf: state.index,
          node: node && nodeFacts(node),
          services: Array.from(state.servicesOnNode(name), (row) => this.#serviceOf(row)),
          checks: Array.from(state.checksOnNode(name), (row) => this.#checkOf(row)),
        },
        keys: [watch.catalogNode(name), watch.servicesOnNode(name), watch.checksOnNode(name)],
      };
    };
  }

  #serviceOf(row: ServiceInstance): ServiceFacts {
    const known = this.#services.get(row);
    if (known !== undefined) return known;
    const facts = serviceFacts(row);
    this.#services.set(row, facts);
    return facts;
  }

  #checkOf(row: HealthCheck): CheckFacts {
    const known = this.#checks.get(row);
    if (known !== undefined) return known;
    const facts = checkFacts(row);
    this.#checks.set(row, facts);
    return facts;
  }
}

function nodeFacts(row: CatalogNode): CatalogNodeFacts {
  const { name, id, address, datacenter, taggedAddresses, meta } = row;
  return { name, id, address, datacenter, taggedAddresses, meta };
}

function serviceFacts(row: ServiceInstance): ServiceFacts {
  const { proxy, allocId } = row;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    tags: row.tags,
    address: row.address,
    port: row.port,
    socketPath: row.socketPath,
    taggedAddresses: row.taggedAddresses,
    meta: row.meta,
    weights: row.weights,
    enableTagOverride: row.enableTagOverride,
    ...(proxy === undefined ? {} : { proxy }),
    ...(allocId === undefined ? {} : { allocId }),
  };
}

function checkFacts(row: HealthCheck): CheckFacts {
  const { allocId } = row;
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    notes: row.notes,
    output: row.output,
    serviceId: row.serviceId,
    type: row.type,
    definition: row.definition,
    interval: row.interval,
    timeout: row.timeout,
    ...(allocId === undefined ? {} : { allocId }),
  };
}
