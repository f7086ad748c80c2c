/**
 * Namespaces and node pools.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/namespaces, and node-pools.
 */
import type { NamespaceRow, NodePool } from '../../core/model/tenancy.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { converted, int, listOf, nested, text, textMap, texts } from '../codec/fields.ts';
import { queryText } from '../query.ts';
import { read, write } from '../route.ts';
import { JOB_STUB } from './job-stub-codec.ts';
import { LIST_QUERY } from './list-query.ts';
import { NODE_STUB } from './node-codec.ts';

interface Capabilities {
  readonly enabledDrivers: readonly string[];
  readonly disabledDrivers: readonly string[];
}

const CAPABILITIES: Shape<Capabilities> = shape({
  enabledDrivers: texts('EnabledTaskDrivers'),
  disabledDrivers: texts('DisabledTaskDrivers'),
});

type NamespaceWire = Omit<NamespaceRow, keyof Capabilities> & {
  readonly capabilities: Capabilities;
};

const NAMESPACE_WIRE: Shape<NamespaceWire> = shape(
  {
    name: text('Name'),
    description: text('Description'),
    meta: textMap('Meta'),
    capabilities: nested('Capabilities', CAPABILITIES),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { Quota: '' },
);

const NAMESPACE = converted<NamespaceRow, NamespaceWire>(
  NAMESPACE_WIRE,
  ({ enabledDrivers, disabledDrivers, ...row }) => ({
    ...row,
    capabilities: { enabledDrivers, disabledDrivers },
  }),
  ({ capabilities, ...row }) => ({ ...row, ...capabilities }),
);

const NODE_POOL: Shape<NodePool> = shape(
  {
    name: text('Name'),
    description: text('Description'),
    meta: textMap('Meta'),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { SchedulerConfiguration: null },
);

const PREFIX = { prefix: queryText('prefix', 'only names that begin so') };

export const listNamespaces = read({
  name: 'namespace.list',
  path: '/v1/namespaces',
  about: 'Lists namespaces; `default` is always there.',
  query: PREFIX,
  reply: listOf(NAMESPACE),
});

export const readNamespace = read({
  name: 'namespace.read',
  path: '/v1/namespace/:name',
  about: 'One namespace.',
  reply: NAMESPACE,
});

export const createNamespace = write({
  name: 'namespace.create',
  path: '/v1/namespaces',
  about: 'Creates or changes a namespace.',
  body: NAMESPACE,
});

/** Where Nomad's own client library sends every namespace. */
export const putNamespace = write({
  name: 'namespace.put',
  path: '/v1/namespace',
  about: 'Creates or changes a namespace.',
  body: NAMESPACE,
});

export const updateNamespace = write({
  name: 'namespace.update',
  path: '/v1/namespace/:name',
  about: 'Creates or changes a namespace; the name in the body is that of the path, or absent.',
  body: NAMESPACE,
});

export const deleteNamespace = write({
  name: 'namespace.delete',
  method: 'DELETE',
  path: '/v1/namespace/:name',
  about: 'Deletes a namespace in which nothing is any more.',
});

export const listNodePools = read({
  name: 'node-pool.list',
  path: '/v1/node/pools',
  about: 'Lists node pools: `all`, `default`, those that were described, and those of nodes.',
  query: PREFIX,
  reply: listOf(NODE_POOL),
});

export const readNodePool = read({
  name: 'node-pool.read',
  path: '/v1/node/pool/:name',
  about: 'One node pool.',
  reply: NODE_POOL,
});

export const createNodePool = write({
  name: 'node-pool.create',
  path: '/v1/node/pools',
  about: 'Creates or changes a node pool.',
  body: NODE_POOL,
});

export const updateNodePool = write({
  name: 'node-pool.update',
  path: '/v1/node/pool/:name',
  about: 'Creates or changes a node pool; the name in the body is that of the path, or absent.',
  body: NODE_POOL,
});

export const deleteNodePool = write({
  name: 'node-pool.delete',
  method: 'DELETE',
  path: '/v1/node/pool/:name',
  about: 'Deletes a node pool of which no node and no running job is.',
});

export const listPoolNodes = read({
  name: 'node-pool.nodes',
  path: '/v1/node/pool/:name/nodes',
  about: 'The nodes of a pool.',
  query: LIST_QUERY,
  reply: listOf(NODE_STUB),
});

export const listPoolJobs = read({
  name: 'node-pool.jobs',
  path: '/v1/node/pool/:name/jobs',
  about: 'The jobs of a pool.',
  query: LIST_QUERY,
  reply: listOf(JOB_STUB),
});

export const TENANCY_ROUTES = [
  listNamespaces,
  readNamespace,
  createNamespace,
  putNamespace,
  updateNamespace,
  deleteNamespace,
  listNodePools,
  readNodePool,
  createNodePool,
  updateNodePool,
  deleteNodePool,
  listPoolNodes,
  listPoolJobs,
] as const;
