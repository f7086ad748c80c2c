/**
 * What there is of a system or sysbatch job, sorted by group: found out before anything is decided.
 *
 * Y1: no node gets two live instances of one group.
 * Y2: a sysbatch instance that ran to its end is not run again on that node, unless the job
 *     changed.
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { InPlaceUpdate, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import * as say from './descriptions.ts';
import { stopOf } from './reconcile-stops.ts';
import { staysOn } from './stays-on.ts';
import { tasksUpdated } from './tasks-updated.ts';

/** An instance and the slot of its node. */
export interface Standing {
  readonly alloc: Alloc;
  readonly slot: number;
}

/** A node that runs none, with the last one that ended there by itself. */
export interface EmptyNode {
  readonly slot: number;
  readonly previous: Alloc | undefined;
}

/** One group of the job. */
export interface GroupFindings {
  /** Of the newest version, on nodes that are heard of. */
  readonly members: Standing[];
  /** Of older versions, to be replaced where their nodes can take the new one. */
  readonly outdated: Standing[];
  readonly empty: EmptyNode[];
  /** Of older versions, going on as the newest. */
  inPlace: number;
  /** Those of them that were never called healthy. */
  unproven: number;
  /** Something of the newest version was placed before. */
  ranBefore: boolean;
  /** The newest of the older versions of which something other than canaries is known. */
  lastVersion: number | undefined;
  ignored: number;
  stopped: number;
  migrated: number;
}

/** What is, against what should be, node by node. */
export interface Difference {
  readonly stops: readonly Stop[];
  readonly stopped: readonly Alloc[];
  readonly updates: readonly (InPlaceUpdate & { readonly group: string })[];
  readonly groups: ReadonlyMap<string, GroupFindings>;
}

export function findDifference(
  input: ScheduleInput,
  job: Job | undefined,
  allocs: readonly Alloc[],
): Difference {
  const draft = new DifferenceDraft(input, job);
  for (const alloc of allocs) draft.judge(alloc);
  if (job !== undefined && !job.stop) for (const group of job.groups) draft.fill(group);
  return draft;
}

class DifferenceDraft implements Difference {
  readonly stops: Stop[] = [];
  readonly stopped: Alloc[] = [];
  readonly updates: (InPlaceUpdate & { readonly group: string })[] = [];
  readonly groups = new Map<string, GroupFindings>();
  readonly #input: ScheduleInput;
  readonly #job: Job | undefined;
  /** By group: nodes that have, or had and need no more. */
  readonly #covered = new Map<string, Set<NodeId>>();
  /** By group and node: what failed or ended there last, to be followed by a new one. */
  readonly #ended = new Map<string, Alloc>();
  readonly #restarts = new Map<string, boolean>();

  constructor(input: ScheduleInput, job: Job | undefined) {
    this.#input = input;
    this.#job = job;
  }

  judge(alloc: Alloc): void {
    const job = this.#job;
    const group = job?.groups.find((candidate) => candidate.name === alloc.group);
    if (job !== undefined) this.#noteVersion(alloc, job);
    if (isTerminal(alloc)) {
      this.#judgeEnded(alloc);
      return;
    }
    const node = this.#input.snapshot.node(alloc.nodeId);
    if (node === undefined || node.status === 'down') {
      this.#stop(alloc, { description: say.STOP_LOST, clientStatus: 'lost' });
    } else if (job === undefined || job.stop || group === undefined) {
      this.#stop(alloc, { description: say.STOP_NOT_NEEDED });
    } else if (this.#nodesOf(alloc.group).has(alloc.nodeId)) {
      this.#stop(alloc, { description: say.STOP_NOT_NEEDED });
    } else if (alloc.desiredTransition?.migrate === true) {
      this.#stop(alloc, { description: say.STOP_TAINTED });
      this.#of(alloc.group).migrated++;
    } else {
      this.#nodesOf(alloc.group).add(alloc.nodeId);
      this.#judgeRunning(alloc, job, group);
    }
  }

  /** Asks for an instance on every node that has none. Whether it can take one is seen later. */
  fill(group: TaskGroup): void {
    const covered = this.#nodesOf(group.name);
    const { empty } = this.#of(group.name);
    for (const slot of this.#input.ledger.order) {
      const { id } = this.#input.ledger.nodeAt(slot);
      if (covered.has(id)) continue;
      empty.push({ slot, previous: this.#ended.get(`${group.name} ${id}`) });
    }
  }

  #noteVersion(alloc: Alloc, job: Job): void {
    const findings = this.#of(alloc.group);
    if (isOf(alloc, job)) findings.ranBefore = true;
    else if (alloc.createIndex >= job.createIndex && alloc.deploymentStatus?.canary !== true) {
      findings.lastVersion = Math.max(findings.lastVersion ?? 0, alloc.jobVersion);
    }
  }

  #judgeEnded(alloc: Alloc): void {
    const job = this.#job;
    if (alloc.desiredStatus !== 'run' || job === undefined) return;
    if (job.type === 'sysbatch' && isOf(alloc, job) && isOver(alloc)) {
      this.#nodesOf(alloc.group).add(alloc.nodeId);
      this.#of(alloc.group).ignored++;
      return;
    }
    const key = `${alloc.group} ${alloc.nodeId}`;
    const other = this.#ended.get(key);
    if (other === undefined || other.createIndex < alloc.createIndex) this.#ended.set(key, alloc);
  }

  #judgeRunning(alloc: Alloc, job: Job, group: TaskGroup): void {
    const findings = this.#of(alloc.group);
    const slot = this.#input.ledger.slotOf(alloc.nodeId);
    if (slot === undefined) {
      findings.ignored++;
    } else if (isOf(alloc, job)) {
      if (this.#isHeardOf(alloc)) findings.members.push({ alloc, slot });
      else findings.ignored++;
    } else if (this.#mustReplace(alloc, job, group)) {
      findings.outdated.push({ alloc, slot });
    } else {
      const { id: allocId, nodeId, resources } = alloc;
      this.updates.push({ allocId, nodeId, resources, group: alloc.group });
      findings.inPlace++;
      if (alloc.deploymentStatus?.healthy !== true) findings.unproven++;
    }
  }

  #isHeardOf({ nodeId, clientStatus }: Alloc): boolean {
    const status = this.#input.snapshot.node(nodeId)?.status;
    return clientStatus !== 'unknown' && status !== 'disconnected';
  }

  #mustReplace(alloc: Alloc, job: Job, group: TaskGroup): boolean {
    if (alloc.createIndex < job.createIndex) return true;
    // That its node is not meant any more is found out when the replacement looks for room there.
    if (!staysOn(this.#input, job, { alloc, group })) return true;
    const key = `${alloc.group} ${alloc.jobVersion}`;
    let restart = this.#restarts.get(key);
    if (restart === undefined) {
      const { snapshot } = this.#input;
      const before = snapshot.jobVersion(job.namespace, job.id, alloc.jobVersion);
      restart = before === undefined || tasksUpdated(before, job, alloc.group);
      this.#restarts.set(key, restart);
    }
    return restart;
  }

  #stop(alloc: Alloc, reason: { description: string; clientStatus?: 'lost' }): void {
    const { description, ...extra } = reason;
    this.stops.push(stopOf(alloc, description, extra));
    this.stopped.push(alloc);
    this.#of(alloc.group).stopped++;
  }

  #nodesOf(group: string): Set<NodeId> {
    const nodes = this.#covered.get(group) ?? new Set<NodeId>();
    this.#covered.set(group, nodes);
    return nodes;
  }

  #of(group: string): GroupFindings {
    const found = this.groups.get(group) ?? noFindings();
    this.groups.set(group, found);
    return found;
  }
}

function noFindings(): GroupFindings {
  const lists = { members: [], outdated: [], empty: [] };
  const counts = { inPlace: 0, unproven: 0, ignored: 0, stopped: 0, migrated: 0 };
  return { ...lists, ...counts, ranBefore: false, lastVersion: undefined };
}

/** Of this version of the job, in this life of its name. */
export function isOf(alloc: Alloc, job: Job): boolean {
  return alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex;
}

/** Ran to its end, good or bad: its restart policy had the last word. */
function isOver(alloc: Alloc): boolean {
  return alloc.clientStatus === 'complete' || alloc.clientStatus === 'failed';
}
