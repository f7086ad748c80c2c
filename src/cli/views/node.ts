/** Nodes, listed and in full. */
import type { HostUsage } from '../../core/model/usage.ts';
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import type { NodeView } from '../../api/nomad/node-codec.ts';
import type { AllocUseAnswer } from '../../api/nomad/usage-codec.ts';
import type { NodeEvent } from '../../core/model/node.ts';
import { isClientTerminal } from '../../core/model/alloc.ts';
import { columns, keyValues } from '../format/columns.ts';
import { bytes, mebibytes } from '../format/size.ts';
import { shortDuration, timestamp } from '../format/time.ts';
import { allocList, type AllocListOptions } from './allocs.ts';

/** What a list of nodes shows of one. */
export interface NodeRow {
  readonly id: string;
  readonly datacenter: string;
  readonly name: string;
  readonly nodeClass: string;
  readonly nodePool: string;
  readonly draining: boolean;
  readonly eligibility: string;
  readonly status: string;
}

/** @param options `running` counts allocations by node, for a column of its own */
export function nodeList(
  nodes: readonly NodeRow[],
  options: {
    readonly ids: (id: string) => string;
    readonly running?: ReadonlyMap<string, number> | undefined;
  },
): string {
  const { ids, running } = options;
  return columns([
    [
      ...['ID', 'DC', 'Name', 'Class', 'Drain', 'Eligibility', 'Status'],
      ...(running === undefined ? [] : ['Running Allocs']),
    ],
    ...nodes.map((node) => [
      ids(node.id),
      node.datacenter,
      node.name,
      node.nodeClass || '<none>',
      String(node.draining),
      node.eligibility,
      node.status,
      ...(running === undefined ? [] : [String(running.get(node.id) ?? 0)]),
    ]),
  ]);
}

export interface NodePage {
  readonly node: NodeView;
  readonly allocs: readonly Alloc[];
  readonly stubs: readonly AllocStub[];
  /** Absent where its client did not answer. */
  readonly host: HostUsage | undefined;
  /** What its running allocations use, as far as they said. */
  readonly running: readonly AllocUseAnswer[];
}

export interface NodeOptions extends AllocListOptions {
  readonly short: boolean;
  readonly stats: boolean;
}

/** @param options `verbose` adds every attribute, `stats` the machine's own figures */
export function nodeStatus(page: NodePage, options: NodeOptions): string {
  const { node } = page;
  const blocks = [about(page)];
  if (options.short) {
    blocks.push(`Allocations\n${allocList(page.stubs, options)}`);
    return blocks.join('\n\n');
  }
  if (options.verbose) blocks.push(drivers(node));
  blocks.push(`Node Events\n${events(node.events)}`);
  blocks.push(`Allocated Resources\n${allocated(page)}`);
  if (page.host !== undefined) {
    blocks.push(`Allocation Resource Utilization\n${used(page, page.host)}`);
    blocks.push(`Host Resource Utilization\n${utilization(node, page.host)}`);
    if (options.stats) blocks.push(...machine(page.host));
  }
  blocks.push(`Allocations\n${allocList(page.stubs, options)}`);
  if (options.verbose) {
    blocks.push(`Attributes\n${record(node.attributes)}`);
    if (Object.keys(node.meta).length > 0) blocks.push(`Meta\n${record(node.meta)}`);
  }
  return blocks.join('\n\n');
}

function about({ node, host }: NodePage): string {
  const volumes = Object.keys(node.hostVolumes).sort().join(',');
  const healthy = Object.entries(node.drivers)
    .filter(([, driver]) => driver.detected)
    .map(([name, driver]) => (driver.healthy ? name : `${name} (unhealthy)`));
  return keyValues([
    ['ID', node.id],
    ['Name', node.name],
    ['Class', node.nodeClass || '<none>'],
    ['DC', node.datacenter],
    ['Drain', drain(node)],
    ['Eligibility', node.eligibility],
    ['Status', node.status],
    ['CSI Controllers', '<none>'],
    ['CSI Drivers', '<none>'],
    ...(host === undefined ? [] : [['Uptime', shortDuration(host.uptimeSeconds * 1000)] as const]),
    ['Host Volumes', volumes || '<none>'],
    ['CSI Volumes', '<none>'],
    ['Driver Status', healthy.sort().join(',') || '<none>'],
  ]);
}

function drain({ drain: strategy }: NodeView): string {
  if (strategy === undefined) return 'false';
  if (strategy.deadlineMs < 0) return 'true; force drain';
  if (strategy.forceAt === undefined) return 'true; no deadline';
  return `true; ${timestamp(strategy.forceAt)} deadline`;
}

function drivers(node: NodeView): string {
  return `Drivers\n${columns([
    ['Driver', 'Detected', 'Healthy', 'Message', 'Time'],
    ...Object.entries(node.drivers)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, d]) => [
        name,
        String(d.detected),
        String(d.healthy),
        d.healthDescription,
        timestamp(d.updatedAt),
      ]),
  ])}`;
}

function events(list: readonly NodeEvent[]): string {
  return columns([
    ['Time', 'Subsystem', 'Message'],
    ...[...list].reverse().map((e) => [timestamp(e.at), e.subsystem, e.message]),
  ]);
}

function allocated({ node, allocs }: NodePage): string {
  const live = allocs.filter((alloc) => !isClientTerminal(alloc));
  const sum = (of: (alloc: Alloc) => number): number => live.reduce((n, a) => n + of(a), 0);
  return columns([
    ['CPU', 'Memory', 'Disk'],
    [
      `${sum((a) => a.resources.cpu)}/${node.resources.cpu - node.reserved.cpu} MHz`,
      share(
        sum((a) => a.resources.memoryMb),
        node.resources.memoryMb - node.reserved.memoryMb,
      ),
      share(
        sum((a) => a.resources.diskMb),
        node.resources.diskMb - node.reserved.diskMb,
      ),
    ],
  ]);
}

function share(used: number, of: number): string {
  return `${mebibytes(used)}/${mebibytes(of)}`;
}

function utilization(node: NodeView, host: HostUsage): string {
  const disk = host.disks[0];
  return columns([
    ['CPU', 'Memory', 'Disk'],
    [
      `${Math.floor(host.cpuTicksConsumed)}/${node.resources.cpu} MHz`,
      `${bytes(host.memory.used)}/${bytes(host.memory.total)}`,
      disk === undefined ? '<unknown>' : `${bytes(disk.used)}/${bytes(disk.size)}`,
    ],
  ]);
}

/** What the allocations use of the machine. */
function used({ node, running }: NodePage, host: HostUsage): string {
  const sum = (of: (use: AllocUseAnswer) => number): number =>
    running.reduce((total, use) => total + of(use), 0);
  const memory = sum(({ resource: { memory: m } }) => m.rss || m.usage);
  return columns([
    ['CPU', 'Memory'],
    [
      `${Math.floor(sum((use) => use.resource.cpu.totalTicks))}/${node.resources.cpu} MHz`,
      `${bytes(memory)}/${bytes(host.memory.total)}`,
    ],
  ]);
}

/** Every processor and disk. */
function machine({ cpus, memory, disks }: HostUsage): string[] {
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  return [
    ...cpus.map(
      (cpu) =>
        `CPU Stats\n${keyValues([
          ['CPU', cpu.name],
          ['User', percent(cpu.user)],
          ['System', percent(cpu.system)],
          ['Idle', percent(cpu.idle)],
        ])}`,
    ),
    `Memory Stats\n${keyValues([
      ['Total', bytes(memory.total)],
      ['Available', bytes(memory.available)],
      ['Used', bytes(memory.used)],
      ['Free', bytes(memory.free)],
    ])}`,
    ...disks.map(
      (disk) =>
        `Disk Stats\n${keyValues([
          ['Device', disk.device],
          ['MountPoint', disk.mountpoint],
          ['Size', bytes(disk.size)],
          ['Used', bytes(disk.used)],
          ['Available', bytes(disk.available)],
          ['Used Percent', percent(disk.usedPercent)],
          ['Inodes Percent', percent(disk.inodesUsedPercent)],
        ])}`,
    ),
  ];
}

function record(values: Readonly<Record<string, string>>): string {
  return keyValues(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
