/**
 * Batch jobs that do not begin yet: others must have ended well first, or too many of their
 * concurrency group run already.
 *
 * W1: a job is held before it begins only; what it has begun goes on.
 * W2: a held job waits as a blocked evaluation. What it waits for ends by allocations that end, and
 *     these wake blocked evaluations. When a job that it names comes or goes, it looks again.
 * W3: a result counts for as long as it is known: also when the job was stopped or purged after it
 *     had ended well. The garbage collector leaves what a held job waits for.
 */
import { isTerminal, OVERRAN, type Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { JobId, Namespace } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import { hasBegun, isOfVersion, turnRefusal } from '../state/job-order.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { followUp } from './follow-up.ts';

/** Why a job may not begin yet, for people; undefined: it may, or has begun. */
export function holdOf(snapshot: Snapshot, job: Job): string | undefined {
  if (job.stop || (job.after === undefined && job.concurrency === undefined)) return undefined;
  if (hasBegun(snapshot, job)) return undefined;
  const open = (job.after ?? []).flatMap((id) => {
    const why = opennessOf(snapshot, job.namespace, id as JobId);
    return why === undefined ? [] : `job "${id}"${why}`;
  });
  if (open.length > 0) return `waits for ${open.join(', ')} to end well`;
  return turnRefusal(snapshot, job);
}

/** The answer to an evaluation of a job that is held. */
export function heldResult(input: ScheduleInput, job: Job, why: string): ScheduleResult {
  const { evaluation, snapshot, now, nextId } = input;
  const base: Evaluation = {
    ...evaluation,
    statusDescription: why,
    failedGroups: {},
    queuedAllocations: Object.fromEntries(job.groups.map(({ name, count }) => [name, count])),
    snapshotIndex: snapshot.index,
    modifiedAt: now,
  };
  const answer = { annotations: { desired: {}, preempted: [] }, remainder: false };
  if (evaluation.status === 'blocked') {
    return { ...answer, evaluation: { ...base, status: 'blocked' }, followUps: [] };
  }
  const next = followUp(evaluation, {
    ...{ id: nextId(), now, triggeredBy: 'queued-allocs', status: 'blocked' },
    description: why,
  });
  const blocked = { ...next, snapshotIndex: snapshot.index, escapedComputedClass: true };
  return {
    ...answer,
    evaluation: { ...base, status: 'complete', blockedEval: blocked.id },
    followUps: [blocked],
  };
}

/**
 * Undefined where the job ended well; otherwise what people should know of it: nothing while it
 * goes its way, and in brackets what may keep it from ever ending well.
 */
function opennessOf(snapshot: Snapshot, namespace: Namespace, id: JobId): string | undefined {
  const kept = snapshot.job(namespace, id);
  const job = kept ?? lastKnown(snapshot, namespace, id);
  if (job === undefined) return ' (not registered)';
  if (job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched)) {
    return ' (it only launches others)';
  }
  if (job.type === 'service' || job.type === 'system') return ` (a ${job.type} does not end)`;
  // Stopping makes a version: what it stopped was the one before.
  const { createIndex } = job;
  const version = job.stop ? job.version - 1 : job.version;
  const allocs = [...snapshot.allocsByJob(namespace, id)].filter((alloc) =>
    isOfVersion(alloc, { version, createIndex }),
  );
  if (allocs.some((alloc) => !isTerminal(alloc))) return '';
  if (haveEndedWell(allocs, job)) return undefined;
  if (kept === undefined) return ' (purged)';
  if (job.stop) return ' (stopped)';
  return allocs.some(({ clientStatus }) => clientStatus === 'failed') ? ' (failed)' : '';
}

/** Of a purged job as much as its allocations tell, until they are collected. */
function lastKnown(snapshot: Snapshot, namespace: Namespace, id: JobId): Job | undefined {
  let newest = -1;
  for (const { jobVersion } of snapshot.allocsByJob(namespace, id)) {
    newest = Math.max(newest, jobVersion);
  }
  return newest < 0 ? undefined : snapshot.jobVersion(namespace, id, newest);
}

/** As many instances of each group as it wants ran to their own end, and did not fail. */
function haveEndedWell(allocs: readonly Alloc[], { type, groups }: Job): boolean {
  const ended = new Map<string, number>();
  for (const { group, clientStatus, clientDescription, desiredStatus } of allocs) {
    if (clientStatus !== 'complete' || desiredStatus !== 'run') continue;
    if (clientDescription === OVERRAN) continue;
    ended.set(group, (ended.get(group) ?? 0) + 1);
  }
  return groups.every(({ name, count }) => {
    return (ended.get(name) ?? 0) >= (type === 'sysbatch' ? Math.min(count, 1) : count);
  });
}
