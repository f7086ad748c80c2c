/** The tables of the state: how each kind of row is found. */
import { canonicalAddress } from '../dns/address.ts';
import { destinationOf, folded, onNode } from '../model/catalog.ts';
import { isActive } from '../model/deployment.ts';
import type { Namespace } from '../model/ids.ts';
import type { TableShape } from './table.ts';
import { emptyTable } from './table.ts';
import type { Table } from './table.ts';
import type { Rows } from './rows.ts';
import { jobKey, rolloutKey, variableKey } from './watch.ts';
import type { TableName } from './watch.ts';

export type Tables = { readonly [Name in TableName]: Table<Rows[Name]> };

type Shapes = { readonly [Name in TableName]: TableShape<Rows[Name]> };

/** The key of a kept version: versions of one job sort by number. */
export function versionKey(job: string, version: number): string {
  if (version !== last.version || job !== last.job) {
    last = { job, version, key: `${job}\0${String(version).padStart(10, '0')}` };
  }
  return last.key;
}

// As for `jobKey`: the same version is asked for many times in succession.
let last = { job: '', version: -1, key: '' };

export const CONFIG_KEY = 'scheduler';

/** Events sort by when they were fired. */
export function eventKey(lTime: number): string {
  return String(lTime).padStart(16, '0');
}

export function concurrencyKey(namespace: Namespace, group: string): string {
  return `${namespace}\0${group}`;
}

// The one group of an index that says only which rows are of interest.
const PERIODIC = 'yes';
const DRAINING = 'yes';
const ACTIVE = 'yes';
const EXPIRING = 'yes';
const TEMPLATE = 'yes';
/** Batch jobs that wait for others before they begin, or have yet to find out. */
export const HELD = 'yes';

export const SHAPES: Shapes = {
  jobs: {
    name: 'jobs',
    key: (job) => jobKey(job.namespace, job.id),
    indexes: {
      parent: (job) =>
        job.parentId === undefined ? undefined : jobKey(job.namespace, job.parentId),
      type: (job) => job.type,
      concurrency: (job) => job.concurrency && concurrencyKey(job.namespace, job.concurrency.group),
      held: (job) =>
        job.after !== undefined && !job.stop && job.status === 'pending' ? HELD : undefined,
      /** Those that a schedule launches. */
      periodic: (job) => (job.periodic?.enabled === true && !job.stop ? PERIODIC : undefined),
    },
  },
  jobVersions: {
    name: 'jobVersions',
    key: (job) => versionKey(jobKey(job.namespace, job.id), job.version),
    indexes: { job: (job) => jobKey(job.namespace, job.id) },
  },
  jobSubmissions: {
    name: 'jobSubmissions',
    key: (row) => versionKey(jobKey(row.namespace, row.jobId), row.version),
    indexes: {},
  },
  jobSummaries: {
    name: 'jobSummaries',
    key: (summary) => jobKey(summary.namespace, summary.jobId),
    indexes: {},
  },
  scalingEvents: {
    name: 'scalingEvents',
    key: (events) => jobKey(events.namespace, events.jobId),
    indexes: {},
  },
  periodicLaunches: {
    name: 'periodicLaunches',
    key: (launch) => jobKey(launch.namespace, launch.jobId),
    indexes: {},
  },
  nodes: {
    name: 'nodes',
    key: (node) => node.id,
    indexes: { draining: (node) => (node.drain === undefined ? undefined : DRAINING) },
  },
  evals: {
    name: 'evals',
    key: (evaluation) => evaluation.id,
    indexes: {
      job: (evaluation) => jobKey(evaluation.namespace, evaluation.jobId),
      /** Those that a broker must hold. */
      open: (evaluation) =>
        evaluation.status === 'pending' || evaluation.status === 'blocked'
          ? evaluation.status
          : undefined,
      blockedJob: (evaluation) =>
        evaluation.status === 'blocked'
          ? jobKey(evaluation.namespace, evaluation.jobId)
          : undefined,
    },
  },
  allocs: {
    name: 'allocs',
    key: (alloc) => alloc.id,
    indexes: {
      job: (alloc) => jobKey(alloc.namespace, alloc.jobId),
      node: (alloc) => alloc.nodeId,
      eval: (alloc) => alloc.evalId,
      deployment: (alloc) => alloc.deploymentId,
    },
  },
  deployments: {
    name: 'deployments',
    key: (deployment) => deployment.id,
    indexes: {
      job: (deployment) => jobKey(deployment.namespace, deployment.jobId),
      active: (deployment) => (isActive(deployment) ? ACTIVE : undefined),
    },
  },
  config: { name: 'config', key: () => CONFIG_KEY, indexes: {} },
  catalogNodes: {
    name: 'catalogNodes',
    key: (node) => folded(node.name),
    indexes: {
      id: (node) => (node.id === '' ? undefined : node.id),
      address: (node) => canonicalAddress(node.address),
      datacenter: (node) => folded(node.datacenter),
    },
  },
  services: {
    name: 'services',
    key: (service) => onNode(service.node, service.id),
    indexes: {
      name: (service) => folded(service.name),
      node: (service) => folded(service.node),
      alloc: (service) => service.allocId,
      destination: (service) => {
        const destination = destinationOf(service);
        return destination && folded(destination);
      },
      address: (service) =>
        service.address === '' ? undefined : canonicalAddress(service.address),
    },
  },
  checks: {
    name: 'checks',
    key: (check) => onNode(check.node, check.id),
    indexes: {
      node: (check) => folded(check.node),
      service: (check) =>
        check.serviceId === '' ? undefined : onNode(check.node, check.serviceId),
      serviceName: (check) => (check.serviceName === '' ? undefined : folded(check.serviceName)),
      /** Those of nodes themselves. */
      nodeLevel: (check) => (check.serviceId === '' ? folded(check.node) : undefined),
      status: (check) => check.status,
      alloc: (check) => check.allocId,
    },
  },
  kv: {
    name: 'kv',
    key: (pair) => pair.key,
    indexes: {
      session: (pair) => pair.session,
      /** Those that go by themselves. */
      expiring: (pair) => (pair.expiresAt === undefined ? undefined : EXPIRING),
    },
  },
  lockDelays: { name: 'lockDelays', key: (delay) => delay.key, indexes: {} },
  sessions: {
    name: 'sessions',
    key: (session) => session.id,
    indexes: { node: (session) => folded(session.node) },
  },
  userEvents: { name: 'userEvents', key: (event) => eventKey(event.lTime), indexes: {} },
  preparedQueries: {
    name: 'preparedQueries',
    key: (query) => query.id,
    indexes: {
      /** Names are unique, templates' included; a template may have the empty one. */
      name: (query) =>
        query.name === '' && query.template === undefined ? undefined : folded(query.name),
      template: (query) => (query.template === undefined ? undefined : TEMPLATE),
      session: (query) => query.session,
    },
  },
  namespaces: { name: 'namespaces', key: (namespace) => namespace.name, indexes: {} },
  nodePools: { name: 'nodePools', key: (pool) => pool.name, indexes: {} },
  templateRollouts: {
    name: 'templateRollouts',
    key: ({ namespace, jobId, group }) => rolloutKey(namespace, jobId, group),
    indexes: {},
  },
  variables: {
    name: 'variables',
    key: (variable) => variableKey(variable.namespace, variable.path),
    indexes: {},
  },
  coordinates: {
    name: 'coordinates',
    key: (each) => onNode(each.node, each.segment),
    indexes: {},
  },
};

export const TABLE_NAMES = Object.keys(SHAPES) as readonly TableName[];

export function emptyTables(): Tables {
  const empty = emptyTable as (shape: unknown) => unknown;
  return Object.fromEntries(
    TABLE_NAMES.map((name) => [name, empty(SHAPES[name])]),
  ) as unknown as Tables;
}
