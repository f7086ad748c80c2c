/** What a simulation comes to: groups and nodes before and after, and what would not fit. */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { JobId, Namespace, NodeId } from '../model/ids.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Node } from '../model/node.ts';
import type { State } from '../state/state.ts';

export interface Forecast {
  /** By job and group; only groups that something is said of. */
  readonly groups: readonly GroupForecast[];
  readonly nodes: readonly NodeForecast[];
  /** Placements that would be made, allocations that would end, and those evicted among them. */
  readonly placed: number;
  readonly stopped: number;
  readonly evicted: number;
  /** False: it was broken off, and more would follow. */
  readonly settled: boolean;
}

export interface GroupForecast {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly group: string;
  /** How many are wanted; of system jobs as many as there are. */
  readonly desired: number;
  readonly before: number;
  readonly after: number;
  /** How many would find no room, and why. */
  readonly missing: number;
  readonly why?: PlacementMetrics;
}

export interface NodeForecast {
  readonly id: NodeId;
  readonly name: string;
  readonly fate: 'stays' | 'new' | 'drained' | 'gone';
  readonly allocsBefore: number;
  readonly allocsAfter: number;
  /** What it can give [MHz, MB], and what of it is taken. */
  readonly cpu: Taken;
  readonly memoryMb: Taken;
  readonly diskMb: Taken;
}

export interface Taken {
  readonly total: number;
  readonly before: number;
  readonly after: number;
}

interface Pair {
  readonly before: State;
  readonly after: State;
}

interface Marks {
  readonly drained: ReadonlySet<NodeId>;
  readonly gone: ReadonlySet<NodeId>;
}

/** Compares the two states. */
export function forecast(pair: Pair, marks: Marks, settled: boolean): Forecast {
  const groups = groupsOf(pair);
  const nodes = [...pair.after.nodes()].map((node) => nodeForecast(node, pair, marks));
  let placed = 0;
  let stopped = 0;
  let evicted = 0;
  for (const alloc of pair.after.allocs()) {
    const was = pair.before.alloc(alloc.id);
    if (was === undefined) placed++;
    else if (!isTerminal(was) && isTerminal(alloc)) stopped++;
    if (alloc.preemptedBy !== undefined && was?.preemptedBy === undefined) evicted++;
  }
  return { groups, nodes, placed, stopped, evicted, settled };
}

function groupsOf({ before, after }: Pair): readonly GroupForecast[] {
  const was = countLive(before);
  const is = countLive(after);
  const waiting = waitingOf(after);
  const found: GroupForecast[] = [];
  for (const job of after.jobs()) {
    const everywhere = job.type === 'system' || job.type === 'sysbatch';
    const launches =
      job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
    for (const { name, count } of job.groups) {
      const key = keyOf(job.namespace, job.id, name);
      const live = { before: was.get(key) ?? 0, after: is.get(key) ?? 0 };
      const lack = waiting.get(key);
      const desired = job.stop || launches ? 0 : everywhere ? live.after : count;
      if (desired + live.before + live.after === 0 && lack === undefined) continue;
      found.push({
        namespace: job.namespace,
        jobId: job.id,
        group: name,
        desired,
        ...live,
        missing: lack === undefined ? 0 : lack.count,
        ...(lack !== undefined && { why: lack.why }),
      });
    }
  }
  return found;
}

function countLive(state: State): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const alloc of state.allocs()) {
    if (isTerminal(alloc)) continue;
    const key = keyOf(alloc.namespace, alloc.jobId, alloc.group);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** What evaluations that wait for room could not place, by group. */
function waitingOf(state: State): ReadonlyMap<string, { count: number; why: PlacementMetrics }> {
  const waiting = new Map<string, { count: number; why: PlacementMetrics }>();
  for (const { namespace, jobId, failedGroups } of state.openEvals('blocked')) {
    for (const [group, why] of Object.entries(failedGroups)) {
      const count = why.coalescedFailures + 1;
      waiting.set(keyOf(namespace, jobId, group), { count, why });
    }
  }
  return waiting;
}

function keyOf(namespace: string, jobId: string, group: string): string {
  return `${namespace}\u0000${jobId}\u0000${group}`;
}

function nodeForecast(node: Node, { before, after }: Pair, marks: Marks): NodeForecast {
  const was = liveOn(before, node.id);
  const is = liveOn(after, node.id);
  const taken = (total: number, of: (alloc: Alloc) => number): Taken => ({
    total,
    before: was.reduce((sum, alloc) => sum + of(alloc), 0),
    after: is.reduce((sum, alloc) => sum + of(alloc), 0),
  });
  const { resources, reserved } = node;
  return {
    id: node.id,
    name: node.name,
    fate: fateOf(node.id, before, marks),
    allocsBefore: was.length,
    allocsAfter: is.length,
    cpu: taken(resources.cpu - reserved.cpu, (alloc) => alloc.resources.cpu),
    memoryMb: taken(resources.memoryMb - reserved.memoryMb, (alloc) => alloc.resources.memoryMb),
    diskMb: taken(resources.diskMb - reserved.diskMb, (alloc) => alloc.resources.diskMb),
  };
}

function fateOf(id: NodeId, before: State, { drained, gone }: Marks): NodeForecast['fate'] {
  if (gone.has(id)) return 'gone';
  if (drained.has(id)) return 'drained';
  return before.node(id) === undefined ? 'new' : 'stays';
}

function liveOn(state: State, id: NodeId): readonly Alloc[] {
  return [...state.allocsByNode(id)].filter((alloc) => !isTerminal(alloc));
}
