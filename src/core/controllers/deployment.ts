/**
 * Watches rollouts: lets them go on as instances become healthy, promotes canaries where the job
 * says so, and ends them: successful, or failed and put back to the last stable version.
 *
 * Y1: an evaluation is asked for once for each change of health that none has seen yet.
 * Y2: a deployment fails at its progress deadline, or, without one, at its first unhealthy
 *     instance; not while it waits for a person to promote canaries that live and are healthy.
 * Y3: it is successful once each group has all its instances healthy and its canaries promoted, and
 *     nothing of another version is left to replace. Of system jobs only the scheduler can tell: it
 *     knows where they are meant to run.
 * Y4: of a system job, which has no other node to go to, an unhealthy instance is begun anew where
 *     it is, after a pause.
 *
 * Source: Nomad's deployment watcher, in what it does and in the words of its descriptions.
 */
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import { healthyCanaries } from '../model/deployment.ts';
import type { Deployment, DeploymentGroup } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { DeploymentStatusChanged, Entry, JobRevert } from '../state/entry.ts';
import { specOf } from '../state/job-spec.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { State } from '../state/state.ts';
import { same } from '../../base/same.ts';
import { decision, earlier } from './controller.ts';
import type { Controller } from './controller.ts';

export const deploymentController: Controller = {
  name: 'deployments',
  tables: ['deployments', 'allocs'],
  decide(state, now, newId) {
    const propose: Entry[] = [];
    let wakeAt: Millis | undefined;
    for (const deployment of state.activeDeployments()) {
      if (deployment.status !== 'running') continue;
      const job = state.job(deployment.namespace, deployment.jobId);
      // A newer version, or a stopped job: the scheduler ends it.
      if (job === undefined || job.stop || job.version !== deployment.jobVersion) continue;
      const next = step({ state, now, newId, deployment, job });
      if ('at' in next) propose.push(next);
      else wakeAt = earlier(wakeAt, next.wakeAt);
    }
    return decision(propose, wakeAt);
  },
};

interface Watched {
  readonly state: State;
  readonly now: Millis;
  readonly newId: () => string;
  readonly deployment: Deployment;
  readonly job: Job;
}

/** Nothing to be done, before then at least. */
interface Rest {
  readonly wakeAt: Millis | undefined;
}

/** The next thing to be done about one deployment. */
function step(watched: Watched): Entry | Rest {
  const { state, now, deployment } = watched;
  const groups = Object.values(deployment.groups);
  if (!isEverywhere(watched) && groups.every(isComplete) && !hasOutdated(watched)) {
    return succeed(watched);
  }
  // Reading the allocations of large deployments at every report would cost too much.
  const isHurt = groups.some((group) => group.unhealthyAllocs > 0);
  const unhealthy = isHurt ? [...state.allocsByDeployment(deployment.id)].filter(isUnhealthy) : [];
  if (unhealthy.some((alloc) => !hasDeadline(deployment, alloc))) {
    return fail(watched, FAILED_UNHEALTHY);
  }
  if (openGroups(watched).some((group) => isPast(group, now))) {
    return fail(watched, FAILED_DEADLINE);
  }
  if (canPromote(state, groups)) return promote(watched);
  const replaced = replaceUnhealthy(watched, unhealthy);
  return 'at' in replaced ? replaced : goOn(watched, replaced.wakeAt);
}

const FAILED_UNHEALTHY = 'Failed due to unhealthy allocations';
const FAILED_DEADLINE = 'Failed due to progress deadline';

/** How a failed deployment is written down, and where its job goes back to. */
export function failure(
  state: State,
  deployment: Deployment,
  why: string,
): { readonly description: string; readonly revert?: JobRevert } {
  if (!Object.values(deployment.groups).some((group) => group.autoRevert)) {
    return { description: why };
  }
  const { namespace, jobId } = deployment;
  const stable = [...state.jobVersions(namespace, jobId)].find(
    (each) => each.stable && each.version < deployment.jobVersion,
  );
  if (stable === undefined) {
    return { description: `${why} - no stable job version to auto revert to` };
  }
  const job = state.job(namespace, jobId);
  if (job !== undefined && same(specOf(job), specOf(stable))) {
    return {
      description:
        `${why} - not rolling back to stable job version ${stable.version} ` +
        'as current job has same specification',
    };
  }
  return {
    description: `${why} - rolling back to job version ${stable.version}`,
    revert: { namespace, jobId, version: stable.version },
  };
}

/** The evaluation with which a deployment goes on. */
export function deploymentEvaluation(
  deployment: Deployment,
  job: Job,
  id: EvalId,
  at: Millis,
): Evaluation {
  return { ...newEvaluation(id, job, 'deployment-watcher', at), deploymentId: deployment.id };
}

function evaluation({ deployment, job, newId, now }: Watched): Evaluation {
  return deploymentEvaluation(deployment, job, newId() as EvalId, now);
}

/** One that failed while the rollout was to judge it is from now on like any other that fails. */
function succeed(watched: Watched): DeploymentStatusChanged {
  const { state, now, deployment } = watched;
  const isLeft = [...state.allocsByDeployment(deployment.id)].some(
    (alloc) => alloc.clientStatus === 'failed' && alloc.desiredStatus === 'run',
  );
  return {
    type: 'deployment.status',
    at: now,
    deploymentId: deployment.id,
    status: 'successful',
    description: 'Deployment completed successfully',
    ...(isLeft && { evaluation: evaluation(watched) }),
  };
}

function fail(watched: Watched, why: string): DeploymentStatusChanged {
  const { state, now, deployment } = watched;
  return {
    type: 'deployment.status',
    at: now,
    deploymentId: deployment.id,
    status: 'failed',
    ...failure(state, deployment, why),
    evaluation: evaluation(watched),
    // What became healthy meanwhile is progress.
    ifModifyIndex: deployment.modifyIndex,
  };
}

function promote(watched: Watched): Entry {
  const { now, deployment } = watched;
  return {
    type: 'deployment.promote',
    at: now,
    deploymentId: deployment.id,
    evaluation: evaluation(watched),
  };
}

/** Unhealthy instances may be replaced while the deadline has not come. */
function replaceUnhealthy(watched: Watched, allocs: readonly Alloc[]): Entry | Rest {
  const { now } = watched;
  const pauseMs = isEverywhere(watched) ? RETRY_PAUSE_MS : 0;
  const waiting = allocs
    .filter((alloc) => alloc.desiredStatus === 'run')
    .filter((alloc) => alloc.desiredTransition?.reschedule !== true);
  // Its client's clock may be another than ours.
  const dueAt = ({ modifiedAt }: Alloc): Millis => (modifiedAt + pauseMs) as Millis;
  const due = pauseMs === 0 ? waiting : waiting.filter((alloc) => dueAt(alloc) <= now);
  if (due.length === 0) {
    return { wakeAt: waiting.map(dueAt).reduce<Millis | undefined>(earlier, undefined) };
  }
  return {
    type: 'allocs.transition',
    at: now,
    allocIds: due.map(({ id }) => id),
    transition: { reschedule: true },
    evals: [evaluation(watched)],
  };
}

/** Before an unhealthy instance is begun anew on its node [ms]: as services wait at first. */
const RETRY_PAUSE_MS = 30_000;

function isEverywhere({ job }: Watched): boolean {
  return job.type === 'system';
}

/** Asks for an evaluation where health changed since the last one looked (Y1). */
function goOn(watched: Watched, wakeAt: Millis | undefined): Entry | Rest {
  const { now, deployment } = watched;
  const deadline = earlier(deadlineOf(watched), wakeAt);
  const { judgedIndex } = deployment;
  if (judgedIndex === undefined) return { wakeAt: deadline };
  const { seenIndex, askedAt } = lastLook(watched);
  if (seenIndex >= judgedIndex) return { wakeAt: deadline };
  const pauseMs = isPlaced(deployment) && !mayBeOver(watched) ? PAUSE_PLACED_MS : PAUSE_MS;
  const dueAt = (askedAt + pauseMs) as Millis;
  if (dueAt > now) return { wakeAt: earlier(deadline, dueAt) };
  return { type: 'evals.upsert', at: now, evals: [evaluation(watched)] };
}

/** Between evaluations of one deployment [ms], so that each sees several reports. Source: Nomad. */
const PAUSE_MS = 1_000;
/** The same where all seems to be placed: little can come of it. */
const PAUSE_PLACED_MS = 10_000;

/** It takes an evaluation to tell (Y3). */
function mayBeOver(watched: Watched): boolean {
  return isEverywhere(watched) && Object.values(watched.deployment.groups).every(isComplete);
}

function isPlaced({ groups }: Deployment): boolean {
  return Object.values(groups).every(
    (group) => group.placedAllocs - group.unhealthyAllocs >= group.desiredTotal,
  );
}

/**
 * The newest state an evaluation of the job looked at or will, and when one was last asked for.
 * What a leader asked whose clock was ahead says nothing: nobody waits until that instant comes.
 */
function lastLook({ state, now, deployment: { namespace, jobId } }: Watched): {
  readonly seenIndex: number;
  readonly askedAt: number;
} {
  let seenIndex = 0;
  let askedAt = 0;
  for (const each of state.evalsByJob(namespace, jobId)) {
    if (each.status === 'pending' && each.waitUntil === undefined) seenIndex = Infinity;
    seenIndex = Math.max(seenIndex, each.snapshotIndex ?? 0);
    if (each.triggeredBy !== 'deployment-watcher' || each.createdAt > now) continue;
    askedAt = Math.max(askedAt, each.createdAt);
  }
  return { seenIndex, askedAt };
}

function isComplete(group: DeploymentGroup): boolean {
  return !awaitsPromotion(group) && group.healthyAllocs >= group.desiredTotal;
}

/**
 * True where instances of another version are still to be replaced. The counts remember also those
 * that moved, or failed after they were healthy: they may be complete too soon.
 */
function hasOutdated({ state, deployment }: Watched): boolean {
  const { namespace, jobId, jobVersion, groups } = deployment;
  return [...state.allocsByJob(namespace, jobId)].some(
    (alloc) => alloc.jobVersion !== jobVersion && alloc.group in groups && isToReplace(alloc),
  );
}

function isToReplace({ desiredStatus, clientStatus, nextAllocId }: Alloc): boolean {
  if (desiredStatus !== 'run' || nextAllocId !== undefined) return false;
  return clientStatus === 'running' || clientStatus === 'pending' || clientStatus === 'failed';
}

/** Y2: waiting for promotion is not being late. */
function isUnfinished(state: State, group: DeploymentGroup): boolean {
  return awaitsPromotion(group)
    ? !hasCanaries(state, group)
    : group.healthyAllocs < group.desiredTotal;
}

function awaitsPromotion({ desiredCanaries, promoted }: DeploymentGroup): boolean {
  return desiredCanaries > 0 && !promoted;
}

function hasCanaries(state: State, group: DeploymentGroup): boolean {
  // The counts are at hand; they only ever grow.
  if (group.healthyAllocs < group.desiredCanaries) return false;
  return healthyCanaries(group, (id) => state.alloc(id)) >= group.desiredCanaries;
}

function isPast(group: DeploymentGroup, now: Millis): boolean {
  return group.requireProgressBy !== undefined && group.requireProgressBy <= now;
}

function deadlineOf(watched: Watched): Millis | undefined {
  return openGroups(watched).reduce<Millis | undefined>(
    (at, group) => earlier(at, group.requireProgressBy),
    undefined,
  );
}

/** Groups that have to make progress: all of them where only their counts are complete (Y3). */
function openGroups({ state, deployment }: Watched): readonly DeploymentGroup[] {
  const groups = Object.values(deployment.groups);
  return groups.every(isComplete) ? groups : groups.filter((group) => isUnfinished(state, group));
}

/** All groups that have canaries promote by themselves, and all of those are healthy. */
function canPromote(state: State, groups: readonly DeploymentGroup[]): boolean {
  const waiting = groups.filter(awaitsPromotion);
  if (waiting.length === 0) return false;
  return waiting.every((group) => group.autoPromote && hasCanaries(state, group));
}

function isUnhealthy(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.healthy === false;
}

function hasDeadline(deployment: Deployment, alloc: Alloc): boolean {
  return (deployment.groups[alloc.group]?.progressDeadlineMs ?? 0) > 0;
}
