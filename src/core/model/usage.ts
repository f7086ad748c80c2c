/** What tasks, allocations and machines use. */
import type { Millis } from '../../base/brand.ts';

/** A sample of one task; percent of one core, bytes. */
export interface TaskUsage {
  readonly at: Millis;
  readonly cpu: {
    readonly percent: number;
    readonly systemPercent: number;
    readonly userPercent: number;
    /** [MHz] */
    readonly totalTicks: number;
    readonly throttledPeriods: number;
    readonly throttledTimeNs: number;
  };
  readonly memory: {
    readonly rss: number;
    readonly cache: number;
    readonly swap: number;
    readonly usage: number;
    readonly maxUsage: number;
  };
  readonly pids: number;
}

/** Of a task that uses nothing, or does not run. */
export const NO_USAGE: Omit<TaskUsage, 'at'> = {
  cpu: {
    percent: 0,
    systemPercent: 0,
    userPercent: 0,
    totalTicks: 0,
    throttledPeriods: 0,
    throttledTimeNs: 0,
  },
  memory: { rss: 0, cache: 0, swap: 0, usage: 0, maxUsage: 0 },
  pids: 0,
};

/** A sample of an allocation. */
export interface AllocUsage {
  readonly at: Millis;
  /** The tasks' sum. */
  readonly total: TaskUsage;
  readonly tasks: Readonly<Record<string, TaskUsage>>;
}

/** The machine's own use; bytes and percent. */
export interface HostUsage {
  readonly at: Millis;
  readonly uptimeSeconds: number;
  readonly cpus: readonly {
    readonly name: string;
    readonly user: number;
    readonly system: number;
    readonly idle: number;
    readonly total: number;
  }[];
  readonly memory: {
    readonly total: number;
    readonly available: number;
    readonly used: number;
    readonly free: number;
  };
  readonly disks: readonly {
    readonly device: string;
    readonly mountpoint: string;
    readonly size: number;
    readonly used: number;
    readonly available: number;
    readonly usedPercent: number;
    readonly inodesUsedPercent: number;
  }[];
  readonly cpuTicksConsumed: number;
}
