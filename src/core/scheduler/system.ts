/**
 * Schedules system and sysbatch jobs: one instance on every node that can take it, also on nodes
 * that join later.
 *
 * Y1: no node gets two live instances of one group.
 * Y2: a sysbatch instance that ran to its end is not run again on that node, unless the job
 *     changed.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/schedulers#system
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { DesiredUpdates, InPlaceUpdate, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { composeResult } from './compose-result.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import * as say from './descriptions.ts';
import { followUp } from './follow-up.ts';
import { allocName } from './name-index.ts';
import { stopOf } from './reconcile-stops.ts';
import { placeOnNodes, type NodeRequest, type NodesOutcome } from './system-place.ts';
import { Rollout } from './rollout.ts';
import { staysOn } from './stays-on.ts';
import { tasksUpdated } from './tasks-updated.ts';

export function scheduleSystem(input: ScheduleInput): ScheduleResult {
  const { snapshot, evaluation } = input;
  const job = snapshot.job(evaluation.namespace, evaluation.jobId);
  const allocs = [...snapshot.allocsByJob(evaluation.namespace, evaluation.jobId)];
  const latest = snapshot.latestDeployment(evaluation.namespace, evaluation.jobId);
  const rollout = new Rollout(job, latest, input).finish();
  const difference = compare(input, job, allocs);
  const stoppedRows = difference.stopped;
  for (const alloc of stoppedRows) {
    const slot = input.ledger.slotOf(alloc.nodeId);
    if (slot !== undefined && !isTerminal(alloc)) input.ledger.drop(slot, alloc);
  }
  const limited = limitUpdates(job, difference.destructive);
  const outcome =
    job === undefined ? NOTHING : placeOnNodes(input, job, [...limited.now, ...difference.missing]);
  input.ledger.rollback();
  const rolling = limited.later > 0 && !outcome.remainder;
  const decided = {
    stops: difference.stops,
    updates: difference.updates,
    deployment: undefined,
    deploymentUpdates: rollout.updates,
    deploymentId: undefined,
    followUps: rolling && job !== undefined ? [rollingFollowUp(input, job)] : [],
    desired: annotate(difference, limited, outcome),
  };
  const result = composeResult(input, job, { decided, outcome });
  const next = decided.followUps[0];
  return next === undefined
    ? result
    : { ...result, evaluation: { ...result.evaluation, nextEval: next.id } };
}

const NOTHING: NodesOutcome = {
  placements: [],
  stops: [],
  evictions: [],
  failures: new Map(),
  queued: new Map(),
  remainder: false,
  skipped: new Map(),
  removed: new Map(),
};

/** What is, against what should be, node by node. */
interface Difference {
  readonly stops: readonly Stop[];
  readonly stopped: readonly Alloc[];
  readonly updates: readonly InPlaceUpdate[];
  readonly destructive: readonly NodeRequest[];
  readonly missing: readonly NodeRequest[];
  readonly counts: ReadonlyMap<string, Counts>;
}

interface Counts {
  ignore: number;
  stop: number;
  migrate: number;
  inPlace: number;
}

function compare(input: ScheduleInput, job: Job | undefined, allocs: readonly Alloc[]): Difference {
  const draft = new DifferenceDraft(input, job);
  for (const alloc of allocs) draft.judge(alloc);
  if (job !== undefined && !job.stop) for (const group of job.groups) draft.fill(group);
  return draft;
}

class DifferenceDraft implements Difference {
  readonly stops: Stop[] = [];
  readonly stopped: Alloc[] = [];
  readonly updates: InPlaceUpdate[] = [];
  readonly destructive: NodeRequest[] = [];
  readonly missing: NodeRequest[] = [];
  readonly counts = new Map<string, Counts>();
  readonly #input: ScheduleInput;
  readonly #job: Job | undefined;
  /** By group: nodes that have, or had and need no more. */
  readonly #covered = new Map<string, Set<NodeId>>();
  /** By group and node: what failed or ended there, to be followed by a new one. */
  readonly #ended = new Map<string, Alloc>();
  readonly #restarts = new Map<string, boolean>();

  constructor(input: ScheduleInput, job: Job | undefined) {
    this.#input = input;
    this.#job = job;
  }

  judge(alloc: Alloc): void {
    const job = this.#job;
    const group = job?.groups.find((candidate) => candidate.name === alloc.group);
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
      this.#count(alloc.group).migrate++;
    } else {
      this.#nodesOf(alloc.group).add(alloc.nodeId);
      this.#judgeRunning(alloc, job, group);
    }
  }

  /** Asks for an instance on every node that has none. Whether it can take one is seen later. */
  fill(group: TaskGroup): void {
    const covered = this.#nodesOf(group.name);
    const name = allocName(this.#job?.id ?? '', group.name, 0);
    for (const slot of this.#input.ledger.order) {
      const { id } = this.#input.ledger.nodeAt(slot);
      if (covered.has(id)) continue;
      const previous = this.#ended.get(`${group.name} ${id}`);
      this.missing.push({ group, slot, name, previous, replaces: undefined });
    }
  }

  #judgeEnded(alloc: Alloc): void {
    const job = this.#job;
    if (alloc.desiredStatus !== 'run' || job === undefined) return;
    const same = alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex;
    if (job.type === 'sysbatch' && same && isOver(alloc)) {
      this.#nodesOf(alloc.group).add(alloc.nodeId);
      this.#count(alloc.group).ignore++;
    } else {
      this.#ended.set(`${alloc.group} ${alloc.nodeId}`, alloc);
    }
  }

  #judgeRunning(alloc: Alloc, job: Job, group: TaskGroup): void {
    const same = alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex;
    const slot = this.#input.ledger.slotOf(alloc.nodeId);
    if (same || slot === undefined) {
      this.#count(alloc.group).ignore++;
    } else if (this.#mustReplace(alloc, job, group)) {
      this.destructive.push({ group, slot, name: alloc.name, previous: alloc, replaces: alloc });
    } else {
      const { id: allocId, nodeId, resources } = alloc;
      this.updates.push({ allocId, nodeId, resources });
      this.#count(alloc.group).inPlace++;
    }
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
    this.#count(alloc.group).stop++;
  }

  #nodesOf(group: string): Set<NodeId> {
    const nodes = this.#covered.get(group) ?? new Set<NodeId>();
    this.#covered.set(group, nodes);
    return nodes;
  }

  #count(group: string): Counts {
    const counts = this.counts.get(group) ?? { ignore: 0, stop: 0, migrate: 0, inPlace: 0 };
    this.counts.set(group, counts);
    return counts;
  }
}

/** Ran to its end, good or bad: its restart policy had the last word. */
function isOver(alloc: Alloc): boolean {
  return alloc.clientStatus === 'complete' || alloc.clientStatus === 'failed';
}

interface Limited {
  readonly now: readonly NodeRequest[];
  readonly later: number;
}

/** With an update strategy, so many at a time and a pause between. */
function limitUpdates(job: Job | undefined, destructive: readonly NodeRequest[]): Limited {
  const update = job?.update;
  if (update === undefined || update.maxParallel === 0 || update.staggerMs === 0) {
    return { now: destructive, later: 0 };
  }
  const now = destructive.slice(0, update.maxParallel);
  return { now, later: destructive.length - now.length };
}

function rollingFollowUp(input: ScheduleInput, job: Job): ReturnType<typeof followUp> {
  return followUp(input.evaluation, {
    id: input.nextId(),
    now: input.now,
    triggeredBy: 'rolling-update',
    status: 'pending',
    description: '',
    waitUntil: (input.now + (job.update?.staggerMs ?? 0)) as Millis,
  });
}

function annotate(
  difference: Difference,
  limited: Limited,
  { skipped, removed }: NodesOutcome,
): Readonly<Record<string, DesiredUpdates>> {
  const desired: Record<string, DesiredUpdates> = {};
  const names = new Set([
    ...difference.counts.keys(),
    ...difference.missing.map((request) => request.group.name),
    ...difference.destructive.map((request) => request.group.name),
  ]);
  for (const name of names) {
    const counts = difference.counts.get(name);
    const of = (requests: readonly NodeRequest[]): number =>
      requests.filter((request) => request.group.name === name).length;
    const gone = removed.get(name) ?? 0;
    const destructive = of(limited.now) - gone;
    desired[name] = {
      ignore: (counts?.ignore ?? 0) + of(difference.destructive) - destructive - gone,
      place: of(difference.missing) - (skipped.get(name) ?? 0),
      migrate: counts?.migrate ?? 0,
      stop: (counts?.stop ?? 0) + gone,
      inPlaceUpdate: counts?.inPlace ?? 0,
      destructiveUpdate: destructive,
      canary: 0,
      preemptions: 0,
    };
  }
  return desired;
}
