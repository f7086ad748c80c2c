/** What allocations and hosts use, on the wire. */
import type { Millis } from '../../base/brand.ts';
import type { Json } from '../../base/json.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { float, instantNs, int, list, map, nested, text } from '../codec/fields.ts';

/** A sample of one task; percent of one core, bytes. */
export interface TaskUse {
  readonly at: Millis;
  readonly cpu: {
    readonly percent: number;
    readonly systemPercent: number;
    readonly userPercent: number;
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

export interface AllocUse {
  readonly at: Millis;
  readonly total: TaskUse;
  readonly tasks: Readonly<Record<string, TaskUse>>;
}

const MEASURED: Json = ['RSS', 'Cache', 'Swap', 'Usage', 'Max Usage'];
const CPU_MEASURED: Json = ['System Mode', 'User Mode', 'Total Ticks', 'Percent'];

const MEMORY: Shape<TaskUse['memory']> = shape(
  {
    rss: int('RSS'),
    cache: int('Cache'),
    swap: int('Swap'),
    usage: int('Usage'),
    maxUsage: int('MaxUsage'),
  },
  { KernelUsage: 0, KernelMaxUsage: 0, Measured: MEASURED },
);

const CPU: Shape<TaskUse['cpu']> = shape(
  {
    percent: float('Percent'),
    systemPercent: float('SystemMode'),
    userPercent: float('UserMode'),
    totalTicks: float('TotalTicks'),
    throttledPeriods: int('ThrottledPeriods'),
    throttledTimeNs: int('ThrottledTime'),
  },
  { Measured: CPU_MEASURED },
);

interface ResourceUse {
  readonly memory: TaskUse['memory'];
  readonly cpu: TaskUse['cpu'];
}

const RESOURCE: Shape<ResourceUse> = shape(
  { memory: nested('MemoryStats', MEMORY), cpu: nested('CpuStats', CPU) },
  { DeviceStats: [] },
);

interface TaskWire {
  readonly resource: ResourceUse;
  readonly at: Millis;
  readonly pids: number;
}

const TASK_WIRE: Shape<TaskWire> = shape({
  resource: nested('ResourceUsage', RESOURCE),
  at: instantNs('Timestamp'),
  pids: int('PidCount'),
});

interface AllocWire {
  readonly resource: ResourceUse;
  readonly at: Millis;
  readonly tasks: Readonly<Record<string, TaskWire>>;
}

/** The wire's form of an allocation's use. Process ids are counted, not listed. */
export interface AllocUseAnswer extends AllocWire {
  readonly tasks: AllocWire['tasks'];
}

export const ALLOC_USE: Shape<AllocUseAnswer> = shape({
  resource: nested('ResourceUsage', RESOURCE),
  at: instantNs('Timestamp'),
  tasks: map('Tasks', TASK_WIRE, {}),
});

/** Prepares a sample for the wire. */
export function allocUseAnswer(use: AllocUse): AllocUseAnswer {
  const wire = ({ cpu, memory, at, pids }: TaskUse): TaskWire => ({
    resource: { memory, cpu },
    at,
    pids,
  });
  return {
    resource: { memory: use.total.memory, cpu: use.total.cpu },
    at: use.at,
    tasks: Object.fromEntries(Object.entries(use.tasks).map(([name, one]) => [name, wire(one)])),
  };
}

/** The machine's own use; bytes and percent. */
export interface HostUse {
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

const HOST_CPU: Shape<HostUse['cpus'][number]> = shape({
  name: text('CPU'),
  user: float('User'),
  system: float('System'),
  idle: float('Idle'),
  total: float('Total'),
});

const HOST_MEMORY: Shape<HostUse['memory']> = shape({
  total: int('Total'),
  available: int('Available'),
  used: int('Used'),
  free: int('Free'),
});

const HOST_DISK: Shape<HostUse['disks'][number]> = shape({
  device: text('Device'),
  mountpoint: text('Mountpoint'),
  size: int('Size'),
  used: int('Used'),
  available: int('Available'),
  usedPercent: float('UsedPercent'),
  inodesUsedPercent: float('InodesUsedPercent'),
});

export const HOST_USE: Shape<HostUse> = shape(
  {
    at: instantNs('Timestamp'),
    uptimeSeconds: int('Uptime'),
    cpus: list('CPU', HOST_CPU, []),
    memory: nested('Memory', HOST_MEMORY),
    disks: list('DiskStats', HOST_DISK, []),
    cpuTicksConsumed: float('CPUTicksConsumed'),
  },
  { DeviceStats: [] },
);
