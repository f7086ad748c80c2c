/**
 * Batch jobs that do not begin yet: others must have ended well first, or too many of their
 * concurrency group run already.
 *
 * W1: a job is held before it begins only; what it has begun goes on.
 * W2: a held job waits as a blocked evaluation. What it waits for ends by allocations that end, and
 *     these wake blocked evaluations: nothing else has to tell it.
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { JobId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { followUp } from './follow-up.ts';

/** Why a job may not begin yet, for people; undefined: it may, or has begun. */
export function holdOf(snapshot: Snapshot, job: Job): string | undefined {
  if (job.stop || (job.after === undefined && job.concurrency === undefined)) return undefined;
  if (hasBegun(snapshot, job)) return undefined;
  const open = (job.after ?? []).filter((id) => !hasEndedWell(snapshot, job, id as JobId));
  if (open.length > 0) {
    return `waits for ${open.map((id) => `job "${id}"`).join(', ')} to end well`;
  }
  const { concurrency } = job;
  if (concurrency === undefined) return undefined;
  const running = runningBeside(snapshot, job, concurrency.group);
  if (running.length < concurrency.limit) return undefined;
  const who = running.map(({ id }) => `job "${id}"`).join(', ');
  return `waits for its turn in concurrency group "${concurrency.group}": ${who}`;
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

/** Some allocation of this version is there, whatever became of it. */
function hasBegun(snapshot: Snapshot, job: Job): boolean {
  for (const alloc of snapshot.allocsByJob(job.namespace, job.id)) {
    if (isOfVersion(alloc, job)) return true;
  }
  return false;
}

/** As many instances of each group as it wants ran to their end, and did not fail. */
function hasEndedWell(snapshot: Snapshot, { namespace }: Job, id: JobId): boolean {
  const other = snapshot.job(namespace, id);
  if (other === undefined) return false;
  const ended = new Map<string, number>();
  for (const alloc of snapshot.allocsByJob(namespace, id)) {
    if (!isOfVersion(alloc, other)) continue;
    if (!isTerminal(alloc)) return false;
    if (alloc.clientStatus !== 'complete' || alloc.desiredStatus !== 'run') continue;
    ended.set(alloc.group, (ended.get(alloc.group) ?? 0) + 1);
  }
  const everywhere = other.type === 'sysbatch';
  return other.groups.every(({ name, count }) => {
    return (ended.get(name) ?? 0) >= (everywhere ? Math.min(count, 1) : count);
  });
}

function isOfVersion(alloc: Alloc, job: Job): boolean {
  return alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex;
}

function runningBeside(snapshot: Snapshot, job: Job, group: string): readonly Job[] {
  const running: Job[] = [];
  for (const other of snapshot.jobsInConcurrencyGroup(job.namespace, group)) {
    if (other.id === job.id) continue;
    const allocs = [...snapshot.allocsByJob(other.namespace, other.id)];
    if (allocs.some((alloc) => !isTerminal(alloc))) running.push(other);
  }
  return running;
}
