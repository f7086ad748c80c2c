/**
 * Answers as values: the fields under which templates know them.
 *
 * Source: the types of consul-template's package `dependency`, which its documentation names.
 */
import type {
  HealthCheck,
  KeyPair,
  NodeDetail,
  NodeEntry,
  NodeService,
  NomadInstance,
  NomadVariable,
  NomadVariableMeta,
  Secret,
  ServiceInstance,
  ServiceSummary,
} from '../dependency.ts';
import { fail, type Method } from '../function.ts';
import { compareTexts, Dict, structOf, Struct, textDict, type Value } from '../value.ts';

/** A key as a template sees it: `key` is what is left of its path behind the prefix asked for. */
type ShownKey = Readonly<{ pair: KeyPair; key: string; exists: boolean }>;

const shownKeys = new WeakMap<Struct, ShownKey>();
const wrapKey = structOf<ShownKey>('dependency.KeyPair', {
  Path: ({ pair }) => pair.path,
  Key: ({ key }) => key,
  Value: ({ pair }) => pair.value,
  Exists: ({ exists }) => exists,
  CreateIndex: ({ pair }) => BigInt(pair.createIndex),
  ModifyIndex: ({ pair }) => BigInt(pair.modifyIndex),
  LockIndex: ({ pair }) => BigInt(pair.lockIndex),
  Flags: ({ pair }) => pair.flags,
  Session: ({ pair }) => pair.session,
});

export function keyPairOf(pair: KeyPair, key: string, exists = true): Struct {
  const shown = { pair, key, exists };
  const struct = wrapKey(shown);
  shownKeys.set(struct, shown);
  return struct;
}

/** A key pair out of a value; undefined if it is none. */
export function keyPairAt(
  value: Value,
): Readonly<{ key: string; value: string; withKey: (key: string) => Struct }> | undefined {
  const shown = value instanceof Struct ? shownKeys.get(value) : undefined;
  if (shown === undefined) return undefined;
  const { pair, key } = shown;
  return { key, value: pair.value, withKey: (other) => keyPairOf(pair, other) };
}

const checkOf = structOf<HealthCheck>('api.HealthCheck', {
  Node: (check) => check.node,
  CheckID: (check) => check.checkId,
  Name: (check) => check.name,
  Status: (check) => check.status,
  Notes: (check) => check.notes,
  Output: (check) => check.output,
  ServiceID: (check) => check.serviceId,
  ServiceName: (check) => check.serviceName,
});

const weightsOf = structOf<ServiceInstance['weights']>('api.AgentWeights', {
  Passing: (weights) => BigInt(weights.passing),
  Warning: (weights) => BigInt(weights.warning),
});

const taggedAddressOf = structOf<Readonly<{ address: string; port: number }>>(
  'api.ServiceAddress',
  { Address: (tagged) => tagged.address, Port: (tagged) => BigInt(tagged.port) },
);

export const instanceOf = structOf<ServiceInstance>('dependency.HealthService', {
  Node: (one) => one.node,
  NodeID: (one) => one.nodeId,
  NodeAddress: (one) => one.nodeAddress,
  NodeDatacenter: (one) => one.nodeDatacenter,
  NodeTaggedAddresses: (one) => textDict(one.nodeTaggedAddresses),
  NodeMeta: (one) => textDict(one.nodeMeta),
  ServiceMeta: (one) => textDict(one.serviceMeta),
  ServiceTaggedAddresses: (one) => {
    const entries = Object.entries(one.serviceTaggedAddresses);
    return new Dict(entries.map(([name, tagged]) => [name, taggedAddressOf(tagged)]));
  },
  Address: (one) => one.address,
  ID: (one) => one.id,
  Name: (one) => one.name,
  Tags: (one) => one.tags,
  Checks: (one) => one.checks.map(checkOf),
  Status: (one) => one.status,
  Port: (one) => BigInt(one.port),
  Weights: (one) => weightsOf(one.weights),
});

export const summaryOf = structOf<ServiceSummary>('dependency.CatalogSnippet', {
  Name: (service) => service.name,
  Tags: (service) => service.tags,
});

export const nodeOf = structOf<NodeEntry>('dependency.Node', {
  ID: (node) => node.id,
  Node: (node) => node.node,
  Address: (node) => node.address,
  Datacenter: (node) => node.datacenter,
  TaggedAddresses: (node) => textDict(node.taggedAddresses),
  Meta: (node) => textDict(node.meta),
});

const nodeServiceOf = structOf<NodeService>('dependency.CatalogNodeService', {
  ID: (service) => service.id,
  Service: (service) => service.service,
  Tags: (service) => service.tags,
  Meta: (service) => textDict(service.meta),
  Port: (service) => BigInt(service.port),
  Address: (service) => service.address,
  EnableTagOverride: (service) => service.enableTagOverride,
});

export const nodeDetailOf = structOf<NodeDetail>('dependency.CatalogNode', {
  Node: ({ node }) => nodeOf(node),
  Services: ({ services }) => services.map(nodeServiceOf),
});

export const nomadInstanceOf = structOf<NomadInstance>('dependency.NomadService', {
  ID: (one) => one.id,
  Name: (one) => one.name,
  Node: (one) => one.node,
  Address: (one) => one.address,
  Port: (one) => BigInt(one.port),
  Datacenter: (one) => one.datacenter,
  Tags: (one) => one.tags,
  JobID: (one) => one.jobId,
  AllocID: (one) => one.allocId,
});

export const secretOf = structOf<Secret>('dependency.Secret', {
  RequestID: (secret) => secret.requestId,
  LeaseID: (secret) => secret.leaseId,
  LeaseDuration: (secret) => BigInt(secret.leaseSeconds),
  Renewable: (secret) => secret.renewable,
  Data: (secret) => fromData(secret.data),
});

export const variableMetaOf = structOf<NomadVariableMeta>(
  'dependency.NomadVarMeta',
  {
    Namespace: (meta) => meta.namespace,
    Path: (meta) => meta.path,
    CreateIndex: (meta) => BigInt(meta.createIndex),
    ModifyIndex: (meta) => BigInt(meta.modifyIndex),
    CreateTime: (meta) => meta.createTime,
    ModifyTime: (meta) => meta.modifyTime,
  },
  { text: (meta) => meta.path },
);

type Item = Readonly<{ key: string; value: string; of: NomadVariable }>;

const itemOf = structOf<Item>(
  'dependency.NomadVarItem',
  { Key: (item) => item.key, Value: (item) => item.value },
  {
    text: (item) => item.value,
    methods: new Map<string, Method>([
      ['Metadata', { params: [], call: (item: Item) => variableMetaOf(item.of.meta) }],
    ]),
  },
);

const tupleOf = structOf<Readonly<{ k: string; v: string }>>('struct { K, V string }', {
  K: ({ k }) => k,
  V: ({ v }) => v,
});

/** A variable's items by name, with what the documentation says can be asked of them. */
export function variableOf(variable: NomadVariable): Dict {
  const sorted = Object.entries(variable.items).sort(([a], [b]) => compareTexts(a, b));
  const method = (call: () => Value): Method => ({ params: [], call });
  return new Dict(
    sorted.map(([key, value]) => [key, itemOf({ key, value, of: variable })]),
    {
      typeName: 'dependency.NomadVarItems',
      methods: new Map([
        ['Keys', method(() => sorted.map(([key]) => key))],
        ['Values', method(() => sorted.map(([, value]) => value))],
        ['Tuples', method(() => sorted.map(([k, v]) => tupleOf({ k, v })))],
        ['Metadata', method(() => variableMetaOf(variable.meta))],
      ]),
    },
  );
}

/** Deeper data than any that is stored on purpose. */
const DATA_DEPTH_MAX = 100;

/** JSON as a value. @param float whether whole numbers are floating ones too, as in `parseJSON` */
export function fromData(data: unknown, float = false, depth = 0): Value {
  if (depth > DATA_DEPTH_MAX) return fail('the data is nested too deep');
  if (data === null || data === undefined) return null;
  if (typeof data === 'number') return !float && Number.isSafeInteger(data) ? BigInt(data) : data;
  if (typeof data === 'string' || typeof data === 'boolean' || typeof data === 'bigint')
    return data;
  const one = (item: unknown): Value => fromData(item, float, depth + 1);
  if (Array.isArray(data)) return data.map(one);
  const entries = data instanceof Map ? [...data] : Object.entries(data);
  return new Dict(entries.map(([key, value]) => [String(key), one(value)]));
}
