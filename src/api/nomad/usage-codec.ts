/** What allocations and hosts use, on the wire. */
import type { Millis } from '../../base/brand.ts';
import type { Json } from '../../base/json.ts';
import type { AllocUsage, HostUsage, TaskUsage } from '../../core/model/usage.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { float, instantNs, int, list, map, nested, text } from '../codec/fields.ts';

const MEASURED: Json = ['RSS', 'Cache', 'Swap', 'Usage', 'Max Usage'];
const CPU_MEASURED: Json = ['System Mode', 'User Mode', 'Total Ticks', 'Percent'];

const MEMORY: Shape<TaskUsage['memory']> = shape(
  {
    rss: int('RSS'),
    cache: int('Cache'),
    swap: int('Swap'),
    usage: int('Usage'),
    maxUsage: int('MaxUsage'),
  },
  { KernelUsage: 0, KernelMaxUsage: 0, Measured: MEASURED },
);

const CPU: Shape<TaskUsage['cpu']> = shape(
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
  readonly memory: TaskUsage['memory'];
  readonly cpu: TaskUsage['cpu'];
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
export function allocUseAnswer(use: AllocUsage): AllocUseAnswer {
  const wire = ({ cpu, memory, at, pids }: TaskUsage): TaskWire => ({
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

const HOST_CPU: Shape<HostUsage['cpus'][number]> = shape({
  name: text('CPU'),
  user: float('User'),
  system: float('System'),
  idle: float('Idle'),
  total: float('Total'),
});

const HOST_MEMORY: Shape<HostUsage['memory']> = shape({
  total: int('Total'),
  available: int('Available'),
  used: int('Used'),
  free: int('Free'),
});

const HOST_DISK: Shape<HostUsage['disks'][number]> = shape({
  device: text('Device'),
  mountpoint: text('Mountpoint'),
  size: int('Size'),
  used: int('Used'),
  available: int('Available'),
  usedPercent: float('UsedPercent'),
  inodesUsedPercent: float('InodesUsedPercent'),
});

export const HOST_USE: Shape<HostUsage> = shape(
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
