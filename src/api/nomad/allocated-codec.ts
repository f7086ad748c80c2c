/**
 * What an allocation holds, task by task. The model keeps sums; each task's part is read from the
 * job version that the allocation runs.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import type { Alloc, AllocResources } from '../../core/model/alloc.ts';
import type { Job } from '../../core/model/job.ts';
import type { AssignedPort, NetworkRequest } from '../../core/model/network.ts';
import type { Lifecycle, Task } from '../../core/model/task.ts';
import type { TaskGroup } from '../../core/model/task-group.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, int, intCodec, list, map, nested, text, texts } from '../codec/fields.ts';

interface WirePort {
  readonly label: string;
  readonly value: number;
  readonly to: number;
  readonly hostIp: string;
}

/** A network that was given, with its ports. */
export interface AllocatedNetwork {
  readonly mode: string;
  readonly device: string;
  readonly ip: string;
  readonly mbits: number;
  readonly reservedPorts: readonly WirePort[];
  readonly dynamicPorts: readonly WirePort[];
}

type AllocatedDevice = Omit<AllocResources['devices'][number], 'task'>;

export interface AllocatedTask {
  readonly cpu: { readonly shares: number; readonly cores: readonly number[] };
  readonly memory: { readonly mb: number; readonly maxMb: number };
  readonly networks: readonly AllocatedNetwork[];
  readonly devices: readonly AllocatedDevice[];
}

/** What an allocation holds, as the wire tells it. */
export interface Allocated {
  readonly tasks: Readonly<Record<string, AllocatedTask>>;
  readonly lifecycles: Readonly<Record<string, Lifecycle>>;
  readonly shared: {
    readonly diskMb: number;
    readonly networks: readonly AllocatedNetwork[];
    readonly ports: readonly WirePort[];
  };
}

const WIRE_PORT: Shape<WirePort> = shape({
  label: text('Label'),
  value: int('Value'),
  to: int('To'),
  hostIp: text('HostIP'),
});

const NETWORK: Shape<AllocatedNetwork> = shape(
  {
    mode: text('Mode'),
    device: text('Device'),
    ip: text('IP'),
    mbits: int('MBits'),
    reservedPorts: list('ReservedPorts', WIRE_PORT),
    dynamicPorts: list('DynamicPorts', WIRE_PORT),
  },
  { CIDR: '', DNS: null },
);

const TASK: Shape<AllocatedTask> = shape({
  cpu: nested(
    'Cpu',
    shape<AllocatedTask['cpu']>({
      shares: int('CpuShares'),
      cores: list('ReservedCores', intCodec),
    }),
  ),
  memory: nested(
    'Memory',
    shape<AllocatedTask['memory']>({ mb: int('MemoryMB'), maxMb: int('MemoryMaxMB') }),
  ),
  networks: list('Networks', NETWORK),
  devices: list(
    'Devices',
    shape<AllocatedDevice>({
      vendor: text('Vendor'),
      type: text('Type'),
      name: text('Name'),
      ids: texts('DeviceIDs'),
    }),
  ),
});

const LIFECYCLE: Shape<Lifecycle> = shape({ hook: text('Hook'), sidecar: bool('Sidecar') });

export const ALLOCATED: Shape<Allocated> = shape({
  tasks: map('Tasks', TASK, {}),
  lifecycles: map('TaskLifecycles', LIFECYCLE, {}),
  shared: nested(
    'Shared',
    shape<Allocated['shared']>({
      diskMb: int('DiskMB'),
      networks: list('Networks', NETWORK),
      ports: list('Ports', WIRE_PORT),
    }),
  ),
});

/** Tells what an allocation holds. Without its job, all of it is the first known task's. */
export function allocatedOf(alloc: Alloc, job: Job | undefined): Allocated {
  const group = job?.groups.find((one) => one.name === alloc.group);
  const tasks = group === undefined ? unknownTasks(alloc) : knownTasks(alloc, group);
  const own = alloc.ports.filter((port) => port.task === undefined);
  const request = group?.networks[0];
  return {
    tasks,
    lifecycles: lifecyclesOf(group),
    shared: {
      diskMb: alloc.resources.diskMb,
      networks: own.length > 0 || request !== undefined ? [networkOf(own, request)] : [],
      ports: own.map(wirePort),
    },
  };
}

function knownTasks(alloc: Alloc, group: TaskGroup): Readonly<Record<string, AllocatedTask>> {
  let core = 0;
  const tasks = group.tasks.map((task) => {
    const cores = alloc.resources.cores.slice(core, core + task.resources.cores);
    core += cores.length;
    return [task.name, allocatedTask(alloc, task, cores)] as const;
  });
  return Object.fromEntries(tasks);
}

function allocatedTask(alloc: Alloc, task: Task, cores: readonly number[]): AllocatedTask {
  const ports = alloc.ports.filter((port) => port.task === task.name);
  const request = task.resources.networks[0];
  return {
    cpu: { shares: task.resources.cpu, cores },
    memory: { mb: task.resources.memoryMb, maxMb: task.resources.memoryMaxMb },
    networks: ports.length > 0 || request !== undefined ? [networkOf(ports, request)] : [],
    devices: alloc.resources.devices.filter((device) => device.task === task.name),
  };
}

function unknownTasks(alloc: Alloc): Readonly<Record<string, AllocatedTask>> {
  const name = Object.keys(alloc.taskStates)[0] ?? alloc.group;
  const { cpu, cores, memoryMb, memoryMaxMb, devices } = alloc.resources;
  const ports = alloc.ports.filter((port) => port.task !== undefined);
  const networks = ports.length > 0 ? [networkOf(ports, undefined)] : [];
  const memory = { mb: memoryMb, maxMb: memoryMaxMb };
  return { [name]: { cpu: { shares: cpu, cores }, memory, networks, devices } };
}

function lifecyclesOf(group: TaskGroup | undefined): Readonly<Record<string, Lifecycle>> {
  const out: [string, Lifecycle][] = [];
  for (const task of group?.tasks ?? []) {
    if (task.lifecycle !== undefined) out.push([task.name, task.lifecycle]);
  }
  return Object.fromEntries(out);
}

function networkOf(
  ports: readonly AssignedPort[],
  request: NetworkRequest | undefined,
): AllocatedNetwork {
  return {
    mode: request?.mode ?? '',
    device: request?.device ?? '',
    ip: ports[0]?.hostIp ?? request?.ip ?? '',
    mbits: request?.mbits ?? 0,
    reservedPorts: ports.filter((port) => !port.dynamic).map(wirePort),
    dynamicPorts: ports.filter((port) => port.dynamic).map(wirePort),
  };
}

function wirePort({ label, value, to, hostIp }: AssignedPort): WirePort {
  return { label, value, to, hostIp };
}

/** The sums that the model keeps. */
export function resourcesOf(allocated: Allocated): AllocResources {
  const tasks = Object.entries(allocated.tasks);
  return {
    cpu: sum(tasks, (task) => task.cpu.shares),
    memoryMb: sum(tasks, (task) => task.memory.mb),
    memoryMaxMb: sum(tasks, (task) => task.memory.maxMb),
    diskMb: allocated.shared.diskMb,
    cores: tasks.flatMap(([, task]) => task.cpu.cores),
    devices: tasks.flatMap(([name, task]) =>
      task.devices.map((device) => ({ ...device, task: name })),
    ),
  };
}

function sum(
  tasks: readonly (readonly [string, AllocatedTask])[],
  of: (task: AllocatedTask) => number,
): number {
  return tasks.reduce((total, [, task]) => total + of(task), 0);
}

/** Every port, the group's first. */
export function portsOf(allocated: Allocated): readonly AssignedPort[] {
  const dynamic = new Set(
    allocated.shared.networks.flatMap((network) => network.dynamicPorts.map((port) => port.label)),
  );
  const own = allocated.shared.ports.map((port) => ({ ...port, dynamic: dynamic.has(port.label) }));
  const tasks = Object.entries(allocated.tasks).flatMap(([task, { networks }]) =>
    networks.flatMap((network) => [
      ...network.reservedPorts.map((port) => ({ ...port, task, dynamic: false })),
      ...network.dynamicPorts.map((port) => ({ ...port, task, dynamic: true })),
    ]),
  );
  return [...own, ...tasks];
}

interface AllocatedJson {
  readonly Tasks: Readonly<
    Record<
      string,
      {
        readonly Cpu: { readonly CpuShares: number };
        readonly Memory: { readonly MemoryMB: number; readonly MemoryMaxMB: number };
        readonly Networks: Json;
      }
    >
  >;
  readonly Shared: { readonly DiskMB: number; readonly Networks: Json };
}

/** The flat forms that older clients read: `Resources`, `SharedResources`, `TaskResources`. */
export function legacyResources(wire: JsonObject): JsonObject {
  const { Tasks: tasks, Shared: shared } = wire as unknown as AllocatedJson;
  const flat = Object.entries(tasks).map(([name, task]) => [name, flatTask(task)] as const);
  const networks = [shared.Networks, ...flat.map(([, task]) => task.Networks)].flatMap(
    (one) => (one ?? []) as Json[],
  );
  const total = {
    CPU: flat.reduce((all, [, task]) => all + task.CPU, 0),
    MemoryMB: flat.reduce((all, [, task]) => all + task.MemoryMB, 0),
    DiskMB: shared.DiskMB,
    IOPS: 0,
    Networks: networks.length > 0 ? networks : null,
    Devices: null,
  };
  const common = { CPU: 0, MemoryMB: 0, DiskMB: shared.DiskMB, IOPS: 0, Devices: null };
  return {
    Resources: total,
    SharedResources: { ...common, Networks: shared.Networks },
    TaskResources: Object.fromEntries(flat),
  };
}

function flatTask(task: AllocatedJson['Tasks'][string]): {
  readonly CPU: number;
  readonly MemoryMB: number;
  readonly MemoryMaxMB: number;
  readonly DiskMB: number;
  readonly IOPS: number;
  readonly Networks: Json;
  readonly Devices: null;
} {
  return {
    CPU: task.Cpu.CpuShares,
    MemoryMB: task.Memory.MemoryMB,
    MemoryMaxMB: task.Memory.MemoryMaxMB,
    DiskMB: 0,
    IOPS: 0,
    Networks: task.Networks,
    Devices: null,
  };
}
