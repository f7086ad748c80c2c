/** Networks as a job asks for them, and the ports that an allocation was given. */

export interface PortRequest {
  readonly label: string;
  /** The host's port; 0 asks for a dynamic one. */
  readonly value: number;
  /** The port inside the allocation's network; 0: the same, -1: the assigned one. */
  readonly to: number;
  readonly hostNetwork: string;
}

export interface Dns {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface NetworkRequest {
  /** `host`, `bridge`, `none`, `cni/NAME`, or empty (`host`). */
  readonly mode: string;
  readonly device: string;
  readonly cidr: string;
  readonly ip: string;
  readonly hostname: string;
  readonly mbits: number;
  readonly dns?: Dns;
  readonly reservedPorts: readonly PortRequest[];
  readonly dynamicPorts: readonly PortRequest[];
}

/** A port that an allocation holds on its node. */
export interface AssignedPort {
  readonly label: string;
  readonly value: number;
  readonly to: number;
  readonly hostIp: string;
  /** Set for a task's own (older style) network; absent for the group's. */
  readonly task?: string;
  /** Chosen by the scheduler rather than by the job. */
  readonly dynamic: boolean;
}
