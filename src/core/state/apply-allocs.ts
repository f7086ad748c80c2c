/**
 * Allocations as their clients report them, and as people and controllers want them moved.
 *
 * C1: an allocation that ended stays ended: a late report adds to what is known of its tasks, and
 *     never brings it back. One called lost stays lost. Once all its tasks have ended, too, nothing
 *     is added: a client that lost what it knew in a power cut begins them again.
 * C2: an allocation that failed, or ended where it should go on running, evaluates its job in the
 *     same entry.
 * C3: a report that says nothing new changes nothing, nor does one that a later one overtook on its
 *     way (a repetition that was held up): what a client said last is what counts.
 */
import { same } from '../../base/same.ts';
import { isClientTerminal } from '../model/alloc.ts';
import type { Alloc, TaskState } from '../model/alloc.ts';
import type { EvalTrigger } from '../model/evaluation.ts';
import type { Job } from '../model/job.ts';
import { askEvaluation, putEvaluation } from './apply-evals.ts';
import { countEnd, countHealth } from './deployment-counts.ts';
import type { Edit } from './edit.ts';
import type { AllocClientFacts, AllocsClientUpdated, AllocsTransitioned } from './entry.ts';
import { heldStates, heldText } from './held-report.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { isOvertaken } from './stale-report.ts';
import { jobKey } from './watch.ts';

export function updateFromClients(edit: Edit, entry: AllocsClientUpdated): Outcome {
  for (const update of entry.updates) {
    const before = edit.table('allocs').get(update.id);
    if (before === undefined) continue;
    const after = reported(edit, before, update);
    if (after === undefined) continue;
    edit.putAlloc(after);
    countEnd(edit, before, after);
    const healthy = after.deploymentStatus?.healthy;
    if (healthy !== undefined) {
      countHealth(edit, after, before.deploymentStatus?.healthy, healthy);
    }
    askAfter(edit, before, after, entry.seed);
  }
  return accepted(edit);
}

export function transitionAllocs(edit: Edit, entry: AllocsTransitioned): Outcome {
  for (const id of entry.allocIds) {
    if (edit.table('allocs').get(id) === undefined) {
      return refused('not_found', `alloc "${id}" not found`);
    }
  }
  for (const id of entry.allocIds) {
    const before = edit.table('allocs').get(id);
    if (before === undefined) continue;
    const desiredTransition = {
      ...NO_TRANSITION,
      ...before.desiredTransition,
      ...entry.transition,
    };
    if (same(desiredTransition, before.desiredTransition)) continue;
    edit.putAlloc({
      ...before,
      desiredTransition,
      modifyIndex: edit.index,
      modifiedAt: edit.at,
    });
  }
  for (const each of entry.evals) putEvaluation(edit, each);
  return accepted(edit);
}

const NO_TRANSITION = { migrate: false, reschedule: false, forceReschedule: false };

/** The row after a client's report; undefined where it says nothing new (C1, C3). */
function reported(edit: Edit, before: Alloc, update: AllocClientFacts): Alloc | undefined {
  // The end of an allocation is its client's last word: a client that lost what it knew (its disk
  // was full when it died) may say it with fewer events than before.
  const isEnd = isClientTerminal(update) && !isClientTerminal(before);
  if (!isEnd && isOvertaken(update.taskStates, before.taskStates)) return undefined;
  const ended = isClientTerminal(before);
  // One copy of all fields: there are many such rows, and what is seldom new is added after.
  let after: Alloc = {
    ...before,
    clientStatus: ended ? before.clientStatus : heldText(update.clientStatus),
    clientDescription: ended ? before.clientDescription : heldText(update.clientDescription),
    taskStates: ended && isOver(before) ? before.taskStates : heldStates(update.taskStates),
    modifyIndex: edit.index,
    modifiedAt: edit.at,
  };
  const { networkStatus } = update;
  if (networkStatus !== undefined) after = { ...after, networkStatus };
  const deploymentStatus = judged(edit, before, update);
  if (deploymentStatus !== undefined) after = { ...after, deploymentStatus };
  if (after.clientStatus !== 'unknown') after = heard(before, after);
  return isNews(before, after) ? after : undefined;
}

/** What is noted of an allocation while its client is away is over. */
function heard(before: Alloc, after: Alloc): Alloc {
  const wasAway = before.clientStatus === 'unknown';
  if (!wasAway && before.disconnectedAt === undefined) return after;
  const rest: { -readonly [Field in keyof Alloc]: Alloc[Field] } = { ...after };
  delete rest.disconnectedAt;
  if (wasAway) delete rest.followupEvalId;
  return rest;
}

function isNews(before: Alloc, after: Alloc): boolean {
  return !(
    after.clientStatus === before.clientStatus &&
    after.clientDescription === before.clientDescription &&
    after.deploymentStatus === before.deploymentStatus &&
    after.disconnectedAt === before.disconnectedAt &&
    after.followupEvalId === before.followupEvalId &&
    same(after.taskStates, before.taskStates) &&
    same(after.networkStatus, before.networkStatus)
  );
}

/** Its client told how each of its tasks ended. */
function isOver({ taskStates }: Alloc): boolean {
  const states = Object.values<TaskState>(taskStates);
  return states.length > 0 && states.every(({ state }) => state === 'dead');
}

/**
 * A verdict counts only when it is another one; undefined: there is none. Outside a deployment it
 * is what a drain goes by.
 */
function judged(edit: Edit, before: Alloc, update: AllocClientFacts): Alloc['deploymentStatus'] {
  const verdict = update.deploymentStatus;
  const known = before.deploymentStatus;
  if (verdict?.healthy === undefined || known?.healthy === verdict.healthy) return undefined;
  return {
    healthy: verdict.healthy,
    canary: known?.canary ?? false,
    at: verdict.at,
    modifyIndex: edit.index,
  };
}

/** Evaluates the job where the report leaves it with less, or more, than it should have (C2). */
function askAfter(edit: Edit, before: Alloc, after: Alloc, seed: string): void {
  const trigger = triggerOf(edit, before, after);
  if (trigger === undefined) return;
  const job = edit.job(jobKey(after.namespace, after.jobId));
  if (job === undefined || job.stop) return;
  if (after.clientStatus === 'complete' && !runsOn(job)) return;
  askEvaluation(edit, job, trigger, {
    seed,
    ...(after.deploymentId !== undefined && { deploymentId: after.deploymentId }),
  });
}

function triggerOf(edit: Edit, before: Alloc, after: Alloc): EvalTrigger | undefined {
  if (before.clientStatus === 'unknown' && after.clientStatus === 'running') return 'reconnect';
  if (after.desiredStatus !== 'run' || isClientTerminal(before)) return undefined;
  if (after.clientStatus === 'complete') return 'alloc-failure';
  if (after.clientStatus !== 'failed') return undefined;
  // With a follow-up evaluation it is being taken care of.
  const { followupEvalId } = after;
  const followUp = followupEvalId && edit.table('evals').get(followupEvalId);
  return followUp?.status === 'pending' ? undefined : 'alloc-failure';
}

/** True for jobs whose instances are not meant to end. */
function runsOn(job: Job): boolean {
  return job.type === 'service' || job.type === 'system';
}
