/** Reading jobs. */
import { encodeJob } from '../../api/nomad/job-codec.ts';
import { jobDiff } from '../../api/nomad/job-diff.ts';
import * as routes from '../../api/nomad/job-routes.ts';
import type { GroupScale, ScaleAnswer } from '../../api/nomad/job-replies.ts';
import { JOB_STUB, jobStub } from '../../api/nomad/job-stub-codec.ts';
import { allocStub } from '../../api/nomad/alloc-codec.ts';
import { isTerminal } from '../../core/model/alloc.ts';
import type { JobId, Namespace } from '../../core/model/ids.ts';
import type { Job } from '../../core/model/job.ts';
import {
  readJob,
  readJobAllocs,
  readJobDeployments,
  readJobEvals,
  readJobs,
  readJobScale,
  readJobSubmission,
  readJobSummary,
  readJobVersions,
  readLatestDeployment,
  type ScaleReading,
} from '../../core/state/reads.ts';
import { toldOf, type HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, type Bound } from './mount.ts';

/** Binds the reads of jobs. */
export function jobReads({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listJobs, async ({ query, listed, waiting, signal }) => {
      const read = readJobs({ namespace: listed, prefix: query.prefix });
      const answer = await ops.query(read, waiting, signal);
      const stubs = answer.value.map(({ job, summary }) =>
        jobStub(job, summary, query.meta === true),
      );
      return { ...listing(stubs, JOB_STUB, query, (job) => job.id), ...toldOf(answer) };
    }),
    bind(routes.readJob, async ({ params, namespace, waiting, signal }) => {
      const answer = await ops.query(readJob(namespace, jobId(params)), waiting, signal);
      if (answer.value === undefined) throw notFound('job not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.jobVersions, async ({ params, query, namespace, waiting, signal }) => {
      const answer = await ops.query(readJobVersions(namespace, jobId(params)), waiting, signal);
      const versions = answer.value;
      if (versions.length === 0) throw notFound('job versions not found', answer.index);
      const diffs = query.diffs === true ? diffsOf(versions, comparedWith(versions, query)) : [];
      return { value: { versions, diffs }, ...toldOf(answer) };
    }),
    bind(routes.readSubmission, async ({ params, query, namespace, waiting, signal }) => {
      const { version } = query;
      if (version === undefined) {
        throw invalid('Unable to parse job submission version parameter: it is missing');
      }
      const read = readJobSubmission(namespace, jobId(params), version);
      const answer = await ops.query(read, waiting, signal);
      if (answer.value === undefined) throw notFound('job source not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.jobAllocs, async ({ params, query, namespace, waiting, signal }) => {
      const read = readJobAllocs(namespace, jobId(params), query.all === true);
      const answer = await ops.query(read, waiting, signal);
      return { value: answer.value.map((one) => allocStub(one, false)), ...toldOf(answer) };
    }),
    bind(routes.jobEvals, async ({ params, namespace, waiting, signal }) => {
      const answer = await ops.query(readJobEvals(namespace, jobId(params)), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.jobDeployments, async ({ params, query, namespace, waiting, signal }) => {
      const id = jobId(params);
      const answer = await ops.query(readJobDeployments(namespace, id), waiting, signal);
      const since = query.all === true ? 0 : createdAt(ops, namespace, id);
      const value = answer.value.filter((one) => one.jobCreateIndex >= since);
      return { value, ...toldOf(answer) };
    }),
    bind(routes.jobDeployment, async ({ params, namespace, waiting, signal }) => {
      const read = readLatestDeployment(namespace, jobId(params));
      const answer = await ops.query(read, waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.jobSummary, async ({ params, namespace, waiting, signal }) => {
      const answer = await ops.query(readJobSummary(namespace, jobId(params)), waiting, signal);
      if (answer.value === undefined) throw notFound('job not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.jobScale, async ({ params, namespace, waiting, signal }) => {
      const answer = await ops.query(readJobScale(namespace, jobId(params)), waiting, signal);
      if (answer.value === undefined) throw notFound('job not found', answer.index);
      return { value: scaleAnswer(answer.value), ...toldOf(answer) };
    }),
  ];
}

/** The id in a path. */
export function jobId(params: { readonly id: string }): JobId {
  return params.id as JobId;
}

function createdAt(ops: HttpDeps['ops'], namespace: Namespace, id: JobId): number {
  return ops.snapshot().job(namespace, id)?.createIndex ?? 0;
}

/** The version that all are compared with; undefined: each with the one before it. */
function comparedWith(
  versions: readonly Job[],
  query: { readonly diffVersion?: number | undefined; readonly diffTag?: string | undefined },
): Job | undefined {
  const { diffVersion, diffTag } = query;
  if (diffVersion === undefined && diffTag === undefined) return undefined;
  const found = versions.find(({ version, tag }) =>
    diffTag === undefined ? version === diffVersion : tag?.name === diffTag,
  );
  if (found !== undefined) return found;
  const what = diffTag === undefined ? `version ${diffVersion}` : `tag "${diffTag}"`;
  throw notFound(`job has no ${what} to compare with`);
}

/** One for each version, in their order; none for the first where each is held beside the last. */
function diffsOf(
  versions: readonly Job[],
  fixed: Job | undefined,
): readonly ReturnType<typeof jobDiff>[] {
  return versions.flatMap((after, i) => {
    const before = fixed ?? versions[i + 1];
    return before === undefined ? [] : [jobDiff(encodeJob(before), encodeJob(after))];
  });
}

function scaleAnswer({ job, events, allocs }: ScaleReading): ScaleAnswer {
  const groups = job.groups.map((group): [string, GroupScale] => {
    const live = allocs.filter((one) => one.group === group.name && !isTerminal(one));
    const judged = (healthy: boolean): number =>
      live.filter((one) => one.deploymentStatus?.healthy === healthy).length;
    return [
      group.name,
      {
        desired: group.count,
        placed: live.length,
        running: live.filter((one) => one.clientStatus === 'running').length,
        healthy: judged(true),
        unhealthy: judged(false),
        events: events?.groups[group.name] ?? [],
      },
    ];
  });
  return {
    jobId: job.id,
    namespace: job.namespace,
    jobCreateIndex: job.createIndex,
    jobModifyIndex: job.modifyIndex,
    stopped: job.stop,
    groups: Object.fromEntries(groups),
  };
}
