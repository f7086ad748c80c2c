/** A machine that runs tasks, as its client described it and as the servers judge it. */
import type { Index, Millis } from '../../base/brand.ts';
import type { NodeId } from './ids.ts';

export type NodeStatus = 'initializing' | 'ready' | 'down' | 'disconnected';
export type Eligibility = 'eligible' | 'ineligible';

export interface Node {
  readonly id: NodeId;
  /** Proves to the servers that a request comes from this node's client. Never on the wire. */
  readonly secretId: string;
  readonly name: string;
  readonly datacenter: string;
  readonly nodeClass: string;
  readonly nodePool: string;
  /** `host:port` of its HTTP API. */
  readonly httpAddr: string;
  /** Facts by dotted name: `kernel.name`, `cpu.arch`, `driver.docker.version`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly resources: NodeResources;
  readonly reserved: NodeReserved;
  readonly drivers: Readonly<Record<string, DriverInfo>>;
  readonly hostVolumes: Readonly<Record<string, HostVolume>>;
  readonly hostNetworks: Readonly<Record<string, HostNetwork>>;
  /**
   * Equal for nodes that no constraint on non-unique facts can tell apart: feasibility is computed
   * once per class.
   */
  readonly computedClass: string;
  readonly status: NodeStatus;
  readonly statusDescription: string;
  readonly statusUpdatedAt: Millis;
  readonly eligibility: Eligibility;
  readonly drain?: DrainStrategy;
  /** Newest last, bounded. */
  readonly events: readonly NodeEvent[];
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

export interface NodeResources {
  /** [MHz], all cores together. */
  readonly cpu: number;
  readonly cores: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly networks: readonly NodeNetwork[];
  readonly devices: readonly NodeDevice[];
  /** Dynamic ports are drawn from here, both ends included. */
  readonly dynamicPortMin: number;
  readonly dynamicPortMax: number;
}

export interface NodeNetwork {
  readonly mode: string;
  readonly device: string;
  readonly ip: string;
  readonly cidr: string;
  readonly mbits: number;
}

export interface NodeDevice {
  readonly vendor: string;
  readonly type: string;
  readonly name: string;
  readonly instances: readonly { readonly id: string; readonly healthy: boolean }[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the node keeps for itself. */
export interface NodeReserved {
  readonly cpu: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly ports: readonly number[];
}

export interface DriverInfo {
  readonly detected: boolean;
  readonly healthy: boolean;
  /** Why it is absent or unhealthy, or `Healthy`. */
  readonly healthDescription: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly updatedAt: Millis;
}

export interface HostVolume {
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
}

export interface HostNetwork {
  readonly name: string;
  readonly cidr: string;
  readonly interface: string;
  readonly reservedPorts: readonly number[];
}

export interface DrainStrategy {
  /** How long allocations may take [ms]; negative: forced; 0: no deadline. */
  readonly deadlineMs: number;
  readonly ignoreSystemJobs: boolean;
  readonly startedAt: Millis;
  /** Absent without a deadline. */
  readonly forceAt?: Millis;
}

export interface NodeEvent {
  readonly at: Millis;
  readonly subsystem: 'Cluster' | 'Drain' | 'Driver' | 'Heartbeat' | 'Storage';
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly createIndex: Index;
}

/** What a client says of itself. Servers own the rest of the row. */
export type NodeFacts = Omit<
  Node,
  | 'status'
  | 'statusDescription'
  | 'statusUpdatedAt'
  | 'eligibility'
  | 'drain'
  | 'events'
  | 'createIndex'
  | 'modifyIndex'
> & { readonly eligibility?: Eligibility };
