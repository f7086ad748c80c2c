/**
 * What should be, compared with what is, for a service or batch job: group by group, then the
 * rollout over all of them. No node is chosen here.
 */
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { DesiredUpdates, InPlaceUpdate, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { reconcileGroup, type GroupDecision } from './reconcile-group.ts';
import type { GroupResult, PlaceRequest, ReconcileResult } from './reconcile-result.ts';
import { stopGroup } from './reconcile-stops.ts';
import { Rollout } from './rollout.ts';
import type { SortScope } from './sort-allocs.ts';
import { tasksUpdated } from './tasks-updated.ts';

export interface ReconcileInput {
  readonly snapshot: Snapshot;
  readonly evaluation: Evaluation;
  /** The newest version; undefined once the job was forgotten. */
  readonly job: Job | undefined;
  readonly allocs: Iterable<Alloc>;
  readonly now: Millis;
  readonly nextId: () => string;
  /** True where the instance may stay on its node under the new version of its group. */
  readonly suits: (alloc: Alloc, group: TaskGroup) => boolean;
}

export function reconcile(input: ReconcileInput): ReconcileResult {
  const { job, evaluation, snapshot } = input;
  const latest = snapshot.latestDeployment(evaluation.namespace, evaluation.jobId);
  const rollout = new Rollout(job, latest, input);
  const allocs = groupAllocs(input.allocs);
  if (job === undefined || job.stop) return stopJob(input, allocs, rollout);

  const scope = sortScope(input, job, rollout);
  const decided = job.groups.map((group): readonly [TaskGroup, GroupDecision] => {
    const updateOf = judgeUpdates(input, job, group);
    const mine = allocs.get(group.name) ?? [];
    return [group, reconcileGroup(mine, { ...scope, ...input, job, group, updateOf })];
  });
  const known = new Set(job.groups.map((group) => group.name));
  const removed = [...allocs].filter(([name]) => !known.has(name));
  if (decided.every(([, decision]) => decision.complete)) rollout.succeed();
  return combine(decided, stopRemoved(removed, scope), rollout);
}

interface Removed {
  readonly stops: readonly Stop[];
  readonly desired: Readonly<Record<string, DesiredUpdates>>;
}

function stopJob(
  input: ReconcileInput,
  allocs: ReadonlyMap<string, readonly Alloc[]>,
  rollout: Rollout,
): ReconcileResult {
  const scope = sortScope(input, input.job, rollout);
  return combine([], stopRemoved([...allocs], scope), rollout);
}

function stopRemoved(
  removed: readonly (readonly [string, readonly Alloc[]])[],
  scope: SortScope,
): Removed {
  const stops: Stop[] = [];
  const desired: Record<string, DesiredUpdates> = {};
  for (const [name, allocs] of removed) {
    const mine = stopGroup(allocs, scope);
    stops.push(...mine);
    if (mine.length > 0) desired[name] = { ...NOTHING, stop: mine.length };
  }
  return { stops, desired };
}

const NOTHING: DesiredUpdates = {
  ignore: 0,
  place: 0,
  migrate: 0,
  stop: 0,
  inPlaceUpdate: 0,
  destructiveUpdate: 0,
  canary: 0,
  preemptions: 0,
};

function sortScope(input: ReconcileInput, job: Job | undefined, rollout: Rollout): SortScope {
  return {
    job,
    rollout,
    group: undefined,
    nodeOf: (id) => input.snapshot.node(id),
    now: input.now,
    evalId: input.evaluation.id,
    isPending: (id) => input.snapshot.evaluation(id)?.status === 'pending',
  };
}

function groupAllocs(allocs: Iterable<Alloc>): ReadonlyMap<string, readonly Alloc[]> {
  const groups = new Map<string, Alloc[]>();
  for (const alloc of allocs) {
    const group = groups.get(alloc.group);
    if (group === undefined) groups.set(alloc.group, [alloc]);
    else group.push(alloc);
  }
  return groups;
}

/** Compares job versions once, however many instances run each. */
function judgeUpdates(
  { snapshot, suits }: ReconcileInput,
  job: Job,
  group: TaskGroup,
): (alloc: Alloc) => 'ignore' | 'inPlace' | 'destructive' {
  const restarts = new Map<number, boolean>();
  return (alloc) => {
    const sameLife = alloc.createIndex >= job.createIndex;
    if (sameLife && alloc.jobVersion === job.version) return 'ignore';
    let restart = sameLife ? restarts.get(alloc.jobVersion) : true;
    if (restart === undefined) {
      const before = snapshot.jobVersion(job.namespace, job.id, alloc.jobVersion);
      restart = before === undefined || tasksUpdated(before, job, group.name);
      restarts.set(alloc.jobVersion, restart);
    }
    return restart || !suits(alloc, group) ? 'destructive' : 'inPlace';
  };
}

function combine(
  decided: readonly (readonly [TaskGroup, GroupDecision])[],
  removed: Removed,
  rollout: Rollout,
): ReconcileResult {
  const { deployment, updates, deploymentId } = rollout.finish();
  const groups: GroupResult[] = [];
  const desired: Record<string, DesiredUpdates> = { ...removed.desired };
  for (const [group, decision] of decided) {
    desired[group.name] = decision.desired;
    groups.push({ group, place: decision.place.map((r) => inRollout(r, deploymentId)) });
  }
  return {
    groups,
    stops: [...removed.stops, ...decided.flatMap(([, decision]) => decision.stops)],
    updates: decided.flatMap(([, decision]) =>
      decision.inPlace.map((alloc) => inPlace(alloc, deploymentId)),
    ),
    deployment,
    deploymentUpdates: updates,
    deploymentId,
    followUps: decided.flatMap(([, decision]) => decision.followUps),
    desired,
  };
}

/** An older version's instance takes no part in the rollout of the new one. */
function inRollout(request: PlaceRequest, deploymentId: DeploymentId | undefined): PlaceRequest {
  if (deploymentId === undefined || request.jobVersion !== undefined) return request;
  return { ...request, deploymentId };
}

function inPlace(alloc: Alloc, deploymentId: DeploymentId | undefined): InPlaceUpdate {
  const { id: allocId, nodeId, resources } = alloc;
  return { allocId, nodeId, resources, ...(deploymentId === undefined ? {} : { deploymentId }) };
}
