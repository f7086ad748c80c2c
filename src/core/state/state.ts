/**
 * The state of the cluster: the fold of all entries up to `index`. A value; `apply` makes the next.
 *
 * S1: tables hold the facts; `derived` holds sums over them, kept so that no entry costs more as
 *     the cluster grows. The hash is over the tables alone.
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import { folded, onNode } from '../model/catalog.ts';
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import type { NodeCoordinate } from '../model/coordinate.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { HealthCheck, HealthStatus } from '../model/health-check.ts';
import type { Job } from '../model/job.ts';
import type { JobSubmission } from '../model/job-submission.ts';
import type { JobSummary } from '../model/job-summary.ts';
import type { KvPair } from '../model/kv.ts';
import type { Node } from '../model/node.ts';
import type { ScalingEvents } from '../model/scaling-event.ts';
import type { PreparedQuery } from '../model/prepared-query.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../model/scheduler-config.ts';
import type { SchedulerConfig } from '../model/scheduler-config.ts';
import type { Session, SessionId } from '../model/session.ts';
import type { UserEvent } from '../model/user-event.ts';
import type { NamespaceRow, NodePool } from '../model/tenancy.ts';
import type { TemplateRollout } from '../model/template-rollout.ts';
import type { Variable } from '../model/variable.ts';
import { hashText } from './hash.ts';
import type { ConfigRow, PeriodicLaunch } from './rows.ts';
import type { StateReader } from './snapshot.ts';
import { sortedMap } from './sorted.ts';
import type { SortedMap } from './sorted.ts';
import {
  CONFIG_KEY,
  HELD,
  TABLE_NAMES,
  emptyTables,
  versionKey,
  concurrencyKey,
} from './tables.ts';
import type { Tables } from './tables.ts';
import type { NodeUsage } from './usage.ts';
import { jobKey, partsOf, variableKey } from './watch.ts';
import type { WatchKey } from './watch.ts';

/** How many rows speak of a job; decides its status. */
export interface JobCounts {
  /** Allocations that are not terminal. */
  readonly live: number;
  /** Evaluations still to be decided. */
  readonly open: number;
}

export interface Derived {
  /** By node; absent: nothing. */
  readonly usage: SortedMap<NodeUsage>;
  /** By job, purged ones included; absent: none. */
  readonly jobCounts: SortedMap<JobCounts>;
  /** Allocations by the job version they name; absent: none. */
  readonly versionUse: SortedMap<number>;
}

export interface StateParts {
  readonly index: Index;
  /** The instant of the last entry; 0 before the first. */
  readonly at: Millis;
  /** The highest that an entry so far has needed (see entry-version.ts). */
  readonly entryVersion: number;
  readonly tables: Tables;
  readonly derived: Derived;
}

export class State implements StateReader {
  readonly index: Index;
  readonly at: Millis;
  readonly entryVersion: number;
  readonly tables: Tables;
  readonly derived: Derived;

  constructor(parts: StateParts) {
    this.index = parts.index;
    this.at = parts.at;
    this.entryVersion = parts.entryVersion;
    this.tables = parts.tables;
    this.derived = parts.derived;
  }

  /** The same rows, one entry later: after one that was refused. */
  unchangedAt(index: Index): State {
    const { at, entryVersion, tables, derived } = this;
    return new State({ index, at, entryVersion, tables, derived });
  }

  /** The same, where an entry needs as much. */
  needing(entryVersion: number): State {
    const { index, at, tables, derived } = this;
    if (entryVersion <= this.entryVersion) return this;
    return new State({ index, at, entryVersion, tables, derived });
  }

  get hash(): string {
    let a = 0;
    let b = 0;
    for (const name of TABLE_NAMES) {
      const sum = this.tables[name].hash;
      a = (a + sum.a) | 0;
      b = (b + sum.b) | 0;
    }
    return hashText({ a, b });
  }

  get schedulerConfig(): SchedulerConfig {
    return this.configRow().scheduler;
  }

  indexOf(key: WatchKey): Index {
    const parts = partsOf(key);
    const table = this.tables[parts.table];
    switch (parts.of) {
      case 'table':
        return table.lastIndex();
      case 'row':
        return table.indexOfRow(parts.key);
      case 'group':
        return table.indexOfGroup(parts.index, parts.value);
      case 'prefix':
        return table.indexOfPrefix(parts.prefix);
    }
  }

  node(id: NodeId): Node | undefined {
    return this.tables.nodes.get(id);
  }

  nodes(): Iterable<Node> {
    return this.tables.nodes.values();
  }

  nodeCount(): number {
    return this.tables.nodes.size;
  }

  drainingNodes(): Iterable<Node> {
    return this.tables.nodes.valuesBy('draining', 'yes');
  }

  nodesByPrefix(prefix: string): Iterable<Node> {
    return this.tables.nodes.values(prefix);
  }

  job(namespace: Namespace, id: JobId): Job | undefined {
    return this.tables.jobs.get(jobKey(namespace, id));
  }

  jobVersion(namespace: Namespace, id: JobId, version: number): Job | undefined {
    const key = jobKey(namespace, id);
    const newest = this.tables.jobs.get(key);
    // The newest carries the job's present status; the kept copy of it does not.
    if (newest?.version === version) return newest;
    return this.tables.jobVersions.get(versionKey(key, version));
  }

  jobs(namespace?: Namespace, prefix = ''): Iterable<Job> {
    if (namespace !== undefined) return this.tables.jobs.values(`${namespace}\0${prefix}`);
    return prefix === '' ? this.tables.jobs.values() : this.#jobsNamed(prefix);
  }

  jobsByParent(namespace: Namespace, parent: JobId): Iterable<Job> {
    return this.tables.jobs.valuesBy('parent', jobKey(namespace, parent));
  }

  /** Periodic jobs that are enabled and not stopped. */
  periodicJobs(): Iterable<Job> {
    return this.tables.jobs.valuesBy('periodic', 'yes');
  }

  jobVersions(namespace: Namespace, id: JobId): Iterable<Job> {
    const kept = [...this.tables.jobVersions.valuesBy('job', jobKey(namespace, id))];
    return kept.reverse().map((each) => this.jobVersion(namespace, id, each.version) ?? each);
  }

  jobSubmission(namespace: Namespace, id: JobId, version: number): JobSubmission | undefined {
    return this.tables.jobSubmissions.get(versionKey(jobKey(namespace, id), version));
  }

  jobSummary(namespace: Namespace, id: JobId): JobSummary | undefined {
    return this.tables.jobSummaries.get(jobKey(namespace, id));
  }

  scalingEvents(namespace: Namespace, id: JobId): ScalingEvents | undefined {
    return this.tables.scalingEvents.get(jobKey(namespace, id));
  }

  periodicLaunch(namespace: Namespace, id: JobId): PeriodicLaunch | undefined {
    return this.tables.periodicLaunches.get(jobKey(namespace, id));
  }

  alloc(id: AllocId): Alloc | undefined {
    return this.tables.allocs.get(id);
  }

  allocs(prefix?: string): Iterable<Alloc> {
    return this.tables.allocs.values(prefix);
  }

  allocsByJob(namespace: Namespace, id: JobId): Iterable<Alloc> {
    return this.tables.allocs.valuesBy('job', jobKey(namespace, id));
  }

  allocsByNode(id: NodeId): Iterable<Alloc> {
    return this.tables.allocs.valuesBy('node', id);
  }

  allocsByEval(id: EvalId): Iterable<Alloc> {
    return this.tables.allocs.valuesBy('eval', id);
  }

  allocsByDeployment(id: DeploymentId): Iterable<Alloc> {
    return this.tables.allocs.valuesBy('deployment', id);
  }

  evaluation(id: EvalId): Evaluation | undefined {
    return this.tables.evals.get(id);
  }

  evals(prefix?: string): Iterable<Evaluation> {
    return this.tables.evals.values(prefix);
  }

  evalsByJob(namespace: Namespace, id: JobId): Iterable<Evaluation> {
    return this.tables.evals.valuesBy('job', jobKey(namespace, id));
  }

  /** Evaluations that wait for a decision, or for room. */
  openEvals(status: 'pending' | 'blocked'): Iterable<Evaluation> {
    return this.tables.evals.valuesBy('open', status);
  }

  deployment(id: DeploymentId): Deployment | undefined {
    return this.tables.deployments.get(id);
  }

  deployments(prefix?: string): Iterable<Deployment> {
    return this.tables.deployments.values(prefix);
  }

  deploymentsByJob(namespace: Namespace, id: JobId): Iterable<Deployment> {
    return this.tables.deployments.valuesBy('job', jobKey(namespace, id));
  }

  activeDeployments(): Iterable<Deployment> {
    return this.tables.deployments.valuesBy('active', 'yes');
  }

  latestDeployment(namespace: Namespace, id: JobId): Deployment | undefined {
    let latest: Deployment | undefined;
    for (const each of this.deploymentsByJob(namespace, id)) {
      if (latest === undefined || each.createIndex > latest.createIndex) latest = each;
    }
    return latest;
  }

  catalogNode(name: string): CatalogNode | undefined {
    return this.tables.catalogNodes.get(folded(name));
  }

  catalogNodes(): Iterable<CatalogNode> {
    return this.tables.catalogNodes.values();
  }

  catalogNodeById(id: string): CatalogNode | undefined {
    if (id === '') return undefined;
    return first(this.tables.catalogNodes.valuesBy('id', id));
  }

  service(node: string, id: string): ServiceInstance | undefined {
    return this.tables.services.get(onNode(node, id));
  }

  services(): Iterable<ServiceInstance> {
    return this.tables.services.values();
  }

  servicesNamed(name: string): Iterable<ServiceInstance> {
    return this.tables.services.valuesBy('name', folded(name));
  }

  proxiesOf(name: string): Iterable<ServiceInstance> {
    return this.tables.services.valuesBy('destination', folded(name));
  }

  servicesOnNode(node: string): Iterable<ServiceInstance> {
    return this.tables.services.valuesBy('node', folded(node));
  }

  servicesOfAlloc(id: AllocId): Iterable<ServiceInstance> {
    return this.tables.services.valuesBy('alloc', id);
  }

  check(node: string, id: string): HealthCheck | undefined {
    return this.tables.checks.get(onNode(node, id));
  }

  checks(): Iterable<HealthCheck> {
    return this.tables.checks.values();
  }

  checksInStatus(status: HealthStatus): Iterable<HealthCheck> {
    return this.tables.checks.valuesBy('status', status);
  }

  /** Every check on a node, its instances' included. */
  checksOnNode(node: string): Iterable<HealthCheck> {
    return this.tables.checks.valuesBy('node', folded(node));
  }

  /** The checks of a node itself. */
  checksOfNode(node: string): Iterable<HealthCheck> {
    return this.tables.checks.valuesBy('nodeLevel', folded(node));
  }

  /** The checks of one instance. */
  checksOfInstance(node: string, serviceId: string): Iterable<HealthCheck> {
    return this.tables.checks.valuesBy('service', onNode(node, serviceId));
  }

  /** The checks of all instances of a service. */
  checksOfService(name: string): Iterable<HealthCheck> {
    return this.tables.checks.valuesBy('serviceName', folded(name));
  }

  kvPair(key: string): KvPair | undefined {
    return this.tables.kv.get(key);
  }

  kvPairs(prefix: string): Iterable<KvPair> {
    return this.tables.kv.values(prefix);
  }

  jobsInConcurrencyGroup(namespace: Namespace, group: string): Iterable<Job> {
    return this.tables.jobs.valuesBy('concurrency', concurrencyKey(namespace, group));
  }

  /** Those of all namespaces that name others in `after` and have not begun. */
  heldJobs(): Iterable<Job> {
    return this.tables.jobs.valuesBy('held', HELD);
  }

  namespace(name: Namespace): NamespaceRow | undefined {
    return this.tables.namespaces.get(name);
  }

  namespaces(): Iterable<NamespaceRow> {
    return this.tables.namespaces.values();
  }

  nodePool(name: string): NodePool | undefined {
    return this.tables.nodePools.get(name);
  }

  nodePools(): Iterable<NodePool> {
    return this.tables.nodePools.values();
  }

  variable(namespace: Namespace, path: string): Variable | undefined {
    return this.tables.variables.get(variableKey(namespace, path));
  }

  variables(namespace: Namespace | undefined, prefix: string): Iterable<Variable> {
    const { variables } = this.tables;
    if (namespace !== undefined) return variables.values(variableKey(namespace, prefix));
    return [...variables.values()].filter(({ path }) => path.startsWith(prefix));
  }

  templateRollouts(namespace: Namespace, id: JobId): Iterable<TemplateRollout> {
    return this.tables.templateRollouts.values(`${jobKey(namespace, id)}\0`);
  }

  session(id: SessionId): Session | undefined {
    return this.tables.sessions.get(id);
  }

  sessions(): Iterable<Session> {
    return this.tables.sessions.values();
  }

  sessionsOnNode(node: string): Iterable<Session> {
    return this.tables.sessions.valuesBy('node', folded(node));
  }

  /** Of one node, or of all. */
  coordinates(node?: string): Iterable<NodeCoordinate> {
    return this.tables.coordinates.values(node === undefined ? '' : `${folded(node)}\0`);
  }

  preparedQuery(id: string): PreparedQuery | undefined {
    return this.tables.preparedQueries.get(id);
  }

  preparedQueries(): Iterable<PreparedQuery> {
    return this.tables.preparedQueries.values();
  }

  preparedQueryNamed(name: string): PreparedQuery | undefined {
    return first(this.tables.preparedQueries.valuesBy('name', folded(name)));
  }

  queryTemplates(): Iterable<PreparedQuery> {
    return this.tables.preparedQueries.valuesBy('template', 'yes');
  }

  /** Oldest first. */
  userEvents(): Iterable<UserEvent> {
    return this.tables.userEvents.values();
  }

  configRow(): ConfigRow {
    return this.tables.config.get(CONFIG_KEY) ?? DEFAULT_CONFIG_ROW;
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(TABLE_NAMES.map((name) => [name, this.tables[name].size]));
  }

  *#jobsNamed(prefix: string): Iterable<Job> {
    for (const each of this.tables.jobs.values()) if (each.id.startsWith(prefix)) yield each;
  }
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}

export const DEFAULT_CONFIG_ROW: ConfigRow = {
  scheduler: DEFAULT_SCHEDULER_CONFIG,
  createIndex: 1 as Index,
  modifyIndex: 1 as Index,
};

/** The state before the first entry. */
export function emptyState(): State {
  return new State({
    index: 0 as Index,
    at: 0 as Millis,
    entryVersion: 1,
    tables: emptyTables(),
    derived: { usage: sortedMap(), jobCounts: sortedMap(), versionUse: sortedMap() },
  });
}
