/**
 * Asks the discovery API what a template wants to know, and puts the answer into the shape that
 * templates know.
 *
 * Source: consul-template's package `dependency`: which endpoint each function asks, how it sorts.
 */
import type { Index } from '../base/brand.ts';
import { fromBase64 } from '../base/base64.ts';
import { Failure } from '../base/failure.ts';
import { TEMPLATE_WAIT_MS } from '../core/limits.ts';
import type { CatalogNode } from '../core/model/catalog.ts';
import type { KvPair } from '../core/model/kv.ts';
import { fromBytes } from '../core/template/bytes.ts';
import type {
  AnswerOf,
  Dependency,
  HealthService,
  HealthStatus,
  KeyPair,
  NodeDetail,
  NodeEntry,
  ServiceInstance,
} from '../core/template/dependency.ts';
import type { Api } from './api.ts';
import { consulSelf } from './consul/agent-routes.ts';
import {
  catalogNode,
  listCatalogNodes,
  listDatacenters,
  listServices,
} from './consul/catalog-routes.ts';
import type { HealthEntry } from './consul/health-codec.ts';
import { connectHealth, serviceHealth } from './consul/health-routes.ts';
import { readPairs } from './consul/kv-routes.ts';
import { askNomad } from './template-nomad-answers.ts';

/** An answer, and the index for the next question; 0 where it cannot be waited for. */
export type Reply<K extends Dependency['kind'] = Dependency['kind']> = Readonly<{
  value: AnswerOf[K];
  index: number;
}>;

/**
 * Asks once; with an index, waits until the answer is newer, or for a while.
 *
 * @param index of the answer before; 0 asks at once
 *
 * Fails: as `Api` does; `unsupported` what this API does not answer (secrets, files).
 */
export async function askDependency(
  api: Api,
  dependency: Dependency,
  index: number,
  signal?: AbortSignal,
): Promise<Reply> {
  const ask: Ask = { api, index, signal };
  switch (dependency.kind) {
    case 'kv.get':
      return keyPair(dependency, ask);
    case 'kv.list':
      return keyPairs(dependency, ask);
    case 'health.service':
      return instances(dependency, ask);
    case 'catalog.services':
      return services(dependency, ask);
    case 'catalog.nodes':
      return nodes(dependency, ask);
    case 'catalog.node':
      return node(dependency, ask);
    case 'catalog.datacenters':
      return { value: await api.call(listDatacenters, {}, signal), index: 0 };
    case 'nomad.service':
    case 'nomad.services':
    case 'nomad.var':
    case 'nomad.var.list':
      return askNomad(dependency, ask);
    case 'vault.read':
    case 'vault.list': {
      const what = `template asks for the secret "${dependency.path}"`;
      throw new Failure('unsupported', `${what}, and no store of secrets (vault) is configured`);
    }
    case 'file':
      throw new Failure('unsupported', 'files are not read through the API');
  }
}

type Ask = Readonly<{ api: Api; index: number; signal: AbortSignal | undefined }>;

/** What goes with every question. */
function common(
  ask: Ask,
  datacenter: string | undefined,
): Readonly<{ index?: number; waitMs?: number; datacenter?: string; stale: boolean }> {
  const blocks = ask.index > 0 ? { index: ask.index, waitMs: TEMPLATE_WAIT_MS } : {};
  return { stale: true, ...blocks, ...(datacenter === undefined ? {} : { datacenter }) };
}

/** Where there is nothing, the answer says so with a status, and still has an index. */
async function orNothing<T>(
  told: Promise<Readonly<{ value: readonly T[]; index: Index }>>,
): Promise<Readonly<{ value: readonly T[]; index: number }>> {
  try {
    return await told;
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    return { value: [], index: Number(error.facts['index'] ?? 0) };
  }
}

async function keyPair(
  { key, datacenter }: Extract<Dependency, { kind: 'kv.get' }>,
  ask: Ask,
): Promise<Reply<'kv.get'>> {
  const input = { params: { key }, query: common(ask, datacenter) };
  const { value, index } = await orNothing(ask.api.tell(readPairs, input, ask.signal));
  const [pair] = value;
  return { value: pair === undefined ? undefined : toKeyPair(pair), index };
}

async function keyPairs(
  { prefix, datacenter }: Extract<Dependency, { kind: 'kv.list' }>,
  ask: Ask,
): Promise<Reply<'kv.list'>> {
  const query = { ...common(ask, datacenter), recurse: true };
  const told = ask.api.tell(readPairs, { params: { key: prefix }, query }, ask.signal);
  const { value, index } = await orNothing(told);
  return { value: value.map(toKeyPair), index };
}

function toKeyPair(pair: KvPair): KeyPair {
  return {
    path: pair.key,
    value: fromBytes(fromBase64(pair.value) ?? new Uint8Array()),
    createIndex: pair.createIndex,
    modifyIndex: pair.modifyIndex,
    lockIndex: pair.lockIndex,
    flags: BigInt(pair.flags),
    session: pair.session ?? '',
  };
}

async function instances(service: HealthService, ask: Ask): Promise<Reply<'health.service'>> {
  const { name, tag, near, datacenter, filter } = service;
  const input = {
    params: { service: name },
    query: {
      ...common(ask, datacenter),
      ...(tag === undefined ? {} : { tags: [tag] }),
      ...(near === undefined ? {} : { near }),
      ...(filter.length === 0 ? { passing: true } : {}),
    },
  };
  const route = service.connect ? connectHealth : serviceHealth;
  const told = await ask.api.tell(route, input, ask.signal);
  const all = told.value.map(toInstance);
  const wanted = all.filter(({ status }) => {
    return filter.length === 0 || filter.includes('any') || filter.includes(status);
  });
  // Nearest first is the server's order.
  if (near === undefined) wanted.sort(byNodeThenId);
  return { value: wanted, index: told.index };
}

function toInstance({ node: at, service, checks }: HealthEntry): ServiceInstance {
  return {
    node: at.name,
    nodeId: at.id,
    nodeAddress: at.address,
    nodeDatacenter: at.datacenter,
    nodeTaggedAddresses: at.taggedAddresses,
    nodeMeta: at.meta,
    serviceMeta: service.meta,
    serviceTaggedAddresses: service.taggedAddresses,
    address: service.address === '' ? at.address : service.address,
    id: service.id,
    name: service.name,
    tags: [...service.tags].sort(),
    checks: checks.map((check) => ({
      node: at.name,
      checkId: check.id,
      name: check.name,
      status: check.status,
      notes: check.notes,
      output: check.output,
      serviceId: check.serviceId,
      serviceName: check.serviceName,
    })),
    status: worst(checks),
    port: service.port,
    weights: service.weights,
  };
}

/** Maintenance counts for more than any check. */
function worst(checks: HealthEntry['checks']): HealthStatus {
  if (checks.some(({ id }) => /^_(node|service)_maintenance/.test(id))) return 'maintenance';
  if (checks.some(({ status }) => status === 'critical')) return 'critical';
  return checks.some(({ status }) => status === 'warning') ? 'warning' : 'passing';
}

function byNodeThenId(a: ServiceInstance, b: ServiceInstance): number {
  return compare(a.node, b.node) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function services(
  { datacenter }: Extract<Dependency, { kind: 'catalog.services' }>,
  ask: Ask,
): Promise<Reply<'catalog.services'>> {
  const input = { query: common(ask, datacenter) };
  const { value, index } = await ask.api.tell(listServices, input, ask.signal);
  const sorted = Object.entries(value).sort(([a], [b]) => compare(a, b));
  return { value: sorted.map(([name, tags]) => ({ name, tags: [...tags].sort() })), index };
}

async function nodes(
  { datacenter, near }: Extract<Dependency, { kind: 'catalog.nodes' }>,
  ask: Ask,
): Promise<Reply<'catalog.nodes'>> {
  const query = { ...common(ask, datacenter), ...(near === undefined ? {} : { near }) };
  const { value, index } = await ask.api.tell(listCatalogNodes, { query }, ask.signal);
  const entries = value.map(toNode);
  if (near === undefined) entries.sort((a, b) => compare(a.node, b.node));
  return { value: entries, index };
}

async function node(
  { name, datacenter }: Extract<Dependency, { kind: 'catalog.node' }>,
  ask: Ask,
): Promise<Reply<'catalog.node'>> {
  const own = name ?? (await ask.api.call(consulSelf, {}, ask.signal)).config.nodeName;
  const input = { params: { node: own }, query: common(ask, datacenter) };
  const { value, index } = await ask.api.tell(catalogNode, input, ask.signal);
  if (value === undefined) return { value: undefined, index };
  const detail: NodeDetail = {
    node: toNode(value.node),
    services: Object.values(value.services)
      .map((service) => ({
        id: service.id,
        service: service.name,
        tags: [...service.tags].sort(),
        meta: service.meta,
        port: service.port,
        address: service.address,
        enableTagOverride: service.enableTagOverride,
      }))
      .sort((a, b) => compare(a.service, b.service) || compare(a.id, b.id)),
  };
  return { value: detail, index };
}

function toNode(at: CatalogNode): NodeEntry {
  return {
    id: at.id,
    node: at.name,
    address: at.address,
    datacenter: at.datacenter,
    taggedAddresses: at.taggedAddresses,
    meta: at.meta,
  };
}
