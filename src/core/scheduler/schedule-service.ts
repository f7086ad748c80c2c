/** Schedules service and batch jobs: reconcile, then find nodes for what is missing. */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Placement, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { composeResult } from './compose-result.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { placeGroup } from './place.ts';
import type { PlaceOutcome, PlannedEviction } from './place-outcome.ts';
import { preemptionOf } from './preempt.ts';
import { Proposed } from './proposed.ts';
import { termsOf, type GroupTerms } from './rankings.ts';
import { reconcile } from './reconcile.ts';
import type { PlaceRequest, ReconcileResult } from './reconcile-result.ts';
import { stopOf } from './reconcile-stops.ts';
import { staysOn } from './stays-on.ts';

export function scheduleService(input: ScheduleInput): ScheduleResult {
  const { snapshot, evaluation, now, nextId } = input;
  const job = snapshot.job(evaluation.namespace, evaluation.jobId);
  const allocs = [...snapshot.allocsByJob(evaluation.namespace, evaluation.jobId)];
  const suits = (alloc: Alloc, group: TaskGroup): boolean =>
    job !== undefined && staysOn(input, job, { alloc, group });
  const decided = reconcile({ snapshot, evaluation, job, allocs, now, nextId, suits });
  const outcome = job === undefined ? NOTHING_PLACED : placeAll(input, job, { decided, allocs });
  input.ledger.rollback();
  return composeResult(input, job, { decided, outcome });
}

const NOTHING_PLACED: PlaceOutcome = {
  placements: [],
  stops: [],
  evictions: [],
  failures: new Map(),
  queued: new Map(),
  remainder: false,
};

function placeAll(
  input: ScheduleInput,
  job: Job,
  { decided, allocs }: { decided: ReconcileResult; allocs: readonly Alloc[] },
): PlaceOutcome {
  const placements: Placement[] = [];
  const stops: Stop[] = [];
  const evictions: PlannedEviction[] = [];
  const failures = new Map<string, { metrics: PlacementMetrics; terms: GroupTerms }>();
  // Nothing is missing of a stopped job's groups, which are not among those decided upon.
  const queued = new Map(job.groups.map((group) => [group.name, 0]));
  const proposed = propose(input, decided.stops, allocs);
  const ties = input.random.fork('ties');
  const ports = input.random.fork('ports');
  const preemption = preemptionOf(input, job);
  let budget = input.budget;
  let remainder = false;
  for (const { group, place } of decided.groups) {
    const within = place.slice(0, budget);
    budget -= within.length;
    remainder ||= within.length < place.length;
    let placedCount = 0;
    for (const [version, requests] of byVersion(within, job)) {
      const versioned = versionOf(input, job, { version, group });
      if (versioned === undefined) continue;
      const terms = termsOf(input.ledger, versioned.job, versioned.group, config(input));
      const scope = { ...input, ...versioned, terms, proposed, ties, ports, preemption };
      const answer = placeGroup(scope, requests);
      placements.push(...answer.placements);
      stops.push(...answer.placed.flatMap(stopsOf));
      evictions.push(...answer.evictions);
      placedCount += answer.placements.length;
      if (answer.failure !== undefined) {
        failures.set(group.name, { metrics: answer.failure, terms });
      }
    }
    queued.set(group.name, place.length - placedCount);
  }
  return { placements, stops, evictions, failures, queued, remainder };
}

function config(input: ScheduleInput): ScheduleInput['snapshot']['schedulerConfig'] {
  return input.snapshot.schedulerConfig;
}

/** Takes what stops off the ledger, and tells where the rest of the job is. */
function propose(
  { ledger, snapshot }: ScheduleInput,
  stops: readonly Stop[],
  allocs: readonly Alloc[],
): Proposed {
  const proposed = new Proposed();
  const stopped = new Set(stops.filter((s) => s.desiredStatus === 'stop').map((s) => s.allocId));
  for (const alloc of allocs) {
    if (isTerminal(alloc)) continue;
    const slot = ledger.slotOf(alloc.nodeId);
    if (slot === undefined || snapshot.node(alloc.nodeId) === undefined) continue;
    if (stopped.has(alloc.id)) ledger.drop(slot, alloc);
    else proposed.add(slot, alloc.group, 1);
  }
  return proposed;
}

/** Requests by the job version they are for, in order; nearly always there is one. */
function byVersion(
  requests: readonly PlaceRequest[],
  job: Job,
): ReadonlyMap<number, readonly PlaceRequest[]> {
  const versions = new Map<number, PlaceRequest[]>();
  for (const request of requests) {
    const version = request.jobVersion ?? job.version;
    const same = versions.get(version);
    if (same === undefined) versions.set(version, [request]);
    else same.push(request);
  }
  return versions;
}

function versionOf(
  { snapshot }: ScheduleInput,
  job: Job,
  { version, group }: { version: number; group: TaskGroup },
): { job: Job; group: TaskGroup } | undefined {
  if (version === job.version) return { job, group };
  const old = snapshot.jobVersion(job.namespace, job.id, version);
  const oldGroup = old?.groups.find((candidate) => candidate.name === group.name);
  return old === undefined || oldGroup === undefined ? undefined : { job: old, group: oldGroup };
}

function stopsOf({ replaces, stopDescription }: PlaceRequest): readonly Stop[] {
  if (replaces === undefined || stopDescription === undefined) return [];
  return [stopOf(replaces, stopDescription)];
}
