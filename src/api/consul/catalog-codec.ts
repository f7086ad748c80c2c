/** Nodes and what they offer, on the wire. */
import type { Index } from '../../base/brand.ts';
import type {
  CatalogNode,
  ServiceAddress,
  ServiceInstance,
  ServiceDescription,
  ServiceWeights,
} from '../../core/model/catalog.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, freeForm, int, map, maybe, nested, text, textMap, texts } from '../codec/fields.ts';

export const SERVICE_ADDRESS: Shape<ServiceAddress> = shape({
  address: text('Address'),
  port: int('Port'),
});

export const WEIGHTS: Shape<ServiceWeights> = shape({
  passing: int('Passing'),
  warning: int('Warning'),
});

/** A service without a sidecar has this. */
const NO_PROXY: JsonObject = { Mode: '', MeshGateway: {}, Expose: {} };

export const CATALOG_NODE: Shape<CatalogNode> = shape({
  id: text('ID'),
  name: text('Node'),
  address: text('Address'),
  datacenter: text('Datacenter'),
  taggedAddresses: textMap('TaggedAddresses'),
  meta: textMap('Meta'),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

const INSTANCE: Shape<ServiceInstance> = shape(
  {
    kind: text('Kind', OMIT),
    id: text('ID'),
    name: text('Service'),
    tags: texts('Tags', []),
    address: text('Address'),
    taggedAddresses: map('TaggedAddresses', SERVICE_ADDRESS, OMIT),
    meta: textMap('Meta', {}),
    port: int('Port'),
    socketPath: text('SocketPath', OMIT),
    weights: nested('Weights', WEIGHTS),
    enableTagOverride: bool('EnableTagOverride'),
    proxy: maybe(freeForm('Proxy', NO_PROXY)),
    node: undefined,
    allocId: undefined,
    provider: undefined,
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { Connect: {}, PeerName: '' },
);

/** An instance beside its node, as health and lists of a node have it. */
export const SERVICE_INSTANCE: Shape<ServiceInstance> = omitEmpty(INSTANCE, ['Kind', 'SocketPath']);

/** One place of a service with its node, in one row. */
export interface ServiceRow extends ServiceDescription {
  readonly nodeId: string;
  readonly node: string;
  readonly nodeAddress: string;
  readonly datacenter: string;
  readonly nodeTaggedAddresses: Readonly<Record<string, string>>;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly weights: ServiceWeights;
  readonly proxy?: Readonly<Record<string, unknown>>;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** Puts an instance and its node into one row. */
export function serviceRow(node: CatalogNode, instance: ServiceInstance): ServiceRow {
  const { kind, id, name, tags, address, taggedAddresses, weights, meta, port } = instance;
  return {
    nodeId: node.id,
    node: node.name,
    nodeAddress: node.address,
    datacenter: node.datacenter,
    nodeTaggedAddresses: node.taggedAddresses,
    nodeMeta: node.meta,
    ...{ kind, id, name, tags, address, taggedAddresses, weights, meta, port },
    socketPath: instance.socketPath,
    enableTagOverride: instance.enableTagOverride,
    ...(instance.proxy === undefined ? {} : { proxy: instance.proxy }),
    createIndex: instance.createIndex,
    modifyIndex: instance.modifyIndex,
  };
}

export const SERVICE_ROW: Shape<ServiceRow> = shape(
  {
    nodeId: text('ID'),
    node: text('Node'),
    nodeAddress: text('Address'),
    datacenter: text('Datacenter'),
    nodeTaggedAddresses: textMap('TaggedAddresses'),
    nodeMeta: textMap('NodeMeta'),
    kind: text('ServiceKind'),
    id: text('ServiceID'),
    name: text('ServiceName'),
    tags: texts('ServiceTags', []),
    address: text('ServiceAddress'),
    taggedAddresses: map('ServiceTaggedAddresses', SERVICE_ADDRESS, OMIT),
    weights: nested('ServiceWeights', WEIGHTS),
    meta: textMap('ServiceMeta', {}),
    port: int('ServicePort'),
    socketPath: text('ServiceSocketPath'),
    enableTagOverride: bool('ServiceEnableTagOverride'),
    proxy: maybe(freeForm('ServiceProxy', NO_PROXY)),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { ServiceConnect: {} },
);

/** Leaves fields out where they are empty text, as Go's `omitempty` does. */
export function omitEmpty<T>(inner: Shape<T>, names: readonly string[]): Shape<T> {
  return {
    ...inner,
    encode: (value, mode) => {
      const wire: Record<string, Json> = { ...inner.encode(value, mode) };
      for (const name of names) if (wire[name] === '') Reflect.deleteProperty(wire, name);
      return wire;
    },
  };
}
