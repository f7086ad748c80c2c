/**
 * Watch keys: the names of what a read looked at. A change tells which keys it touched, and the
 * state tells of each key the index at which it last changed, deletions included.
 *
 * W1: what changes an answer touches a key that the answer named.
 * W2: the index of a key is never 0 and never falls.
 *
 * A key is a text `<table>` (any row), `<table>/<key>` (one row), `<table>.<index>/<value>` (the
 * rows
 * that share an indexed value) or `<table>~<prefix>` (the rows whose keys begin so).
 */
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { Brand } from '../../base/brand.ts';
import { folded } from '../model/catalog.ts';
import type { SessionId } from '../model/session.ts';

export type WatchKey = Brand<string, 'WatchKey'>;

export type TableName =
  | 'jobs'
  | 'jobVersions'
  | 'jobSubmissions'
  | 'jobSummaries'
  | 'scalingEvents'
  | 'periodicLaunches'
  | 'nodes'
  | 'evals'
  | 'allocs'
  | 'deployments'
  | 'config'
  | 'variables'
  | 'namespaces'
  | 'nodePools'
  | 'templateRollouts'
  | DiscoveryTable;

/** Those of discovery and coordination. */
export type DiscoveryTable =
  | 'catalogNodes'
  | 'services'
  | 'checks'
  | 'kv'
  | 'lockDelays'
  | 'sessions'
  | 'userEvents'
  | 'preparedQueries'
  | 'coordinates';

/** Joins namespace and job id; neither may hold a NUL, so no two pairs meet. */
export function jobKey(namespace: Namespace, id: JobId): string {
  if (id !== last.id || namespace !== last.namespace) {
    last = { namespace, id, key: `${namespace}\0${id}` };
  }
  return last.key;
}

// Rows of one job are mostly dealt with in succession, each asking for the key several times.
let last = { namespace: '', id: '', key: '' };

/** The key of a variable; neither part may hold a NUL. */
export function variableKey(namespace: Namespace, path: string): string {
  return `${namespace}\0${path}`;
}

/** The key of a group's changes of templates; those of a job are next to each other. */
export function rolloutKey(namespace: Namespace, id: JobId, group: string): string {
  return `${jobKey(namespace, id)}\0${group}`;
}

export const watch = {
  table: (table: TableName): WatchKey => table as string as WatchKey,
  job: (namespace: Namespace, id: JobId): WatchKey => row('jobs', jobKey(namespace, id)),
  /** All kept versions of a job. */
  jobVersions: (namespace: Namespace, id: JobId): WatchKey =>
    indexed('jobVersions', 'job', jobKey(namespace, id)),
  /** What the kept versions of a job were made from. */
  jobSubmissions: (namespace: Namespace, id: JobId): WatchKey =>
    prefixed('jobSubmissions', `${jobKey(namespace, id)}\0`),
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
  catalogNode: (name: string): WatchKey => row('catalogNodes', folded(name)),
  catalogNodeId: (id: string): WatchKey => indexed('catalogNodes', 'id', id),
  coordinatesOf: (node: string): WatchKey => prefixed('coordinates', `${folded(node)}\0`),
  preparedQuery: (id: string): WatchKey => row('preparedQueries', id),
  /** The instances of a service. */
  serviceNamed: (name: string): WatchKey => indexed('services', 'name', folded(name)),
  /** The proxies that stand before a service. */
  proxiesOf: (name: string): WatchKey => indexed('services', 'destination', folded(name)),
  servicesOnNode: (node: string): WatchKey => indexed('services', 'node', folded(node)),
  /** The checks that belong to instances of a service. */
  checksOfService: (name: string): WatchKey => indexed('checks', 'serviceName', folded(name)),
  /** Every check on a node, its instances' included. */
  checksOnNode: (node: string): WatchKey => indexed('checks', 'node', folded(node)),
  /** The checks of a node itself. */
  checksOfNode: (node: string): WatchKey => indexed('checks', 'nodeLevel', folded(node)),
  kvPair: (key: string): WatchKey => row('kv', key),
  kvPrefix: (prefix: string): WatchKey => prefixed('kv', prefix),
  variable: (namespace: Namespace, path: string): WatchKey =>
    row('variables', variableKey(namespace, path)),
  variablePrefix: (namespace: Namespace, prefix: string): WatchKey =>
    prefixed('variables', variableKey(namespace, prefix)),
  templateRollouts: (namespace: Namespace, id: JobId): WatchKey =>
    prefixed('templateRollouts', `${jobKey(namespace, id)}\0`),
  session: (id: SessionId): WatchKey => row('sessions', id),
  sessionsOnNode: (node: string): WatchKey => indexed('sessions', 'node', folded(node)),
} as const;

/** The key of one row. */
export function row(table: TableName, key: string): WatchKey {
  return `${table}/${key}` as WatchKey;
}

/** The key of the rows of a table that share a value of one of its indexes. */
export function indexed(table: TableName, index: string, value: string): WatchKey {
  return `${table}.${index}/${value}` as WatchKey;
}

/** The key of the rows of a table whose keys begin with a prefix. */
export function prefixed(table: TableName, prefix: string): WatchKey {
  return `${table}~${prefix}` as WatchKey;
}

/** A watch key taken apart. */
export type WatchParts = Readonly<
  | { table: TableName; of: 'table' }
  | { table: TableName; of: 'row'; key: string }
  | { table: TableName; of: 'group'; index: string; value: string }
  | { table: TableName; of: 'prefix'; prefix: string }
>;

const SIGN = /[./~]/;

export function partsOf(key: WatchKey): WatchParts {
  const end = SIGN.exec(key)?.index ?? key.length;
  const table = key.slice(0, end) as TableName;
  const rest = key.slice(end + 1);
  switch (key[end]) {
    case '/':
      return { table, of: 'row', key: rest };
    case '~':
      return { table, of: 'prefix', prefix: rest };
    case '.': {
      const slash = rest.indexOf('/');
      return { table, of: 'group', index: rest.slice(0, slash), value: rest.slice(slash + 1) };
    }
    case undefined:
    default:
      return { table, of: 'table' };
  }
}
