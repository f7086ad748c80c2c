/** `catalog ...`. Source: https://developer.hashicorp.com/consul/commands/catalog */
import {
  catalogNode,
  catalogService,
  listCatalogNodes,
  listDatacenters,
  listServices,
} from '../../api/consul/catalog-routes.ts';
import type { Api } from '../../api/api.ts';
import type { CatalogNode } from '../../core/model/catalog.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type FlagValues } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { columns } from '../format/columns.ts';
import type { World } from '../world.ts';

export const catalogDatacenters: Command = {
  name: 'catalog datacenters',
  summary: 'List the datacenters',
  arguments: [],
  flags: withDiscoveryFlags(),
  examples: [{ line: 'muster catalog datacenters', says: 'The nearest first:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const api = await discoveryApi(invocation, world);
    for (const name of await api.call(listDatacenters, {}, world.signal)) world.out(`${name}\n`);
    return 0;
  },
};

const NODE_META = flag.list('node-meta', '<key=value>', 'Only nodes with it.');

export const catalogNodes: Command = {
  name: 'catalog nodes',
  summary: 'List the nodes',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('detailed', 'Print everything that is known of them.'),
    flag.string('service', '<name>', 'Only nodes that offer this service.'),
    flag.string('near', '<node>', 'Nearest to this node first; "_agent" for the one asked.'),
    flag.string('filter', '<expression>', 'Only nodes that it is true for.'),
    NODE_META,
  ),
  examples: [
    { line: 'muster catalog nodes', says: 'All of them:' },
    { line: 'muster catalog nodes -service web', says: 'Where a service is offered:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const nodes = await nodesOf(await discoveryApi(invocation, world), flags, world);
    if (nodes.length === 0) {
      throw new Failure('not_found', 'No nodes match the given query - try expanding your search');
    }
    world.out(`${flags.has('detailed') ? detailed(nodes) : table(nodes)}\n`);
    return 0;
  },
};

/** `key=value` on the command line is `key:value` in the API. */
function metaOf(flags: FlagValues): Readonly<{ nodeMeta?: readonly string[] }> {
  const nodeMeta = flags.list('node-meta').map((pair) => pair.replace('=', ':'));
  return nodeMeta.length === 0 ? {} : { nodeMeta };
}

async function nodesOf(
  api: Api,
  flags: FlagValues,
  { signal }: World,
): Promise<readonly CatalogNode[]> {
  const query = { near: flags.text('near'), filter: flags.text('filter'), ...metaOf(flags) };
  const service = flags.text('service');
  if (service === undefined) return api.call(listCatalogNodes, { query }, signal);
  const rows = await api.call(catalogService, { params: { service }, query }, signal);
  const byName = new Map(
    rows.map((row) => [
      row.node,
      {
        id: row.nodeId,
        name: row.node,
        address: row.nodeAddress,
        datacenter: row.datacenter,
        taggedAddresses: row.nodeTaggedAddresses,
        meta: row.nodeMeta,
        createIndex: row.createIndex,
        modifyIndex: row.modifyIndex,
      },
    ]),
  );
  return [...byName.values()];
}

/** Enough of a node's id to tell it from others. */
const SHORT_ID = 8;

function table(nodes: readonly CatalogNode[]): string {
  return columns([
    ['Node', 'ID', 'Address', 'DC'],
    ...nodes.map(({ name, id, address, datacenter }) => [
      ...[name, id.slice(0, SHORT_ID), address],
      datacenter,
    ]),
  ]);
}

function detailed(nodes: readonly CatalogNode[]): string {
  return columns([
    ['Node', 'ID', 'Address', 'DC', 'TaggedAddresses', 'Meta'],
    ...nodes.map(({ name, id, address, datacenter, taggedAddresses, meta }) => [
      ...[name, id, address, datacenter],
      pairs(taggedAddresses),
      pairs(meta),
    ]),
  ]);
}

function pairs(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ');
}

export const catalogServices: Command = {
  name: 'catalog services',
  summary: 'List the services',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('tags', 'With the tags of their instances.'),
    flag.string('node', '<node>', 'Only what this node offers, by name or id.'),
    NODE_META,
  ),
  examples: [{ line: 'muster catalog services -tags', says: 'All of them, with their tags:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const api = await discoveryApi(invocation, world);
    const node = flags.text('node');
    const services =
      node === undefined
        ? await api.call(listServices, { query: metaOf(flags) }, world.signal)
        : await offeredBy(api, node, world);
    const names = Object.keys(services).sort();
    if (names.length === 0) {
      world.err('No services match the given query - try expanding your search.\n');
      return 0;
    }
    const rows = names.map((name) => [name, [...(services[name] ?? [])].sort().join(',')]);
    world.out(`${flags.has('tags') ? columns(rows) : names.join('\n')}\n`);
    return 0;
  },
};

async function offeredBy(
  api: Api,
  node: string,
  { signal }: World,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = await api.call(catalogNode, { params: { node } }, signal);
  if (found === undefined) throw new Failure('not_found', `No node "${node}"`);
  const tags = new Map<string, Set<string>>();
  for (const service of Object.values(found.services)) {
    const known = tags.get(service.name) ?? new Set();
    for (const tag of service.tags) known.add(tag);
    tags.set(service.name, known);
  }
  return Object.fromEntries([...tags].map(([name, all]) => [name, [...all]]));
}
