/** Changing jobs, and asking what a change would do. */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { renderIssue } from '../../api/codec/issue.ts';
import { encodeJob } from '../../api/nomad/job-codec.ts';
import { jobDiff } from '../../api/nomad/job-diff.ts';
import type { JobChanged, RegisterBody, ValidateAnswer } from '../../api/nomad/job-replies.ts';
import * as routes from '../../api/nomad/job-routes.ts';
import { validateDrivers } from '../../core/jobspec/driver-config.ts';
import type { Namespace } from '../../core/model/ids.ts';
import type { JobDraft, JobSpec } from '../../core/model/job.ts';
import { submissionBytes, type JobSource } from '../../core/model/job-submission.ts';
import type { JobKey, JobReply, PlanReply } from '../operations.ts';
import type { HttpDeps, Result } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { admitJob, completeJob } from './job-input.ts';
import { jobId } from './jobs-read.ts';
import { bind, type Bound } from './mount.ts';

/** Binds the changes of jobs. */
export function jobWrites(deps: HttpDeps): readonly Bound[] {
  return [...registrations(deps), ...questions(deps), ...changes(deps)];
}

function registrations(deps: HttpDeps): readonly Bound[] {
  return [
    bind(routes.registerJob, ({ body, namespace }) => register(deps, body, namespace)),
    bind(routes.updateJob, ({ params, body, namespace }) => {
      refuseOtherId(body.job, params.id);
      return register(deps, body, namespace);
    }),
  ];
}

async function register(
  deps: HttpDeps,
  body: RegisterBody,
  namespace: Namespace,
): Promise<Result<JobChanged>> {
  const job = admitJob(body.job, deps, namespace);
  const { submission, warnings } = keptSubmission(deps, body.submission);
  const reply = await deps.ops
    .registerJob(job, {
      ...(body.enforceIndex ? { ifModifyIndex: body.jobModifyIndex } : {}),
      ...(body.preserveCounts ? { preserveCounts: true } : {}),
      ...(body.evalPriority > 0 ? { evalPriority: body.evalPriority } : {}),
      ...(submission === undefined ? {} : { submission }),
    })
    .catch((error: unknown) => {
      if (!body.enforceIndex || !(error instanceof Failure) || error.fault !== 'conflict')
        throw error;
      throw conflictingIndex(deps, job, body.jobModifyIndex);
    });
  return changed(reply, deps.jobs.warnings(job, warnings));
}

/** A source that takes too much room is not kept, and its author told so. */
function keptSubmission(
  { jobs }: HttpDeps,
  submission: JobSource | undefined,
): { readonly submission?: JobSource; readonly warnings: readonly string[] } {
  if (submission === undefined || submission.source === '') return { warnings: [] };
  const bytes = submissionBytes(submission);
  if (bytes <= jobs.sourceBytesMax) return { submission, warnings: [] };
  const size = `${bytes} B exceeds maximum of ${jobs.sourceBytesMax} B`;
  return { warnings: [`job source size of ${size} and will be discarded`] };
}

/** Clients look for this text to tell a lost race from other failures. */
function conflictingIndex(deps: HttpDeps, job: JobSpec, wanted: Index): Failure {
  const present = deps.ops.snapshot().job(job.namespace, job.id);
  const why =
    present === undefined
      ? 'job does not exist'
      : wanted === 0
        ? 'job already exists'
        : `job exists with conflicting job modify index: ${present.jobModifyIndex}`;
  return new Failure('conflict', `Enforcing job modify index ${wanted}: ${why}`);
}

function refuseOtherId(draft: JobDraft, id: string): void {
  if (draft.id !== id) throw invalid('Job ID does not match name');
}

function changed(reply: JobReply, warnings: string): Result<JobChanged> {
  return { value: { ...reply, warnings }, index: reply.index };
}

function questions(deps: HttpDeps): readonly Bound[] {
  return [
    bind(routes.planJob, async ({ params, body, namespace }) => {
      refuseOtherId(body.job, params.id);
      const job = admitJob(body.job, deps, namespace);
      const reply = await deps.ops.planJob(job);
      const launch = reply.nextPeriodicLaunchAt;
      return {
        value: {
          annotations: reply.annotations,
          failedGroups: reply.failedGroups,
          jobModifyIndex: reply.jobModifyIndex,
          createdEvals: reply.createdEvals,
          ...(body.diff ? { diff: planDiff(reply) } : {}),
          ...(launch === undefined ? {} : { nextPeriodicLaunchAt: launch }),
          warnings: deps.jobs.warnings(job),
        },
        index: reply.index,
      };
    }),
    bind(routes.parseJob, async ({ body, namespace }) => {
      const parsed = await deps.jobs.parse(body.source, body.variables);
      if ('mistakes' in parsed) throw invalid(parsed.mistakes);
      return { value: body.canonicalize ? completeJob(parsed.job, deps, namespace) : parsed.job };
    }),
    bind(routes.validateJob, ({ body, namespace }) =>
      Promise.resolve({ value: validation(deps, body.job, namespace) }),
    ),
  ];
}

function planDiff(reply: PlanReply): ReturnType<typeof jobDiff> {
  const before = reply.previous === undefined ? undefined : encodeJob(reply.previous);
  return jobDiff(before, encodeJob(reply.next), reply.annotations);
}

function validation(deps: HttpDeps, draft: JobDraft, namespace: Namespace): ValidateAnswer {
  const job = completeJob(draft, deps, namespace);
  const errors = [...deps.jobs.validate(job), ...validateDrivers(job)].map(renderIssue);
  return {
    // Names only: the client that gets the task checks the values.
    driverConfigValidated: false,
    errors,
    error: errors.join('\n'),
    warnings: deps.jobs.warnings(job),
  };
}

function changes({ ops }: HttpDeps): readonly Bound[] {
  const key = (params: { readonly id: string }, namespace: Namespace): JobKey => ({
    namespace,
    id: jobId(params),
  });
  return [
    bind(routes.stopJob, async ({ params, query, namespace }) => {
      const { evalPriority, purge = false, noShutdownDelay = false } = query;
      const options = { purge, noShutdownDelay, ...(evalPriority && { evalPriority }) };
      return changed(await ops.deregisterJob(key(params, namespace), options), '');
    }),
    bind(routes.evaluateJob, async ({ params, body, namespace }) =>
      changed(await ops.evaluateJob(key(params, namespace), body.options), ''),
    ),
    bind(routes.dispatchJob, async ({ params, query, body, namespace }) => {
      const reply = await ops.dispatchJob(key(params, namespace), {
        ...body,
        idempotencyToken: query.idempotencyToken ?? '',
      });
      return { value: reply, index: reply.index };
    }),
    bind(routes.revertJob, async ({ params, body, namespace }) =>
      changed(await ops.revertJob(key(params, namespace), body.version, body.ifVersion), ''),
    ),
    bind(routes.setJobStability, async ({ params, body, namespace }) => {
      const index = await ops.setJobStability(key(params, namespace), body.version, body.stable);
      return { value: { index }, index };
    }),
    bind(routes.tagVersion, async ({ params, body, namespace }) => {
      const version = body.version ?? ops.snapshot().job(namespace, jobId(params))?.version;
      if (version === undefined) throw notFound(`job "${params.id}" not found`);
      const tag = { name: params.tag, description: body.description, version };
      return { value: undefined, index: await ops.tagVersion(key(params, namespace), tag) };
    }),
    bind(routes.untagVersion, async ({ params, namespace }) => {
      const tag = { name: params.tag, description: '' };
      return { value: undefined, index: await ops.tagVersion(key(params, namespace), tag) };
    }),
    bind(routes.scaleJob, async ({ params, body, namespace }) => {
      const { target, ...request } = body;
      const reply = await ops.scaleJob(key(params, namespace), { ...request, group: target.group });
      return changed(reply, '');
    }),
    bind(routes.forcePeriodicJob, async ({ params, namespace }) => {
      const reply = await ops.forcePeriodic(key(params, namespace));
      return { value: reply, index: reply.index };
    }),
  ];
}
