/** What agents may ask each other, by name, and the shape of each question. */
import type { Index, Millis } from '../../base/brand.ts';
import type {
  AllocDeploymentStatus,
  AllocNetworkStatus,
  ClientStatus,
  TaskEvent,
  TaskState,
} from '../model/alloc.ts';
import type { CatalogNodeFacts, ServiceFacts, ServiceKind } from '../model/catalog.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { AllocId, EvalId, NodeId } from '../model/ids.ts';
import type { DynamicMeta } from '../runner/node-meta.ts';
import type {
  DriverInfo,
  HostNetwork,
  HostVolume,
  NodeDevice,
  NodeFacts,
  NodeNetwork,
} from '../model/node.ts';
import {
  anyRecord,
  branded,
  brandedCount,
  bytes,
  count,
  flag,
  list,
  object,
  oneOf,
  optional,
  record,
  text,
  type Shape,
} from './shape.ts';

/** Who speaks for a node. */
export interface NodeProof {
  readonly nodeId: NodeId;
  readonly secretId: string;
}

/** The same question as of `ServerLink` in `ports/server-link.ts`, and how to send the answer. */
interface Pull extends NodeProof {
  readonly after: Index;
  readonly waitMs: number;
  readonly brief?: boolean;
  readonly changes?: boolean;
  readonly lean?: boolean;
}

/** The same question as of `PreviousAllocs` in `ports/previous-allocs.ts`. */
interface PreviousOf extends NodeProof {
  readonly allocId: AllocId;
}

interface Update {
  readonly id: AllocId;
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
  readonly deploymentStatus?: Pick<AllocDeploymentStatus, 'healthy' | 'at'>;
  readonly networkStatus?: AllocNetworkStatus;
  readonly at: Millis;
}

interface Rows {
  readonly node: CatalogNodeFacts;
  readonly skipNodeUpdate: boolean;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
}

const millis = brandedCount<Millis>();
const texts = record(text);

const NETWORK = object<NodeNetwork>({
  ...{ mode: text, device: text, ip: text, cidr: text, mbits: count },
});

const DEVICE = object<NodeDevice>({
  ...{ vendor: text, type: text, name: text, attributes: texts },
  instances: list(object<{ id: string; healthy: boolean }>({ id: text, healthy: flag })),
});

const DRIVER = object<DriverInfo>({
  detected: flag,
  healthy: flag,
  healthDescription: text,
  attributes: texts,
  updatedAt: millis,
});

const VOLUME = object<HostVolume>({ name: text, path: text, readOnly: flag });

const HOST_NETWORK = object<HostNetwork>({
  ...{ name: text, cidr: text, interface: text, reservedPorts: list(count) },
});

const NODE: Shape<NodeFacts> = object<NodeFacts>({
  id: branded<NodeId>(),
  secretId: text,
  name: text,
  datacenter: text,
  nodeClass: text,
  nodePool: text,
  httpAddr: text,
  attributes: texts,
  meta: texts,
  links: texts,
  resources: object<NodeFacts['resources']>({
    ...{ cpu: count, cores: count, memoryMb: count, diskMb: count },
    ...{ networks: list(NETWORK), devices: list(DEVICE) },
    ...{ dynamicPortMin: count, dynamicPortMax: count },
  }),
  reserved: object<NodeFacts['reserved']>({
    ...{ cpu: count, memoryMb: count, diskMb: count, ports: list(count, 65_536) },
  }),
  drivers: record(DRIVER),
  hostVolumes: record(VOLUME),
  hostNetworks: record(HOST_NETWORK),
  computedClass: text,
  eligibility: optional(oneOf('eligible', 'ineligible')),
});

const TASK_EVENT = object<TaskEvent>({
  ...{ type: text, at: millis, message: text, displayMessage: text, failsTask: flag },
  ...{ exitCode: optional(count), signal: optional(count), details: texts },
});

const TASK_STATE = object<TaskState>({
  state: oneOf('pending', 'running', 'dead'),
  failed: flag,
  restarts: count,
  lastRestartAt: optional(millis),
  startedAt: optional(millis),
  finishedAt: optional(millis),
  events: list(TASK_EVENT, 100),
});

const UPDATE = object<Update>({
  id: branded<AllocId>(),
  clientStatus: oneOf('pending', 'running', 'complete', 'failed', 'lost', 'unknown'),
  clientDescription: text,
  taskStates: record(TASK_STATE),
  deploymentStatus: optional(
    object<Pick<AllocDeploymentStatus, 'healthy' | 'at'>>({ healthy: optional(flag), at: millis }),
  ),
  networkStatus: optional(object<AllocNetworkStatus>({ interfaceName: text, address: text })),
  at: millis,
});

const SERVICE = object<ServiceFacts>({
  ...{ id: text, name: text, tags: list(text), address: text, port: count, socketPath: text },
  kind: oneOf<ServiceKind>(
    ...(['', 'connect-proxy', 'mesh-gateway', 'terminating-gateway'] as const),
    ...(['ingress-gateway', 'api-gateway'] as const),
  ),
  taggedAddresses: record(
    object<{ address: string; port: number }>({ address: text, port: count }),
  ),
  meta: texts,
  enableTagOverride: flag,
  weights: object<ServiceFacts['weights']>({ passing: count, warning: count }),
  proxy: optional(anyRecord),
  allocId: optional(branded<AllocId>()),
  provider: optional(oneOf('nomad')),
});

const CHECK = object<CheckFacts>({
  ...{ id: text, name: text, notes: text, output: text, serviceId: text, type: text },
  status: oneOf('passing', 'warning', 'critical'),
  definition: anyRecord,
  interval: text,
  timeout: text,
  allocId: optional(branded<AllocId>()),
});

const CATALOG_NODE = object<CatalogNodeFacts>({
  ...{ name: text, id: text, address: text, datacenter: text },
  ...{ taggedAddresses: texts, meta: texts },
});

const proof = { nodeId: branded<NodeId>(), secretId: text };

/** What servers are asked. The questions of `ServerLink` and `CatalogLink`, and some more. */
export const SERVER_REQUESTS = {
  'node.register': object<{ node: NodeFacts }>({ node: NODE }),
  'node.heartbeat': object<NodeProof>(proof),
  'node.pull': object<Pull>({
    ...{ ...proof, after: brandedCount<Index>(), waitMs: count, brief: optional(flag) },
    ...{ changes: optional(flag), lean: optional(flag) },
  }),
  'node.update': object<NodeProof & { updates: readonly Update[] }>({
    ...proof,
    updates: list(UPDATE, 1_000),
  }),
  'alloc.previous': object<PreviousOf>({ ...proof, allocId: branded<AllocId>() }),
  'alloc.previous-data': object<PreviousOf>({ ...proof, allocId: branded<AllocId>() }),
  'catalog.register': object<Rows>({
    ...{ node: CATALOG_NODE, skipNodeUpdate: flag, services: list(SERVICE), checks: list(CHECK) },
  }),
  'catalog.deregister': object<{
    node: string;
    serviceIds: readonly string[];
    checkIds: readonly string[];
  }>({ node: text, serviceIds: list(text), checkIds: list(text) }),
  'catalog.deregister-node': object<{ node: string }>({ node: text }),
  'catalog.watch': object<{ node: string; after?: Index }>({
    node: text,
    after: optional(brandedCount<Index>()),
  }),
} as const satisfies Readonly<Record<string, Shape<never>>>;

/** Who may decide an evaluation. */
interface EvalProof {
  readonly id: EvalId;
  readonly token: string;
}

const evalProof = { id: branded<EvalId>(), token: text };

/** What servers ask each other. */
export const PEER_REQUESTS = {
  'server.state': object<{ least: Index }>({ least: brandedCount<Index>() }),
  'eval.take': object<object>({}),
  'eval.submit': object<EvalProof & { bytes: Uint8Array }>({ ...evalProof, bytes }),
  'eval.give-back': object<EvalProof & { why: string }>({ ...evalProof, why: text }),
} as const satisfies Readonly<Record<string, Shape<never>>>;

/** What one that runs tasks is asked about one of its allocations, or about itself. */
export const CLIENT_REQUESTS = {
  'alloc.stats': object<{ id: AllocId }>({ id: branded<AllocId>() }),
  'alloc.signal': object<{ id: AllocId; task: string; signal: string }>({
    ...{ id: branded<AllocId>(), task: text, signal: text },
  }),
  'alloc.restart': object<{ id: AllocId; task: string }>({
    ...{ id: branded<AllocId>(), task: text },
  }),
  'alloc.exec': object<ExecQuestion>({
    ...{ id: branded<AllocId>(), task: text, command: list(text), tty: flag },
    columns: optional(count),
    rows: optional(count),
  }),
  'alloc.list-files': object<{ id: AllocId; path: string }>({
    ...{ id: branded<AllocId>(), path: text },
  }),
  'alloc.stat-file': object<{ id: AllocId; path: string }>({
    ...{ id: branded<AllocId>(), path: text },
  }),
  'alloc.read-file': object<{ id: AllocId; path: string; offset: number; limit?: number }>({
    ...{ id: branded<AllocId>(), path: text, offset: count, limit: optional(count) },
  }),
  'alloc.follow-file': object<FollowQuestion>({
    ...{ id: branded<AllocId>(), path: text, offset: count, origin: oneOf('start', 'end') },
  }),
  'alloc.logs': object<LogsQuestion>({
    ...{ id: branded<AllocId>(), task: text, type: oneOf('stdout', 'stderr'), follow: flag },
    ...{ offset: count, origin: oneOf('start', 'end') },
  }),
  'alloc.data': object<{ id: AllocId }>({ id: branded<AllocId>() }),
  'client.collect': object<{ id?: AllocId }>({ id: optional(branded<AllocId>()) }),
  'client.stats': object<object>({}),
  'alloc.checks': object<{ id: AllocId }>({ id: branded<AllocId>() }),
  'client.meta': object<object>({}),
  'client.change-meta': object<DynamicMeta>({ set: texts, unset: list(text) }),
} as const satisfies Readonly<Record<string, Shape<never>>>;

interface ExecQuestion {
  readonly id: AllocId;
  readonly task: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

interface FollowQuestion {
  readonly id: AllocId;
  readonly path: string;
  readonly offset: number;
  readonly origin: 'start' | 'end';
}

interface LogsQuestion {
  readonly id: AllocId;
  readonly task: string;
  readonly type: 'stdout' | 'stderr';
  readonly follow: boolean;
  readonly offset: number;
  readonly origin: 'start' | 'end';
}
