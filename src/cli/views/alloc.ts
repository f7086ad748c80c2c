/** An allocation as `alloc status` shows it. */
import type { Millis } from '../../base/brand.ts';
import type { Alloc, TaskEvent, TaskState } from '../../core/model/alloc.ts';
import type { Job } from '../../core/model/job.ts';
import type { AssignedPort } from '../../core/model/network.ts';
import type { TaskGroup } from '../../core/model/task-group.ts';
import type { Task } from '../../core/model/task.ts';
import type { TaskUsage } from '../../core/model/usage.ts';
import type { AllocUseAnswer } from '../../api/nomad/usage-codec.ts';
import { columns, keyValues } from '../format/columns.ts';
import type { Ids } from '../format/ids.ts';
import { bytes, mebibytes } from '../format/size.ts';
import { ago, timestamp } from '../format/time.ts';
import { placementReasons, scoreTable } from './placement.ts';

export interface AllocPage {
  readonly alloc: Alloc;
  readonly job: Job | undefined;
  /** Absent where it does not run, or its client did not answer. */
  readonly usage: AllocUseAnswer | undefined;
}

type Use = Pick<TaskUsage, 'cpu' | 'memory'>;

export interface AllocOptions {
  readonly ids: Ids;
  readonly now: Millis;
  readonly verbose: boolean;
  readonly short: boolean;
  readonly stats: boolean;
}

export function allocStatus(page: AllocPage, options: AllocOptions): string {
  const { alloc } = page;
  const blocks = [about(alloc, options)];
  const shared = alloc.ports.filter((port) => port.task === undefined);
  if (shared.length > 0) blocks.push(addresses(shared));
  const tasks = Object.entries(alloc.taskStates).sort(([a], [b]) => (a < b ? -1 : 1));
  if (options.short) {
    blocks.push(`Tasks\n${shortTasks(tasks)}`);
    return blocks.join('\n\n');
  }
  for (const [name, state] of tasks) blocks.push(taskBlock(name, state, page, options));
  if (options.verbose) {
    const reasons = placementReasons(alloc.metrics, '  ').join('\n');
    const metrics = [reasons, scoreTable(alloc.metrics)].filter((text) => text !== '');
    blocks.push(['Placement Metrics', ...metrics].join('\n'));
  }
  return blocks.join('\n\n');
}

function about(alloc: Alloc, { ids, now, verbose }: AllocOptions): string {
  const when = (at: Millis): string => (verbose ? timestamp(at) : ago(at, now));
  const health = alloc.deploymentStatus?.healthy;
  return keyValues([
    ['ID', alloc.id],
    ['Eval ID', ids(alloc.evalId)],
    ['Name', alloc.name],
    ['Node ID', ids(alloc.nodeId)],
    ['Node Name', alloc.nodeName],
    ['Job ID', alloc.jobId],
    ['Job Version', String(alloc.jobVersion)],
    ['Client Status', alloc.clientStatus],
    ['Client Description', alloc.clientDescription || '<none>'],
    ['Desired Status', alloc.desiredStatus],
    ['Desired Description', alloc.desiredDescription || '<none>'],
    ['Created', when(alloc.createdAt)],
    ['Modified', when(alloc.modifiedAt)],
    ...optional('Deployment ID', alloc.deploymentId, ids),
    ...(alloc.deploymentId === undefined
      ? []
      : [['Deployment Health', healthText(health)] as const]),
    ...(alloc.deploymentStatus?.canary === true ? [['Canary', 'true'] as const] : []),
    ...optional('Replacement Alloc ID', alloc.nextAllocId, ids),
    ...(verbose ? evaluated(alloc) : []),
    ...optional('Previous Alloc ID', alloc.previousAllocId, ids),
    ...optional('Follow Up Eval', alloc.followupEvalId, ids),
  ]);
}

type Row = readonly [key: string, value: string];

function optional(key: string, id: string | undefined, ids: Ids): Row[] {
  return id === undefined ? [] : [[key, ids(id)]];
}

function healthText(healthy: boolean | undefined): string {
  if (healthy === undefined) return 'unset';
  return healthy ? 'healthy' : 'unhealthy';
}

function evaluated({ metrics }: Alloc): Row[] {
  return [
    ['Evaluated Nodes', String(metrics.nodesEvaluated)],
    ['Filtered Nodes', String(metrics.nodesFiltered)],
    ['Exhausted Nodes', String(metrics.nodesExhausted)],
    ['Allocation Time', `${metrics.allocationTimeNs / 1000}µs`],
    ['Failures', String(metrics.coalescedFailures)],
  ];
}

/** Ports of the group; those that a task asked for itself stand with its resources. */
function addresses(ports: readonly AssignedPort[]): string {
  return `Allocation Addresses\n${columns([
    ['Label', 'Dynamic', 'Address'],
    ...ports.map((port) => [`*${port.label}`, port.dynamic ? 'yes' : 'no', address(port)]),
  ])}`;
}

function address(port: AssignedPort): string {
  return `${port.hostIp}:${port.value}${port.to > 0 ? ` -> ${port.to}` : ''}`;
}

function shortTasks(tasks: readonly [string, TaskState][]): string {
  return columns([
    ['Name', 'State', 'Last Event', 'Time'],
    ...tasks.map(([name, state]) => {
      const last = state.events.at(-1);
      return [name, state.state, last?.type ?? '', timestamp(last?.at)];
    }),
  ]);
}

function taskBlock(name: string, state: TaskState, page: AllocPage, options: AllocOptions): string {
  const group = page.job?.groups.find((g) => g.name === page.alloc.group);
  const task = group?.tasks.find((t) => t.name === name);
  const usage = page.usage?.tasks[name]?.resource;
  const head = `${title(name, task)} is "${state.state}"`;
  const known = group !== undefined && task !== undefined;
  const own = page.alloc.ports.filter((port) => port.task === name);
  const table = known ? `\nTask Resources\n${resources({ task, group, own }, usage)}` : '';
  const parts = [`${head}${table}`];
  if (options.stats && usage !== undefined) parts.push(usageTables(usage));
  parts.push(`Task Events:\n${history(state)}`, `Recent Events:\n${events(state.events)}`);
  return parts.join('\n\n');
}

function title(name: string, task: Task | undefined): string {
  const hook = task?.lifecycle;
  if (hook === undefined) return `Task "${name}"`;
  return `Task "${name}" (${hook.hook}${hook.sidecar ? ' sidecar' : ''})`;
}

interface Given {
  readonly task: Task;
  readonly group: TaskGroup;
  /** The task's own ports. */
  readonly own: readonly AssignedPort[];
}

/** What it uses of what it may, where that is known. */
function resources({ task, group, own }: Given, usage: Use | undefined): string {
  const used = (now: string | undefined, of: string): string =>
    now === undefined ? of : `${now}/${of}`;
  const cpu = usage === undefined ? undefined : String(Math.floor(usage.cpu.totalTicks));
  const memory = usage === undefined ? undefined : bytes(usage.memory.rss || usage.memory.usage);
  const [first = '', ...more] = own.map((port) => `${port.label}: ${address(port)}`);
  return columns([
    ['CPU', 'Memory', 'Disk', 'Addresses'],
    [
      `${used(cpu, String(task.resources.cpu))} MHz`,
      used(memory, mebibytes(task.resources.memoryMb)),
      mebibytes(group.ephemeralDisk.sizeMb),
      first,
    ],
    ...more.map((one) => ['', '', '', one]),
  ]);
}

/** Figures that this kind of task does not have are left out. */
function usageTables({ cpu, memory }: Use): string {
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  const sizes: [title: string, size: number, always: boolean][] = [
    ['Cache', memory.cache, false],
    ['Max Usage', memory.maxUsage, false],
    ['RSS', memory.rss, true],
    ['Swap', memory.swap, true],
  ];
  const throttled = cpu.throttledPeriods > 0;
  const shown = sizes.filter(([, size, always]) => always || size > 0);
  return [
    'Memory Stats',
    columns([shown.map(([name]) => name), shown.map(([, size]) => bytes(size))]),
    '',
    'CPU Stats',
    columns([
      [
        ...['Percent', 'System Mode', 'User Mode'],
        ...(throttled ? ['Throttled Periods', 'Throttled Time'] : []),
      ],
      [
        ...[cpu.percent, cpu.systemPercent, cpu.userPercent].map(percent),
        ...(throttled ? [String(cpu.throttledPeriods), String(cpu.throttledTimeNs)] : []),
      ],
    ]),
  ].join('\n');
}

function history(state: TaskState): string {
  return keyValues([
    ['Started At', timestamp(state.startedAt)],
    ['Finished At', timestamp(state.finishedAt)],
    ['Total Restarts', String(state.restarts)],
    ['Last Restart', timestamp(state.lastRestartAt)],
  ]);
}

function events(list: readonly TaskEvent[]): string {
  return columns([
    ['Time', 'Type', 'Description'],
    ...[...list]
      .reverse()
      .map((event) => [timestamp(event.at), event.type, event.displayMessage || event.message]),
  ]);
}
