/** Nodes on the wire. Source: https://developer.hashicorp.com/nomad/api-docs/nodes */
import type { JsonObject } from '../../base/json.ts';
import type {
  DrainStrategy,
  DriverInfo,
  HostNetwork,
  HostVolume,
  Node,
  NodeDevice,
  NodeEvent,
  NodeNetwork,
  NodeReserved,
  NodeResources,
} from '../../core/model/node.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  converted,
  duration,
  instantSeconds,
  instantText,
  int,
  intCodec,
  list,
  map,
  maybe,
  nested,
  rewritten,
  text,
  textCodec,
  textMap,
} from '../codec/fields.ts';
import { formatPorts, parsePorts } from '../../core/model/port-ranges.ts';

const PORT_RANGES = converted<readonly number[], string>(
  textCodec,
  formatPorts,
  (text) => parsePorts(text) ?? [],
);

const DRIVER: Shape<DriverInfo> = shape({
  attributes: textMap('Attributes'),
  detected: bool('Detected'),
  healthy: bool('Healthy'),
  healthDescription: text('HealthDescription'),
  updatedAt: instantText('UpdateTime'),
});

const HOST_VOLUME: Shape<HostVolume> = shape({
  name: text('Name'),
  path: text('Path'),
  readOnly: bool('ReadOnly'),
});

const HOST_NETWORK: Shape<HostNetwork> = shape({
  name: text('Name'),
  cidr: text('CIDR'),
  interface: text('Interface'),
  reservedPorts: nested('ReservedPorts', PORT_RANGES, ''),
});

const NODE_NETWORK: Shape<NodeNetwork> = shape(
  {
    mode: text('Mode'),
    device: text('Device'),
    ip: text('IP'),
    cidr: text('CIDR'),
    mbits: int('MBits'),
  },
  { DNS: null, ReservedPorts: null, DynamicPorts: null },
);

type DeviceInstance = NodeDevice['instances'][number];

const NODE_DEVICE: Shape<NodeDevice> = shape({
  vendor: text('Vendor'),
  type: text('Type'),
  name: text('Name'),
  instances: list('Instances', shape<DeviceInstance>({ id: text('ID'), healthy: bool('Healthy') })),
  attributes: textMap('Attributes'),
});

interface CpuWire {
  readonly shares: number;
  readonly total: number;
  readonly reservable: readonly number[];
}
const CPU: Shape<CpuWire> = shape({
  shares: int('CpuShares'),
  total: int('TotalCpuCores'),
  reservable: list('ReservableCpuCores', intCodec),
});

interface ResourcesWire {
  readonly cpu: CpuWire;
  readonly memory: { readonly mb: number };
  readonly disk: { readonly mb: number };
  readonly networks: readonly NodeNetwork[];
  readonly devices: readonly NodeDevice[];
  readonly dynamicPortMin: number;
  readonly dynamicPortMax: number;
}

const MEMORY = shape<{ readonly mb: number }>({ mb: int('MemoryMB') });
const DISK = shape<{ readonly mb: number }>({ mb: int('DiskMB') });

export const NODE_RESOURCES = converted<NodeResources, ResourcesWire>(
  shape<ResourcesWire>({
    cpu: nested('Cpu', CPU),
    memory: nested('Memory', MEMORY),
    disk: nested('Disk', DISK),
    networks: list('Networks', NODE_NETWORK),
    devices: list('Devices', NODE_DEVICE),
    dynamicPortMin: int('MinDynamicPort'),
    dynamicPortMax: int('MaxDynamicPort'),
  }),
  (own) => ({
    cpu: {
      shares: own.cpu,
      total: own.cores,
      reservable: Array.from({ length: own.cores }, (_, core) => core),
    },
    memory: { mb: own.memoryMb },
    disk: { mb: own.diskMb },
    networks: own.networks,
    devices: own.devices,
    dynamicPortMin: own.dynamicPortMin,
    dynamicPortMax: own.dynamicPortMax,
  }),
  (wire) => ({
    cpu: wire.cpu.shares,
    cores: wire.cpu.total,
    memoryMb: wire.memory.mb,
    diskMb: wire.disk.mb,
    networks: wire.networks,
    devices: wire.devices,
    dynamicPortMin: wire.dynamicPortMin,
    dynamicPortMax: wire.dynamicPortMax,
  }),
);

interface ReservedWire {
  readonly cpu: { readonly shares: number };
  readonly memory: { readonly mb: number };
  readonly disk: { readonly mb: number };
  readonly networks: { readonly ports: readonly number[] };
}

export const NODE_RESERVED = converted<NodeReserved, ReservedWire>(
  shape<ReservedWire>({
    cpu: nested('Cpu', shape<{ readonly shares: number }>({ shares: int('CpuShares') })),
    memory: nested('Memory', MEMORY),
    disk: nested('Disk', DISK),
    networks: nested(
      'Networks',
      shape<{ readonly ports: readonly number[] }>({
        ports: nested('ReservedHostPorts', PORT_RANGES, ''),
      }),
    ),
  }),
  (own) => ({
    cpu: { shares: own.cpu },
    memory: { mb: own.memoryMb },
    disk: { mb: own.diskMb },
    networks: { ports: own.ports },
  }),
  (wire) => ({
    cpu: wire.cpu.shares,
    memoryMb: wire.memory.mb,
    diskMb: wire.disk.mb,
    ports: wire.networks.ports,
  }),
);

export const DRAIN_STRATEGY: Shape<DrainStrategy> = shape({
  deadlineMs: duration('Deadline'),
  ignoreSystemJobs: bool('IgnoreSystemJobs'),
  startedAt: instantText('StartedAt'),
  forceAt: maybe(instantText('ForceDeadline')),
});

const NODE_EVENT: Shape<NodeEvent> = shape({
  message: text('Message'),
  subsystem: text('Subsystem'),
  details: textMap('Details'),
  at: instantText('Timestamp'),
  createIndex: int('CreateIndex'),
});

/** A node as everybody may see it: without its secret. */
export type NodeView = Omit<Node, 'secretId'>;

export const NODE: Shape<NodeView> = rewritten(
  shape<NodeView>(
    {
      id: text('ID'),
      datacenter: text('Datacenter'),
      name: text('Name'),
      httpAddr: text('HTTPAddr'),
      attributes: textMap('Attributes', {}),
      resources: nested('NodeResources', NODE_RESOURCES),
      reserved: nested('ReservedResources', NODE_RESERVED),
      links: textMap('Links', {}),
      meta: textMap('Meta', {}),
      nodeClass: text('NodeClass'),
      nodePool: text('NodePool'),
      computedClass: text('ComputedClass'),
      drain: maybe(nested('DrainStrategy', DRAIN_STRATEGY)),
      eligibility: text('SchedulingEligibility'),
      status: text('Status'),
      statusDescription: text('StatusDescription'),
      statusUpdatedAt: instantSeconds('StatusUpdatedAt'),
      events: list('Events', NODE_EVENT),
      drivers: map('Drivers', DRIVER, {}),
      hostVolumes: map('HostVolumes', HOST_VOLUME, {}),
      hostNetworks: map('HostNetworks', HOST_NETWORK, {}),
      createIndex: int('CreateIndex'),
      modifyIndex: int('ModifyIndex'),
    },
    {
      SecretID: '',
      TLSEnabled: false,
      CSIControllerPlugins: {},
      CSINodePlugins: {},
      LastDrain: null,
    },
  ),
  withLegacy,
  (wire) => wire,
);

/** Older clients read the flat forms of what a node has and keeps. */
function withLegacy(wire: JsonObject): JsonObject {
  const has = wire['NodeResources'] as unknown as ResourcesWireJson;
  const keeps = wire['ReservedResources'] as unknown as ResourcesWireJson;
  return {
    ...wire,
    Drain: wire['DrainStrategy'] !== null,
    Resources: { ...flat(has), Networks: has.Networks },
    Reserved: { ...flat(keeps), Networks: null },
  };
}

interface ResourcesWireJson {
  readonly Cpu: { readonly CpuShares: number };
  readonly Memory: { readonly MemoryMB: number };
  readonly Disk: { readonly DiskMB: number };
  readonly Networks: JsonObject;
}

function flat(wire: ResourcesWireJson): JsonObject {
  return {
    CPU: wire.Cpu.CpuShares,
    MemoryMB: wire.Memory.MemoryMB,
    DiskMB: wire.Disk.DiskMB,
    IOPS: 0,
    Devices: null,
  };
}

/** A node as lists show it. */
export interface NodeStub extends Pick<
  Node,
  | 'id'
  | 'datacenter'
  | 'name'
  | 'nodeClass'
  | 'nodePool'
  | 'eligibility'
  | 'status'
  | 'statusDescription'
  | 'drivers'
  | 'hostVolumes'
  | 'createIndex'
  | 'modifyIndex'
> {
  readonly address: string;
  /** Of the agent that runs there. */
  readonly version: string;
  readonly draining: boolean;
  /** Only where it was asked for. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly resources?: NodeResources;
  readonly reserved?: NodeReserved;
}

export const NODE_STUB: Shape<NodeStub> = shape(
  {
    address: text('Address'),
    id: text('ID'),
    attributes: maybe(textMap('Attributes', OMIT)),
    datacenter: text('Datacenter'),
    name: text('Name'),
    nodeClass: text('NodeClass'),
    nodePool: text('NodePool'),
    version: text('Version'),
    draining: bool('Drain'),
    eligibility: text('SchedulingEligibility'),
    status: text('Status'),
    statusDescription: text('StatusDescription'),
    drivers: map('Drivers', DRIVER, {}),
    hostVolumes: map('HostVolumes', HOST_VOLUME, {}),
    resources: maybe(nested('NodeResources', NODE_RESOURCES, OMIT)),
    reserved: maybe(nested('ReservedResources', NODE_RESERVED, OMIT)),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { LastDrain: null },
);

/** What a list shows of a node. */
export function nodeStub(
  node: Node,
  wanted: { readonly attributes: boolean; readonly resources: boolean },
): NodeStub {
  return {
    address: node.httpAddr.replace(/:\d+$/, ''),
    id: node.id,
    datacenter: node.datacenter,
    name: node.name,
    nodeClass: node.nodeClass,
    nodePool: node.nodePool,
    version: node.attributes['nomad.version'] ?? '',
    draining: node.drain !== undefined,
    eligibility: node.eligibility,
    status: node.status,
    statusDescription: node.statusDescription,
    drivers: node.drivers,
    hostVolumes: node.hostVolumes,
    createIndex: node.createIndex,
    modifyIndex: node.modifyIndex,
    ...(wanted.attributes ? { attributes: node.attributes } : {}),
    ...(wanted.resources ? { resources: node.resources, reserved: node.reserved } : {}),
  };
}
