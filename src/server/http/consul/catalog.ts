/** The catalog: who offers what. */
import type {
  CatalogCheckBody,
  RegisterBody,
  ServiceBody,
} from '../../../api/consul/catalog-body-codec.ts';
import { CATALOG_NODE, SERVICE_INSTANCE } from '../../../api/consul/catalog-codec.ts';
import { SERVICE_ROW, serviceRow } from '../../../api/consul/catalog-codec.ts';
import * as routes from '../../../api/consul/catalog-routes.ts';
import { DEFAULT_WEIGHTS } from '../../../core/model/catalog.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../../../core/model/catalog.ts';
import type { CheckFacts } from '../../../core/model/health-check.ts';
import {
  datacentersOf,
  readCatalogNodes,
  readInstances,
  readNodeServices,
  readProxies,
  readService,
} from '../../../core/state/reads-catalog.ts';
import type { Placed } from '../../../core/state/reads-catalog.ts';
import type { Registration } from '../../catalog-operations.ts';
import { plainly, toldOf } from '../deps.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';
import { filtered, whereOf } from './rows.ts';

/** Binds what concerns the catalog. */
export function catalogHandlers(deps: ConsulDeps): readonly Bound[] {
  return [...changes(deps), ...lists(deps), ...ofServices(deps), ...ofNodes(deps)];
}

function changes({ ops, agent }: ConsulDeps): readonly Bound[] {
  return [
    bind(routes.registerNode, async ({ body, datacenter }) => {
      await ops.catalog.register(registrationOf(body, datacenter ?? agent.datacenter));
      return { value: true };
    }),
    bind(routes.deregisterNode, async ({ body: { node, serviceId, checkId } }) => {
      if (node === '') throw invalid('Must provide node');
      await ops.catalog.deregister({
        node,
        // A service takes its checks along: told both, Consul looks at the service alone.
        ...(serviceId !== '' && { serviceIds: [serviceId] }),
        ...(serviceId === '' && checkId !== '' && { checkIds: [checkId] }),
      });
      return { value: true };
    }),
  ];
}

function lists(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent } = deps;
  return [
    bind(routes.listDatacenters, () => {
      if (deps.federation !== undefined) return plainly(deps.federation.datacenters());
      const others = [...datacentersOf(ops.snapshot())].filter((dc) => dc !== agent.datacenter);
      return plainly([agent.datacenter, ...others.sort()]);
    }),
    bind(routes.listCatalogNodes, async (call) => {
      const read = readCatalogNodes(whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      return {
        value: filtered(answer.value, CATALOG_NODE, call.query.filter),
        ...toldOf(answer),
      };
    }),
    bind(routes.listServices, async (call) => {
      const answer = await ops.query(readInstances(whereOf(deps, call)), call.waiting, call.signal);
      const rows = rowsOf(answer.value);
      return {
        value: tagsByName(filtered(rows, SERVICE_ROW, call.query.filter)),
        ...toldOf(answer),
      };
    }),
  ];
}

function ofServices(deps: ConsulDeps): readonly Bound[] {
  const { ops } = deps;
  return [
    bind(routes.catalogService, async (call) => {
      const { params, query } = call;
      const read = readService(params.service, query.tags ?? [], whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      const rows = rowsOf(answer.value);
      return { value: filtered(rows, SERVICE_ROW, query.filter), ...toldOf(answer) };
    }),
    bind(routes.catalogConnect, async (call) => {
      const { params, query } = call;
      const read = readProxies(params.service, query.tags ?? [], whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      return {
        value: filtered(rowsOf(answer.value), SERVICE_ROW, query.filter),
        ...toldOf(answer),
      };
    }),
    bind(routes.gatewayServices, () => plainly([])),
  ];
}

function ofNodes(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent } = deps;
  return [
    bind(routes.catalogNode, async ({ params, query, datacenter, waiting, signal }) => {
      const read = readNodeServices(params.node, datacenter ?? agent.datacenter);
      const answer = await ops.query(read, waiting, signal);
      if (answer.value === undefined) return { value: undefined, ...toldOf(answer) };
      const { node, services } = answer.value;
      const kept = filtered(services, SERVICE_INSTANCE, query.filter);
      const byId = Object.fromEntries(kept.map((service) => [service.id, service]));
      return { value: { node, services: byId }, ...toldOf(answer) };
    }),
    bind(routes.catalogNodeServices, async ({ params, query, datacenter, waiting, signal }) => {
      const read = readNodeServices(params.node, datacenter ?? agent.datacenter);
      const answer = await ops.query(read, waiting, signal);
      if (answer.value === undefined) return { value: { services: [] }, ...toldOf(answer) };
      const { node, services } = answer.value;
      const kept = filtered(services, SERVICE_INSTANCE, query.filter);
      return { value: { node, services: kept }, ...toldOf(answer) };
    }),
  ];
}

function rowsOf(placed: readonly Placed[]): readonly ReturnType<typeof serviceRow>[] {
  return placed.map(({ node, service }) => serviceRow(node, service));
}

interface Tagged {
  readonly name: string;
  readonly tags: readonly string[];
}

function tagsByName(rows: readonly Tagged[]): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  for (const { name, tags } of rows) {
    const known = found.get(name) ?? new Set<string>();
    for (const tag of tags) known.add(tag);
    found.set(name, known);
  }
  const names = [...found.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, [...(found.get(name) ?? [])].sort()]));
}

function registrationOf(body: RegisterBody, datacenter: string): Registration {
  const { node: name, address, skipNodeUpdate, service, check, checks } = body;
  if (name === '' || (address === '' && !skipNodeUpdate)) {
    throw invalid('Must provide node and address');
  }
  const node: CatalogNodeFacts = {
    name,
    id: body.id,
    address,
    datacenter: body.datacenter === '' ? datacenter : body.datacenter,
    taggedAddresses: body.taggedAddresses,
    meta: body.nodeMeta,
  };
  return {
    node,
    skipNodeUpdate,
    services: service === undefined ? [] : [serviceFacts(service)],
    checks: [...(check === undefined ? [] : [check]), ...checks].map((each) =>
      checkFacts(each, name),
    ),
  };
}

/** What a registrant says of an instance; id and name stand for each other. */
function serviceFacts(body: ServiceBody): ServiceFacts {
  const { kind, tags, address, taggedAddresses, meta, port, socketPath, proxy, weights } = body;
  const name = body.name === '' ? body.id : body.name;
  if (name === '') throw invalid('Must provide service name');
  return {
    ...{ kind, tags, address, taggedAddresses, meta, port, socketPath },
    name,
    id: body.id === '' ? name : body.id,
    enableTagOverride: body.enableTagOverride,
    weights: weights ?? DEFAULT_WEIGHTS,
    ...(proxy !== undefined && { proxy }),
  };
}

function checkFacts(body: CatalogCheckBody, node: string): CheckFacts {
  const { notes, output, serviceId, type, interval, timeout, definition, node: on } = body;
  if (on !== '' && on.toLowerCase() !== node.toLowerCase()) {
    throw invalid(`check node "${on}" does not match node "${node}"`);
  }
  const id = body.id === '' ? body.name : body.id;
  if (id === '') throw invalid('Must provide a check id or name');
  if (!['', 'passing', 'warning', 'critical'].includes(body.status)) {
    throw invalid(`Check.Status: expected passing, warning or critical, got "${body.status}"`);
  }
  return {
    ...{ notes, output, serviceId, type, interval, timeout, definition },
    id,
    name: body.name === '' ? id : body.name,
    status: body.status === '' ? 'critical' : body.status,
  };
}
