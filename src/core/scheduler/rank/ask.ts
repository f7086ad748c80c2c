/**
 * What one instance of a group takes of a node: compiled once for each group of a job version, and
 * shared by all its placements.
 */
import type { AllocResources } from '../../model/alloc.ts';
import type { NetworkRequest, PortRequest } from '../../model/network.ts';
import type { SchedulerConfig } from '../../model/scheduler-config.ts';
import type { Task } from '../../model/task.ts';
import type { TaskGroup } from '../../model/task-group.ts';

/** One wanted port; `task` is set for a task's own (older style) network. */
export interface PortAsk {
  readonly label: string;
  /** 0 asks for a dynamic one. */
  readonly value: number;
  readonly to: number;
  readonly hostNetwork: string;
  readonly task: string | undefined;
}

export interface Ask {
  /** Equal for groups that take the same of a node. */
  readonly key: string;
  /** `cpu` leaves out whole cores: what those are worth depends on the node. */
  readonly resources: AllocResources;
  readonly cores: number;
  readonly wantsDevices: boolean;
  /** Static ones first: a dynamic port must not be drawn where a static one is wanted. */
  readonly ports: readonly PortAsk[];
  /** Dynamic ports on the node's default address. */
  readonly dynamicCount: number;
  /**
   * All ports are dynamic ones on the default address: the common case, which is cheap to check.
   */
  readonly onlyDynamic: boolean;
}

export function compileAsk(group: TaskGroup, config: SchedulerConfig): Ask {
  const resources = groupResources(group, config.memoryOversubscription);
  const cores = sum(group.tasks, (task) => task.resources.cores);
  const ports = portsOf(group);
  const plain = ports.filter((port) => port.value === 0 && isDefaultNetwork(port.hostNetwork));
  const devices = group.tasks.map((task) => task.resources.devices);
  return {
    key: JSON.stringify([resources, cores, ports, devices]),
    resources,
    cores,
    wantsDevices: devices.some((list) => list.length > 0),
    ports,
    dynamicCount: plain.length,
    onlyDynamic: plain.length === ports.length,
  };
}

/** True where a port is wanted on the node's default address. */
export function isDefaultNetwork(hostNetwork: string): boolean {
  return hostNetwork === '' || hostNetwork === 'default';
}

/**
 * All tasks together. Tasks that end before the main ones start, or begin after those ended, share
 * their room.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/lifecycle
 */
function groupResources(group: TaskGroup, oversubscription: boolean): AllocResources {
  const over = (pick: (task: Task) => number): number => {
    const before = sum(group.tasks.filter(isEphemeralPrestart), pick);
    const after = sum(
      group.tasks.filter((task) => task.lifecycle?.hook === 'poststop'),
      pick,
    );
    const during = sum(
      group.tasks.filter(
        (task) =>
          !isEphemeralPrestart(task) &&
          !isPrestartSidecar(task) &&
          task.lifecycle?.hook !== 'poststop',
      ),
      pick,
    );
    return Math.max(before, during, after) + sum(group.tasks.filter(isPrestartSidecar), pick);
  };
  return {
    cpu: over((task) => (task.resources.cores > 0 ? 0 : task.resources.cpu)),
    memoryMb: over((task) => task.resources.memoryMb),
    memoryMaxMb: over((task) =>
      oversubscription
        ? Math.max(task.resources.memoryMaxMb, task.resources.memoryMb)
        : task.resources.memoryMb,
    ),
    diskMb: group.ephemeralDisk.sizeMb,
    cores: [],
    devices: [],
  };
}

function isEphemeralPrestart(task: Task): boolean {
  return task.lifecycle?.hook === 'prestart' && !task.lifecycle.sidecar;
}

function isPrestartSidecar(task: Task): boolean {
  return task.lifecycle?.hook === 'prestart' && task.lifecycle.sidecar;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += pick(item);
  return total;
}

function portsOf(group: TaskGroup): readonly PortAsk[] {
  const asks = [
    ...group.networks.flatMap((network) => asksOf(network, undefined)),
    ...group.tasks.flatMap((task) =>
      task.resources.networks.flatMap((network) => asksOf(network, task.name)),
    ),
  ];
  return [...asks.filter((ask) => ask.value !== 0), ...asks.filter((ask) => ask.value === 0)];
}

function asksOf(network: NetworkRequest, task: string | undefined): readonly PortAsk[] {
  const ask = (port: PortRequest, value: number): PortAsk => ({
    label: port.label,
    value,
    to: port.to,
    hostNetwork: port.hostNetwork,
    task,
  });
  return [
    ...network.reservedPorts.map((port) => ask(port, port.value)),
    ...network.dynamicPorts.map((port) => ask(port, 0)),
  ];
}
