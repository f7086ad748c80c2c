/**
 * What templates can ask for, and the shape of each answer. A dependency is what has to be watched
 * for a template; the same one in many templates is watched once.
 *
 * D1: two dependencies are the same exactly if `dependencyKey` of both is.
 *
 * Source: consul-template's "Templating language".
 */

/** Status of an instance, the worst of its checks. */
export type HealthStatus = 'passing' | 'warning' | 'critical' | 'maintenance';

export type Dependency =
  /** A key's value. */
  | Readonly<{ kind: 'kv.get'; key: string; datacenter?: string }>
  /** All keys that begin with a prefix. */
  | Readonly<{ kind: 'kv.list'; prefix: string; datacenter?: string }>
  | HealthService
  | Readonly<{ kind: 'catalog.services'; datacenter?: string }>
  | Readonly<{ kind: 'catalog.nodes'; datacenter?: string; near?: string }>
  /** A node with its services; the agent's own without a name. */
  | Readonly<{ kind: 'catalog.node'; name?: string; datacenter?: string }>
  /** @param reachableOnly leaves out those that do not answer */
  | Readonly<{ kind: 'catalog.datacenters'; reachableOnly: boolean }>
  | Readonly<{ kind: 'vault.read'; path: string; data: readonly string[] }>
  | Readonly<{ kind: 'vault.list'; path: string }>
  /** `choose` picks so many instances, the same ones for the same `by`. */
  | Readonly<{
      kind: 'nomad.service';
      name: string;
      tag?: string;
      region?: string;
      choose?: Readonly<{ count: number; by: string }>;
    }>
  | Readonly<{ kind: 'nomad.services'; region?: string }>
  | Readonly<{ kind: 'nomad.var'; path: string; namespace?: string; region?: string }>
  | Readonly<{ kind: 'nomad.var.list'; prefix: string; namespace?: string; region?: string }>
  /** The text of a file. */
  | Readonly<{ kind: 'file'; path: string }>;

/** Instances of a service with one of these statuses. */
export type HealthService = Readonly<{
  kind: 'health.service';
  name: string;
  tag?: string;
  datacenter?: string;
  /** Sorted by round-trip time from this node; `_agent` is the agent's own. */
  near?: string;
  /** Empty: those that the server calls passing. `any` is all. */
  filter: readonly (HealthStatus | 'any')[];
  /** Instances that take part in the service mesh. */
  connect: boolean;
}>;

/** Answers by kind. `undefined` stands for what is known not to exist. */
export interface AnswerOf {
  'kv.get': KeyPair | undefined;
  'kv.list': readonly KeyPair[];
  'health.service': readonly ServiceInstance[];
  'catalog.services': readonly ServiceSummary[];
  'catalog.nodes': readonly NodeEntry[];
  'catalog.node': NodeDetail | undefined;
  'catalog.datacenters': readonly string[];
  'vault.read': Secret | undefined;
  'vault.list': readonly string[];
  'nomad.service': readonly NomadInstance[];
  'nomad.services': readonly ServiceSummary[];
  'nomad.var': NomadVariable | undefined;
  'nomad.var.list': readonly NomadVariableMeta[];
  file: string;
}

/** The answer of one dependency; wrapped, so that "does not exist" is no missing answer. */
export type Answered<D extends Dependency> = Readonly<{ value: AnswerOf[D['kind']] }>;

/** A key in full. */
export type KeyPair = Readonly<{
  path: string;
  value: string;
  createIndex: number;
  modifyIndex: number;
  lockIndex: number;
  flags: bigint;
  session: string;
}>;

export type ServiceInstance = Readonly<{
  node: string;
  nodeId: string;
  nodeAddress: string;
  nodeDatacenter: string;
  nodeTaggedAddresses: Readonly<Record<string, string>>;
  nodeMeta: Readonly<Record<string, string>>;
  serviceMeta: Readonly<Record<string, string>>;
  serviceTaggedAddresses: Readonly<Record<string, Readonly<{ address: string; port: number }>>>;
  /** The service's own address, or else its node's. */
  address: string;
  id: string;
  name: string;
  tags: readonly string[];
  checks: readonly HealthCheck[];
  status: HealthStatus;
  port: number;
  weights: Readonly<{ passing: number; warning: number }>;
}>;

export type HealthCheck = Readonly<{
  node: string;
  checkId: string;
  name: string;
  status: string;
  notes: string;
  output: string;
  serviceId: string;
  serviceName: string;
}>;

export type ServiceSummary = Readonly<{ name: string; tags: readonly string[] }>;

export type NodeEntry = Readonly<{
  id: string;
  node: string;
  address: string;
  datacenter: string;
  taggedAddresses: Readonly<Record<string, string>>;
  meta: Readonly<Record<string, string>>;
}>;

export type NodeDetail = Readonly<{ node: NodeEntry; services: readonly NodeService[] }>;

export type NodeService = Readonly<{
  id: string;
  service: string;
  tags: readonly string[];
  meta: Readonly<Record<string, string>>;
  port: number;
  address: string;
  enableTagOverride: boolean;
}>;

export type Secret = Readonly<{
  requestId: string;
  leaseId: string;
  leaseSeconds: number;
  renewable: boolean;
  /** As it came: JSON. */
  data: unknown;
}>;

export type NomadInstance = Readonly<{
  id: string;
  name: string;
  node: string;
  address: string;
  port: number;
  datacenter: string;
  tags: readonly string[];
  jobId: string;
  allocId: string;
}>;

export type NomadVariableMeta = Readonly<{
  namespace: string;
  path: string;
  createIndex: number;
  modifyIndex: number;
  createTime: bigint;
  modifyTime: bigint;
}>;

export type NomadVariable = Readonly<{
  meta: NomadVariableMeta;
  items: Readonly<Record<string, string>>;
}>;

/** One text for each dependency (D1), as logs and task events show it: `kv.get(app/port@dc2)`. */
export function dependencyKey(dependency: Dependency): string {
  const shown = describeQuery(dependency);
  const isMesh = dependency.kind === 'health.service' && dependency.connect;
  const kind = isMesh ? 'health.connect' : dependency.kind;
  return shown === '' ? kind : `${kind}(${shown})`;
}

function describeQuery(dependency: Dependency): string {
  switch (dependency.kind) {
    case 'health.service':
      return describeService(dependency);
    case 'kv.get':
    case 'kv.list':
    case 'catalog.services':
    case 'catalog.nodes':
    case 'catalog.node':
    case 'catalog.datacenters':
      return describeCatalog(dependency);
    case 'vault.read':
      return [dependency.path, ...dependency.data].join(' ');
    case 'vault.list':
    case 'file':
      return dependency.path;
    case 'nomad.service':
      return describeNomadService(dependency);
    case 'nomad.services':
      return after('@', dependency.region);
    case 'nomad.var':
      return dependency.path + after('@', dependency.namespace) + after('.', dependency.region);
    case 'nomad.var.list':
      return dependency.prefix + after('@', dependency.namespace) + after('.', dependency.region);
  }
}

function describeCatalog(
  query: Extract<Dependency, { kind: `kv.${string}` | `catalog.${string}` }>,
): string {
  switch (query.kind) {
    case 'kv.get':
      return query.key + after('@', query.datacenter);
    case 'kv.list':
      return query.prefix + after('@', query.datacenter);
    case 'catalog.services':
      return after('@', query.datacenter);
    case 'catalog.nodes':
      return after('@', query.datacenter) + after('~', query.near);
    case 'catalog.node':
      return (query.name ?? '') + after('@', query.datacenter);
    case 'catalog.datacenters':
      return query.reachableOnly ? 'reachable' : '';
  }
}

function describeService(query: HealthService): string {
  const tag = query.tag === undefined ? '' : `${query.tag}.`;
  const filter = query.filter.length === 0 ? '' : `|${query.filter.join(',')}`;
  return tag + query.name + after('@', query.datacenter) + after('~', query.near) + filter;
}

function describeNomadService(query: Extract<Dependency, { kind: 'nomad.service' }>): string {
  const tag = query.tag === undefined ? '' : `${query.tag}.`;
  const { choose } = query;
  const chosen = choose === undefined ? '' : `|${choose.count}:${choose.by}`;
  return tag + query.name + after('@', query.region) + chosen;
}

function after(mark: string, text: string | undefined): string {
  return text === undefined ? '' : mark + text;
}
