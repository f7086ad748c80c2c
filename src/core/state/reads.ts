/**
 * What doors read of the state. A read is a value: a function of the state that answers what was
 * asked together with the watch keys it looked at, so that each read can block.
 *
 * R1: a change that could alter the answer touches one of the keys (W1 in watch.ts).
 */
import type { Index } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { JobSubmission } from '../model/job-submission.ts';
import type { JobSummary } from '../model/job-summary.ts';
import type { Node } from '../model/node.ts';
import type { ScalingEvents } from '../model/scaling-event.ts';
import type { ConfigRow } from './rows.ts';
import type { StateReader } from './snapshot.ts';
import { watch } from './watch.ts';
import type { WatchKey } from './watch.ts';

export type Reading<T> = Readonly<{
  value: T;
  keys: readonly WatchKey[];
  /** The highest of the keys', where the read knows it already. */
  index?: Index;
}>;
export type Read<T> = (state: StateReader) => Reading<T>;

/** An allocation with the job version that it runs, absent only where that was purged. */
export type AllocWithJob = Readonly<{ alloc: Alloc; job: Job | undefined }>;

/** A job with how it fares. */
export type JobWithSummary = Readonly<{ job: Job; summary: JobSummary | undefined }>;

/** Absent `namespace`: of all. */
export type ListQuery = Readonly<{
  namespace?: Namespace | undefined;
  prefix?: string | undefined;
}>;

export function readJobs(query: ListQuery): Read<readonly JobWithSummary[]> {
  return (state) => ({
    value: Array.from(state.jobs(query.namespace, query.prefix), (job) => ({
      job,
      summary: state.jobSummary(job.namespace, job.id),
    })),
    keys: [watch.table('jobs'), watch.table('jobSummaries')],
  });
}

export function readJob(namespace: Namespace, id: JobId): Read<Job | undefined> {
  return (state) => ({ value: state.job(namespace, id), keys: [watch.job(namespace, id)] });
}

/** Newest first; empty where the job is unknown. */
export function readJobVersions(namespace: Namespace, id: JobId): Read<readonly Job[]> {
  return (state) => ({
    value: [...state.jobVersions(namespace, id)],
    keys: [watch.jobVersions(namespace, id)],
  });
}

/** What a version was made from; undefined where nobody said, or it is not kept. */
export function readJobSubmission(
  namespace: Namespace,
  id: JobId,
  version: number,
): Read<JobSubmission | undefined> {
  return (state) => ({
    value: state.jobSubmission(namespace, id, version),
    keys: [watch.jobSubmissions(namespace, id)],
  });
}

export function readJobSummary(namespace: Namespace, id: JobId): Read<JobSummary | undefined> {
  return (state) => ({
    value: state.jobSummary(namespace, id),
    keys: [watch.jobSummary(namespace, id)],
  });
}

/**
 * The allocations of a job by that name. Unless `all`, only those of its present incarnation: a
 * purged job's leavings are not the new job's.
 */
export function readJobAllocs(
  namespace: Namespace,
  id: JobId,
  all: boolean,
): Read<readonly AllocWithJob[]> {
  return (state) => {
    const since = all ? 0 : (state.job(namespace, id)?.createIndex ?? 0);
    return {
      value: withJobs(state, state.allocsByJob(namespace, id)).filter(
        ({ alloc }) => alloc.createIndex >= since,
      ),
      keys: [watch.allocsByJob(namespace, id)],
    };
  };
}

export function readJobEvals(namespace: Namespace, id: JobId): Read<readonly Evaluation[]> {
  return (state) => ({
    value: [...state.evalsByJob(namespace, id)].sort(newestFirst),
    keys: [watch.evalsByJob(namespace, id)],
  });
}

/** Newest first. */
export function readJobDeployments(namespace: Namespace, id: JobId): Read<readonly Deployment[]> {
  return (state) => ({
    value: [...state.deploymentsByJob(namespace, id)].sort(newestFirst),
    keys: [watch.deploymentsByJob(namespace, id)],
  });
}

export function readLatestDeployment(
  namespace: Namespace,
  id: JobId,
): Read<Deployment | undefined> {
  return (state) => ({
    value: state.latestDeployment(namespace, id),
    keys: [watch.deploymentsByJob(namespace, id)],
  });
}

export type ScaleReading = Readonly<{
  job: Job;
  summary: JobSummary | undefined;
  events: ScalingEvents | undefined;
  allocs: readonly Alloc[];
}>;

/** All that the scale status of a job is made of; absent where the job is unknown. */
export function readJobScale(namespace: Namespace, id: JobId): Read<ScaleReading | undefined> {
  return (state) => {
    const job = state.job(namespace, id);
    return {
      value: job && {
        job,
        summary: state.jobSummary(namespace, id),
        events: state.scalingEvents(namespace, id),
        allocs: [...state.allocsByJob(namespace, id)],
      },
      keys: [
        watch.job(namespace, id),
        watch.jobSummary(namespace, id),
        watch.scalingEvents(namespace, id),
        watch.allocsByJob(namespace, id),
      ],
    };
  };
}

export function readAllocs(query: ListQuery): Read<readonly AllocWithJob[]> {
  return (state) => ({
    value: withJobs(state, inNamespace(state.allocs(query.prefix), query.namespace)),
    keys: [watch.table('allocs')],
  });
}

export function readAlloc(id: AllocId): Read<AllocWithJob | undefined> {
  return (state) => {
    const alloc = state.alloc(id);
    return { value: alloc && withJob(state, alloc), keys: [watch.alloc(id)] };
  };
}

export function readNodeAllocs(id: NodeId): Read<readonly AllocWithJob[]> {
  return (state) => ({
    value: withJobs(state, state.allocsByNode(id)),
    keys: [watch.allocsByNode(id)],
  });
}

export function readEvalAllocs(id: EvalId): Read<readonly AllocWithJob[]> {
  return (state) => ({
    value: withJobs(state, state.allocsByEval(id)),
    keys: [watch.allocsByEval(id)],
  });
}

export function readDeploymentAllocs(id: DeploymentId): Read<readonly AllocWithJob[]> {
  return (state) => ({
    value: withJobs(state, state.allocsByDeployment(id)),
    keys: [watch.allocsByDeployment(id)],
  });
}

export function readEvals(query: ListQuery): Read<readonly Evaluation[]> {
  return (state) => ({
    value: inNamespace(state.evals(query.prefix), query.namespace),
    keys: [watch.table('evals')],
  });
}

export function readEval(id: EvalId): Read<Evaluation | undefined> {
  return (state) => ({ value: state.evaluation(id), keys: [watch.evaluation(id)] });
}

export function readDeployments(query: ListQuery): Read<readonly Deployment[]> {
  return (state) => ({
    value: inNamespace(state.deployments(query.prefix), query.namespace),
    keys: [watch.table('deployments')],
  });
}

export function readDeployment(id: DeploymentId): Read<Deployment | undefined> {
  return (state) => ({ value: state.deployment(id), keys: [watch.deployment(id)] });
}

export function readNodes(prefix = ''): Read<readonly Node[]> {
  return (state) => ({ value: [...state.nodesByPrefix(prefix)], keys: [watch.table('nodes')] });
}

export function readNode(id: NodeId): Read<Node | undefined> {
  return (state) => ({ value: state.node(id), keys: [watch.node(id)] });
}

export function readSchedulerConfig(): Read<ConfigRow> {
  return (state) => ({ value: state.configRow(), keys: [watch.schedulerConfig()] });
}

export type SearchKind = 'jobs' | 'nodes' | 'allocs' | 'evals' | 'deployment';
export const SEARCH_KINDS: readonly SearchKind[] = [
  'jobs',
  'nodes',
  'allocs',
  'evals',
  'deployment',
];

export type SearchReading = Readonly<{ ids: readonly string[]; truncated: boolean }>;

/** Ids that begin with `prefix`, in order, at most `limit` (and whether there were more). */
export function readSearch(
  kind: SearchKind,
  prefix: string,
  scope: { readonly namespace?: Namespace; readonly limit: number },
): Read<SearchReading> {
  return (state) => {
    const ids: string[] = [];
    let truncated = false;
    for (const row of searched(state, kind, prefix, scope.namespace)) {
      truncated = ids.length === scope.limit;
      if (truncated) break;
      ids.push(row.id);
    }
    return { value: { ids, truncated }, keys: [searchKey(kind)] };
  };
}

function searched(
  state: StateReader,
  kind: SearchKind,
  prefix: string,
  namespace: Namespace | undefined,
): Iterable<{ readonly id: string }> {
  switch (kind) {
    case 'jobs':
      return state.jobs(namespace, prefix);
    case 'nodes':
      return state.nodesByPrefix(prefix);
    case 'allocs':
      return lazilyIn(state.allocs(prefix), namespace);
    case 'evals':
      return lazilyIn(state.evals(prefix), namespace);
    case 'deployment':
      return lazilyIn(state.deployments(prefix), namespace);
  }
}

function searchKey(kind: SearchKind): WatchKey {
  return watch.table(kind === 'deployment' ? 'deployments' : kind);
}

function* lazilyIn<Row extends { readonly namespace: Namespace }>(
  rows: Iterable<Row>,
  namespace: Namespace | undefined,
): Iterable<Row> {
  for (const row of rows) if (namespace === undefined || row.namespace === namespace) yield row;
}

function inNamespace<Row extends { readonly namespace: Namespace }>(
  rows: Iterable<Row>,
  namespace: Namespace | undefined,
): Row[] {
  return [...lazilyIn(rows, namespace)];
}

function withJob(state: StateReader, alloc: Alloc): AllocWithJob {
  return { alloc, job: state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion) };
}

function withJobs(state: StateReader, allocs: Iterable<Alloc>): AllocWithJob[] {
  return Array.from(allocs, (alloc) => withJob(state, alloc));
}

function newestFirst(a: { createIndex: number }, b: { createIndex: number }): number {
  return b.createIndex - a.createIndex;
}
