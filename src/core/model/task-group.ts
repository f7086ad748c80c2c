/** The unit of placement: tasks that run together on one node. */
import type { Affinity, Constraint, Spread } from './placement.ts';
import type { NetworkRequest } from './network.ts';
import type { Service } from './service.ts';
import type {
  DisconnectStrategy,
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from './strategy.ts';
import type { ScalingPolicy, Task } from './task.ts';

export interface TaskGroup {
  readonly name: string;
  readonly count: number;
  readonly constraints: readonly Constraint[];
  readonly affinities: readonly Affinity[];
  readonly spreads: readonly Spread[];
  readonly tasks: readonly Task[];
  /** At most one. */
  readonly networks: readonly NetworkRequest[];
  readonly services: readonly Service[];
  readonly volumes: Readonly<Record<string, VolumeRequest>>;
  readonly restart: RestartPolicy;
  /** Absent for system jobs. */
  readonly reschedule?: ReschedulePolicy;
  /** Absent for batch jobs, and where the author asked for none. */
  readonly update?: UpdateStrategy;
  readonly migrate?: MigrateStrategy;
  readonly disconnect?: DisconnectStrategy;
  readonly ephemeralDisk: EphemeralDisk;
  readonly meta: Readonly<Record<string, string>>;
  readonly shutdownDelayMs?: number;
  /** For how long an allocation may run, of jobs that end [ms]. */
  readonly maxRunMs?: number;
  readonly stopAfterClientDisconnectMs?: number;
  readonly maxClientDisconnectMs?: number;
  readonly preventRescheduleOnLost: boolean;
  readonly scaling?: ScalingPolicy;
  /** Not part of the wire; a consul block kept as written. */
  readonly consulNamespace: string;
}

export interface EphemeralDisk {
  readonly sizeMb: number;
  readonly sticky: boolean;
  readonly migrate: boolean;
}

export interface VolumeRequest {
  readonly name: string;
  readonly type: 'host' | 'csi';
  readonly source: string;
  readonly readOnly: boolean;
  readonly accessMode: string;
  readonly attachmentMode: string;
  readonly perAlloc: boolean;
  readonly mountOptions?: { readonly fsType: string; readonly mountFlags: readonly string[] };
}
