/**
 * Jobs: registered, stopped, purged, scaled, dispatched, launched.
 *
 * J1: versions of a job grow by one with each change of what its owner decides; an equal
 *     registration makes none. They never repeat while an allocation names one of them, not even
 *     across a purge.
 * J2: kept are the newest `JOB_VERSIONS_MAX` versions and those that allocations name.
 * J3: what a version was made from is kept as long as the version.
 */
import type { Index } from '../../base/brand.ts';
import { same } from '../../base/same.ts';
import { SCALING_EVENTS_MAX } from '../limits.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import type { Job, JobSpec } from '../model/job.ts';
import type { JobSource } from '../model/job-submission.ts';
import type { ScalingEvent } from '../model/scaling-event.ts';
import { putEvaluation } from './apply-evals.ts';
import type { Edit } from './edit.ts';
import type {
  JobDeregistered,
  JobDispatched,
  JobRegistered,
  JobScaled,
  JobStability,
  PeriodicLaunched,
} from './entry.ts';
import { askThoseAfter, circleThrough } from './job-order.ts';
import { specOf } from './job-spec.ts';
import { forgetRollouts } from './apply-rollouts.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome, Refused } from './outcome.ts';
import { versionKey } from './tables.ts';
import { jobKey } from './watch.ts';

export function registerJob(edit: Edit, entry: JobRegistered): Outcome {
  const key = jobKey(entry.job.namespace, entry.job.id);
  const existing = edit.job(key);
  const { namespace } = entry.job;
  if (namespace !== DEFAULT_NAMESPACE && edit.table('namespaces').get(namespace) === undefined) {
    const what = `job "${entry.job.id}" is in nonexistent namespace "${namespace}"`;
    return refused('invalid', what);
  }
  const wanted = wantedSpec(edit, entry, existing);
  if ('ok' in wanted) return wanted;
  const refusal =
    refusedIndex(existing, entry.ifModifyIndex) ?? refusedChange(existing, wanted.spec);
  if (refusal !== undefined) return refusal;
  const circle = refusedCircle(edit, wanted.spec);
  if (circle !== undefined) return circle;
  const job = putVersion(edit, wanted.spec);
  if (existing === undefined) askThoseAfter(edit, job.namespace, job.id);
  noteSubmission(edit, entry, job);
  evaluate(edit, job, entry.evaluation);
  return accepted(edit, { jobModifyIndex: job.jobModifyIndex, jobVersion: job.version });
}

export function deregisterJob(edit: Edit, entry: JobDeregistered): Outcome {
  const key = jobKey(entry.namespace, entry.jobId);
  const job = edit.job(key);
  if (job === undefined) {
    return entry.purge ? accepted(edit) : refused('not_found', `job "${entry.jobId}" not found`);
  }
  if (entry.purge) purge(edit, key);
  else if (!job.stop) copySubmission(edit, job, storeVersion(edit, stopped(job), job));
  if (entry.evaluation !== undefined) {
    putEvaluation(edit, { ...entry.evaluation, jobModifyIndex: edit.index });
  }
  return accepted(edit, { jobModifyIndex: edit.index });
}

export function setStability(edit: Edit, entry: JobStability): Outcome {
  const key = jobKey(entry.namespace, entry.jobId);
  const version = edit.table('jobVersions').get(versionKey(key, entry.version));
  if (version === undefined) {
    return refused('not_found', `job "${entry.jobId}" has no version ${entry.version}`);
  }
  markStability(edit, version, entry.stable);
  return accepted(edit);
}

export function scaleJob(edit: Edit, entry: JobScaled): Outcome {
  const key = jobKey(entry.namespace, entry.jobId);
  const job = edit.job(key);
  if (job === undefined) return refused('not_found', `job "${entry.jobId}" not found`);
  const group = job.groups.find((each) => each.name === entry.group);
  if (group === undefined) {
    return refused('invalid', `task group "${entry.group}" does not exist in job`);
  }
  const { count } = entry;
  let scaled = job;
  if (count !== undefined) {
    const groups = job.groups.map((each) => (each === group ? { ...each, count } : each));
    scaled = storeVersion(edit, { ...job, groups, stable: false }, job);
    // Its file says another count now, as a file does whose counts an autoscaler owns.
    copySubmission(edit, job, scaled);
    evaluate(edit, scaled, entry.evaluation);
  }
  noteScaling(edit, key, entry, group.count);
  return accepted(edit, { jobModifyIndex: scaled.jobModifyIndex, jobVersion: scaled.version });
}

export function dispatchJob(edit: Edit, entry: JobDispatched): Outcome {
  const { child, parentId } = entry;
  const key = jobKey(child.namespace, parentId);
  const refusal = refusedParent(edit, key, parentId);
  if (refusal !== undefined) return refusal;
  const earlier = dispatchedBefore(edit, key, child.dispatchIdempotencyToken);
  if (earlier !== undefined) {
    return accepted(edit, { childId: earlier.id, jobModifyIndex: earlier.jobModifyIndex });
  }
  const circle = refusedCircle(edit, child);
  if (circle !== undefined) return circle;
  const job = putVersion(edit, child);
  evaluate(edit, job, entry.evaluation);
  return accepted(edit, { childId: job.id, jobModifyIndex: job.jobModifyIndex });
}

export function launchPeriodic(edit: Edit, entry: PeriodicLaunched): Outcome {
  const key = jobKey(entry.namespace, entry.parentId);
  const refusal = refusedParent(edit, key, entry.parentId);
  if (refusal !== undefined) return refusal;
  const last = edit.table('periodicLaunches').get(key);
  if (!entry.forced && last !== undefined && last.launchAt >= entry.launchAt) {
    return refused('conflict', `job "${entry.parentId}" was launched already`);
  }
  const circle = entry.child && refusedCircle(edit, entry.child);
  if (circle !== undefined && entry.forced) return circle;
  if (!entry.forced) {
    const launch = {
      namespace: entry.namespace,
      jobId: entry.parentId,
      launchAt: entry.launchAt,
      modifyIndex: edit.index,
    };
    edit.putPlain('periodicLaunches', launch, key);
  }
  // A launch that would close a circle counts as made, or it would be tried again for ever.
  if (entry.child === undefined || circle !== undefined) return accepted(edit);
  const job = putVersion(edit, entry.child);
  evaluate(edit, job, entry.evaluation);
  return accepted(edit, { childId: job.id, jobModifyIndex: job.jobModifyIndex });
}

function refusedCircle(edit: Edit, spec: JobSpec): Refused | undefined {
  const circle = circleThrough(edit, spec);
  if (circle === undefined) return undefined;
  const order = circle.map((id) => `"${id}"`).join(' after ');
  return refused('invalid', `jobs would wait for each other in a circle: ${order}`);
}

/** Registers a kept version again, as a new one; answers it, or undefined where it is not kept. */
export function revertJob(edit: Edit, key: string, version: number): Job | undefined {
  const kept = edit.jobVersion(key, version);
  return kept && putVersion(edit, specOf(kept));
}

/** The rollout of a version held. */
export function markStable(
  edit: Edit,
  rollout: Pick<Deployment, 'namespace' | 'jobId' | 'jobVersion'>,
): void {
  const key = versionKey(jobKey(rollout.namespace, rollout.jobId), rollout.jobVersion);
  const version = edit.table('jobVersions').get(key);
  if (version !== undefined) markStability(edit, version, true);
}

/** Notes of a version whether its rollout held. */
function markStability(edit: Edit, version: Job, stable: boolean): void {
  const key = jobKey(version.namespace, version.id);
  if (version.stable !== stable) {
    const row = { ...version, stable, modifyIndex: edit.index };
    edit.putPlain('jobVersions', row, versionKey(key, version.version));
  }
  const newest = edit.job(key);
  if (newest?.version === version.version && newest.stable !== stable) {
    edit.putJob({ ...newest, stable, modifyIndex: edit.index });
  }
}

function stopped(job: Job): Version {
  return { ...job, stop: true, stable: false };
}

/** A version that was there already keeps what it was made from. */
function noteSubmission(edit: Edit, { submission, revertTo }: JobRegistered, job: Job): void {
  if (job.jobModifyIndex !== edit.index) return;
  if (revertTo !== undefined) copySubmission(edit, { ...job, version: revertTo }, job);
  else if (submission !== undefined) putSubmission(edit, submission, job);
}

/** A version that says what an older one said was made from the same. */
function copySubmission(edit: Edit, from: Job, to: Job): void {
  const key = versionKey(jobKey(from.namespace, from.id), from.version);
  const submission = edit.table('jobSubmissions').get(key);
  if (submission !== undefined) putSubmission(edit, submission, to);
}

function putSubmission(edit: Edit, submission: JobSource, job: Job): void {
  const { source, format, variableFlags, variables } = submission;
  const { namespace, id: jobId, version } = job;
  const row = {
    ...{ source, format, variableFlags, variables, namespace, jobId, version },
    modifyIndex: edit.index,
  };
  edit.putPlain('jobSubmissions', row, versionKey(jobKey(namespace, jobId), version));
}

function wantedSpec(
  edit: Edit,
  entry: JobRegistered,
  existing: Job | undefined,
): { readonly spec: JobSpec } | Refused {
  if (entry.revertTo !== undefined) return revertedSpec(edit, entry, existing);
  if (entry.preserveCounts !== true || existing === undefined) return { spec: entry.job };
  const counts = new Map(existing.groups.map(({ name, count }) => [name, count]));
  const groups = entry.job.groups.map((group) => ({
    ...group,
    count: counts.get(group.name) ?? group.count,
  }));
  return { spec: { ...entry.job, groups } };
}

function revertedSpec(
  edit: Edit,
  entry: JobRegistered,
  existing: Job | undefined,
): { readonly spec: JobSpec } | Refused {
  const { revertTo, ifVersion, job } = entry;
  if (existing === undefined || revertTo === undefined) {
    return refused('not_found', `job "${job.id}" not found`);
  }
  if (revertTo === existing.version) {
    return refused('invalid', `can't revert to current version`);
  }
  if (ifVersion !== undefined && ifVersion !== existing.version) {
    return refused(
      'conflict',
      `Current job has version ${existing.version}; enforcing version ${ifVersion}`,
    );
  }
  const kept = edit.jobVersion(jobKey(job.namespace, job.id), revertTo);
  if (kept === undefined) {
    return refused(
      'not_found',
      `job "${job.id}" in namespace "${job.namespace}" at version ${revertTo} not found`,
    );
  }
  return { spec: specOf(kept) };
}

/** Source: the words are those that clients of Nomad look for. */
function refusedIndex(existing: Job | undefined, wanted: Index | undefined): Refused | undefined {
  if (wanted === undefined) return undefined;
  const enforcing = `Enforcing job modify index ${wanted}`;
  if (existing === undefined) {
    return wanted === 0 ? undefined : refused('conflict', `${enforcing}: job does not exist`);
  }
  if (wanted === 0) return refused('conflict', `${enforcing}: job already exists`);
  if (wanted === existing.jobModifyIndex) return undefined;
  return refused(
    'conflict',
    `${enforcing}: job exists with conflicting job modify index: ${existing.jobModifyIndex}`,
  );
}

/** What a job is cannot change, only what it says. */
function refusedChange(existing: Job | undefined, spec: JobSpec): Refused | undefined {
  if (existing === undefined) return undefined;
  if (existing.type !== spec.type) {
    return refused('invalid', `cannot update job from type "${existing.type}" to "${spec.type}"`);
  }
  if ((existing.periodic === undefined) !== (spec.periodic === undefined)) {
    return refused('invalid', 'cannot update a job to or from being periodic');
  }
  if ((existing.parameterized === undefined) !== (spec.parameterized === undefined)) {
    return refused('invalid', 'cannot update a job to or from being parameterized');
  }
  return undefined;
}

function refusedParent(edit: Edit, key: string, id: string): Refused | undefined {
  const parent = edit.job(key);
  if (parent === undefined) return refused('not_found', `job "${id}" not found`);
  return parent.stop ? refused('invalid', `job "${id}" is stopped`) : undefined;
}

function dispatchedBefore(edit: Edit, parent: string, token: string): Job | undefined {
  if (token === '') return undefined;
  for (const key of edit.table('jobs').keysBy('parent', parent)) {
    const child = edit.job(key);
    if (child?.dispatchIdempotencyToken === token) return child;
  }
  return undefined;
}

/** Makes what the owner wants the newest version, unless the present one is equal (J1). */
function putVersion(edit: Edit, spec: JobSpec): Job {
  const key = jobKey(spec.namespace, spec.id);
  const existing = edit.job(key);
  if (existing !== undefined && !existing.stop && same(specOf(existing), specOf(spec))) {
    return existing;
  }
  return storeVersion(edit, { ...specOf(spec), stop: false, stable: false }, existing);
}

type Version = JobSpec & Pick<Job, 'stop' | 'stable'>;

function storeVersion(edit: Edit, made: Version, existing: Job | undefined): Job {
  const key = jobKey(made.namespace, made.id);
  const job: Job = {
    // Not the name of the version before: it belongs to that one.
    ...specOf(made),
    stop: made.stop,
    stable: made.stable,
    version: existing === undefined ? firstVersion(edit, key) : existing.version + 1,
    status: existing === undefined || existing.status === 'dead' ? 'pending' : existing.status,
    statusDescription: '',
    submittedAt: edit.at,
    createIndex: existing?.createIndex ?? edit.index,
    modifyIndex: edit.index,
    jobModifyIndex: edit.index,
  };
  edit.putJob(job);
  edit.putPlain('jobVersions', job, versionKey(key, job.version));
  edit.openSummary(job);
  forgetVersions(edit, key);
  return job;
}

/** 0, unless a purged job of that name left versions that its allocations still name. */
function firstVersion(edit: Edit, key: string): number {
  const newest = edit.table('jobVersions').keysBy('job', key).at(-1);
  const left = newest === undefined ? undefined : edit.table('jobVersions').get(newest);
  return left === undefined ? 0 : left.version + 1;
}

function forgetVersions(edit: Edit, job: string): void {
  for (const key of edit.table('jobVersions').keysBy('job', job)) {
    const version = edit.table('jobVersions').get(key)?.version;
    if (version !== undefined && edit.isForgettable(job, version)) {
      edit.forgetVersion(key);
    }
  }
}

/** Forgets a job. Versions that its allocations name stay until those are collected. */
export function purge(edit: Edit, key: string): void {
  const job = edit.job(key);
  edit.deleteJob(key);
  edit.deletePlain('scalingEvents', key);
  edit.deletePlain('periodicLaunches', key);
  forgetRollouts(edit, key);
  forgetVersions(edit, key);
  if (job !== undefined) askThoseAfter(edit, job.namespace, job.id);
}

function evaluate(edit: Edit, job: Job, evaluation: Evaluation | undefined): void {
  if (evaluation === undefined) return;
  putEvaluation(edit, { ...evaluation, jobModifyIndex: job.jobModifyIndex });
}

function noteScaling(edit: Edit, key: string, entry: JobScaled, previousCount: number): void {
  const before = edit.table('scalingEvents').get(key);
  const event: ScalingEvent = {
    at: entry.at,
    ...(entry.count !== undefined && { count: entry.count }),
    previousCount,
    message: entry.message,
    error: entry.error,
    meta: entry.meta,
    ...(entry.evaluation && entry.count !== undefined && { evalId: entry.evaluation.id }),
    createIndex: edit.index,
  };
  const kept = before?.groups[entry.group] ?? [];
  const row = {
    namespace: entry.namespace,
    jobId: entry.jobId,
    groups: {
      ...before?.groups,
      [entry.group]: [event, ...kept].slice(0, SCALING_EVENTS_MAX),
    },
    modifyIndex: edit.index,
  };
  edit.putPlain('scalingEvents', row, key);
}
