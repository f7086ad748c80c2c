/** Machines, services and checks for tests of the catalog. */
import type { Index, Millis } from '../src/base/brand.ts';
import { DEFAULT_WEIGHTS } from '../src/core/model/catalog.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../src/core/model/catalog.ts';
import type { CheckFacts } from '../src/core/model/health-check.ts';
import type { PreparedQueryFacts } from '../src/core/model/prepared-query.ts';
import { apply } from '../src/core/state/apply.ts';
import type { Applied } from '../src/core/state/apply.ts';
import type { CatalogRegistered } from '../src/core/state/discovery-entry.ts';
import type { Entry } from '../src/core/state/entry.ts';
import { emptyState } from '../src/core/state/state.ts';
import type { State } from '../src/core/state/state.ts';
import { T0, uuid } from './state-world.ts';

export function machine(name: string, more: Partial<CatalogNodeFacts> = {}): CatalogNodeFacts {
  return {
    name,
    id: '',
    address: '10.0.0.1',
    datacenter: 'dc1',
    taggedAddresses: {},
    meta: {},
    ...more,
  };
}

export function offer(name: string, more: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    id: name,
    name,
    kind: '',
    tags: [],
    address: '',
    port: 80,
    socketPath: '',
    taggedAddresses: {},
    meta: {},
    weights: DEFAULT_WEIGHTS,
    enableTagOverride: false,
    ...more,
  };
}

export function probe(id: string, more: Partial<CheckFacts> = {}): CheckFacts {
  return {
    id,
    name: id,
    status: 'passing',
    notes: '',
    output: '',
    serviceId: '',
    type: '',
    definition: {},
    interval: '',
    timeout: '',
    ...more,
  };
}

export function preparedQuery(
  n: number,
  more: Partial<PreparedQueryFacts> = {},
  service: Partial<PreparedQueryFacts['service']> = {},
): PreparedQueryFacts {
  return {
    id: uuid('pqry', n),
    name: '',
    token: '',
    service: {
      service: 'web',
      failover: { nearestN: 0, datacenters: [] },
      onlyPassing: false,
      ignoreCheckIds: [],
      near: '',
      tags: [],
      nodeMeta: {},
      serviceMeta: {},
      connect: false,
      ...service,
    },
    dns: { ttlMs: 0 },
    ...more,
  };
}

/** A registration of one machine with what it offers. */
export function registration(
  node: CatalogNodeFacts | string,
  services: readonly ServiceFacts[] = [],
  checks: readonly CheckFacts[] = [],
  skipNodeUpdate = false,
): CatalogRegistered {
  const facts = typeof node === 'string' ? machine(node) : node;
  return { type: 'catalog.register', at: T0, node: facts, skipNodeUpdate, services, checks };
}

/** A state that entries go into one by one. */
export class CatalogWorld {
  state: State;
  at: Millis = T0;

  constructor(state: State = emptyState()) {
    this.state = state;
  }

  do(entry: Entry): Applied {
    const applied = apply(this.state, (this.state.index + 1) as Index, entry);
    this.state = applied.state;
    return applied;
  }

  register(
    node: CatalogNodeFacts | string,
    services: readonly ServiceFacts[] = [],
    checks: readonly CheckFacts[] = [],
  ): Applied {
    return this.do(registration(node, services, checks));
  }

  deregister(node: string, what: { services?: string[]; checks?: string[] } = {}): Applied {
    return this.do({
      type: 'catalog.deregister',
      at: this.at,
      node,
      ...(what.services && { serviceIds: what.services }),
      ...(what.checks && { checkIds: what.checks }),
    });
  }
}
