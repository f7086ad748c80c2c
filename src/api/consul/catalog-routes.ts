/** The catalog. Source: https://developer.hashicorp.com/consul/api-docs/catalog */
import type { CatalogNode, ServiceInstance } from '../../core/model/catalog.ts';
import { shape, type Codec } from '../codec/codec.ts';
import { boolCodec, list, listOf, map, mapOf, maybe, nested, textCodec } from '../codec/fields.ts';
import { queryText, queryTexts } from '../query.ts';
import { ask, change, read } from '../route.ts';
import { DEREGISTER_BODY, REGISTER_BODY } from './catalog-body-codec.ts';
import { CATALOG_NODE, SERVICE_INSTANCE, SERVICE_ROW } from './catalog-codec.ts';
import { FILTER, ROWS_QUERY } from './rows-query.ts';

export const registerNode = change({
  name: 'catalog.register',
  path: '/v1/catalog/register',
  about: 'Puts a node, an instance or checks into the catalog.',
  body: REGISTER_BODY,
  reply: boolCodec,
});

export const deregisterNode = change({
  name: 'catalog.deregister',
  path: '/v1/catalog/deregister',
  about: 'Takes a node, an instance or a check out of the catalog.',
  body: DEREGISTER_BODY,
  reply: boolCodec,
});

export const listDatacenters = ask({
  name: 'catalog.datacenters',
  path: '/v1/catalog/datacenters',
  about: 'The names of the datacenters, nearest first.',
  reply: listOf(textCodec),
});

export const listCatalogNodes = read({
  name: 'catalog.nodes',
  path: '/v1/catalog/nodes',
  about: 'All nodes.',
  query: ROWS_QUERY,
  reply: listOf(CATALOG_NODE),
});

export const listServices = read({
  name: 'catalog.services',
  path: '/v1/catalog/services',
  about: 'The names of all services, each with the tags of its instances.',
  query: { nodeMeta: ROWS_QUERY.nodeMeta, ...FILTER },
  reply: mapOf(listOf(textCodec)),
});

const OF_SERVICE = {
  tags: queryTexts('tag', 'only instances with this tag; all of them, where repeated'),
  ...ROWS_QUERY,
} as const;

export const catalogService = read({
  name: 'catalog.service',
  path: '/v1/catalog/service/:service',
  about: 'The instances of a service, healthy or not.',
  query: OF_SERVICE,
  reply: listOf(SERVICE_ROW),
});

export const catalogConnect = read({
  name: 'catalog.connect',
  path: '/v1/catalog/connect/:service',
  about: 'The instances through which the mesh reaches a service.',
  query: OF_SERVICE,
  reply: listOf(SERVICE_ROW),
});

/** A node with its instances by id. */
export interface NodeWithServices {
  readonly node: CatalogNode;
  readonly services: Readonly<Record<string, ServiceInstance>>;
}

const NODE_WITH_SERVICES = shape<NodeWithServices>({
  node: nested('Node', CATALOG_NODE),
  services: map('Services', SERVICE_INSTANCE, {}),
});

/** There may be none. */
const NODE_OR_NONE: Codec<NodeWithServices | undefined> = {
  encode: (value, mode) => (value === undefined ? null : NODE_WITH_SERVICES.encode(value, mode)),
  decode: (raw, path, to) => NODE_WITH_SERVICES.decode(raw, path, to),
  zero: () => undefined,
};

export const catalogNode = read({
  name: 'catalog.node',
  path: '/v1/catalog/node/:node',
  about: 'A node, by name or id, with its instances; `null` when there is none.',
  query: FILTER,
  reply: NODE_OR_NONE,
});

/** The same with a list instead of a map. */
export interface NodeServiceList {
  readonly node?: CatalogNode;
  readonly services: readonly ServiceInstance[];
}

export const catalogNodeServices = read({
  name: 'catalog.node-services',
  path: '/v1/catalog/node-services/:node',
  about: 'A node with a list of its instances.',
  query: FILTER,
  reply: shape<NodeServiceList>({
    node: maybe(nested('Node', CATALOG_NODE)),
    services: list('Services', SERVICE_INSTANCE, []),
  }),
});

export const gatewayServices = read({
  name: 'catalog.gateway-services',
  path: '/v1/catalog/gateway-services/:gateway',
  about: 'The services behind a gateway of the mesh; none here.',
  query: { kind: queryText('kind', 'the kind of gateway') },
  reply: listOf(SERVICE_ROW),
});

export const CATALOG_ROUTES = [
  registerNode,
  deregisterNode,
  listDatacenters,
  listCatalogNodes,
  listServices,
  catalogService,
  catalogConnect,
  catalogNode,
  catalogNodeServices,
  gatewayServices,
] as const;
