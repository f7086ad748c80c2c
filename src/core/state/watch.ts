/**
 * Watch keys: the names of what a read looked at. A change tells which keys it touched, and the
 * state tells of each key the index at which it last changed, deletions included.
 *
 * W1: what changes an answer touches a key that the answer named.
 * W2: the index of a key is never 0 and never falls.
 *
 * A key is a text `<table>` (any row), `<table>/<key>` (one row) or `<table>.<index>/<value>` (the
 * rows that share an indexed value). A key's prefix is watched as its whole table.
 */
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { Brand } from '../../base/brand.ts';

export type WatchKey = Brand<string, 'WatchKey'>;

export type TableName =
  | 'jobs'
  | 'jobVersions'
  | 'jobSummaries'
  | 'scalingEvents'
  | 'periodicLaunches'
  | 'nodes'
  | 'evals'
  | 'allocs'
  | 'deployments'
  | 'config';

/** Joins namespace and job id; neither may hold a NUL, so no two pairs meet. */
export function jobKey(namespace: Namespace, id: JobId): string {
  if (id !== last.id || namespace !== last.namespace) {
    last = { namespace, id, key: `${namespace}\0${id}` };
  }
  return last.key;
}

// Rows of one job are mostly dealt with in succession, each asking for the key several times.
let last = { namespace: '', id: '', key: '' };

export const watch = {
  table: (table: TableName): WatchKey => table as string as WatchKey,
  job: (namespace: Namespace, id: JobId): WatchKey => row('jobs', jobKey(namespace, id)),
  /** All kept versions of a job. */
  jobVersions: (namespace: Namespace, id: JobId): WatchKey =>
    indexed('jobVersions', 'job', jobKey(namespace, id)),
  jobSummary: (namespace: Namespace, id: JobId): WatchKey =>
    row('jobSummaries', jobKey(namespace, id)),
  scalingEvents: (namespace: Namespace, id: JobId): WatchKey =>
    row('scalingEvents', jobKey(namespace, id)),
  node: (id: NodeId): WatchKey => row('nodes', id),
  evaluation: (id: EvalId): WatchKey => row('evals', id),
  evalsByJob: (namespace: Namespace, id: JobId): WatchKey =>
    indexed('evals', 'job', jobKey(namespace, id)),
  alloc: (id: AllocId): WatchKey => row('allocs', id),
  allocsByJob: (namespace: Namespace, id: JobId): WatchKey =>
    indexed('allocs', 'job', jobKey(namespace, id)),
  allocsByNode: (id: NodeId): WatchKey => indexed('allocs', 'node', id),
  allocsByEval: (id: EvalId): WatchKey => indexed('allocs', 'eval', id),
  allocsByDeployment: (id: DeploymentId): WatchKey => indexed('allocs', 'deployment', id),
  deployment: (id: DeploymentId): WatchKey => row('deployments', id),
  deploymentsByJob: (namespace: Namespace, id: JobId): WatchKey =>
    indexed('deployments', 'job', jobKey(namespace, id)),
  schedulerConfig: (): WatchKey => row('config', 'scheduler'),
} as const;

/** The key of one row. */
export function row(table: TableName, key: string): WatchKey {
  return `${table}/${key}` as WatchKey;
}

/** The key of the rows of a table that share a value of one of its indexes. */
export function indexed(table: TableName, index: string, value: string): WatchKey {
  return `${table}.${index}/${value}` as WatchKey;
}
