/** What a task asks of its machine, and how much of its output is kept. */
import type { Affinity, Constraint } from './placement.ts';
import type { NetworkRequest } from './network.ts';

export interface TaskResources {
  /** [MHz] */
  readonly cpu: number;
  /** Whole cores; 0 unless asked for instead of `cpu`. */
  readonly cores: number;
  readonly memoryMb: number;
  /** 0: no oversubscription. */
  readonly memoryMaxMb: number;
  /** Deprecated in job files, still on the wire. */
  readonly diskMb: number;
  readonly iops: number;
  readonly networks: readonly NetworkRequest[];
  readonly devices: readonly DeviceRequest[];
}

export interface DeviceRequest {
  /** `type`, `type/name` or `vendor/type/name`. */
  readonly name: string;
  readonly count: number;
  readonly constraints: readonly Constraint[];
  readonly affinities: readonly Affinity[];
}

export interface LogConfig {
  readonly maxFiles: number;
  readonly maxFileSizeMb: number;
  readonly disabled: boolean;
}
