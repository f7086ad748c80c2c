/**
 * The state as deciders read it: one consistent cut at `index`. Taking one is free (the tables are
 * copy-on-write), and it never changes while it is held.
 */
import type { Index } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { JobSubmission } from '../model/job-submission.ts';
import type { JobSummary } from '../model/job-summary.ts';
import type { ScalingEvents } from '../model/scaling-event.ts';
import type { DiscoveryReader } from './discovery-reader.ts';
import type { ConfigRow, PeriodicLaunch } from './rows.ts';
import type { WatchKey } from './watch.ts';
import type { Node } from '../model/node.ts';
import type { NamespaceRow, NodePool } from '../model/tenancy.ts';
import type { SchedulerConfig } from '../model/scheduler-config.ts';

export interface Snapshot {
  readonly index: Index;
  node(id: NodeId): Node | undefined;
  /** Ordered by id. */
  nodes(): Iterable<Node>;
  nodeCount(): number;
  /** The newest version, stopped ones included. */
  job(namespace: Namespace, id: JobId): Job | undefined;
  /** A version that is still kept: the newest few, and those that allocations run. */
  jobVersion(namespace: Namespace, id: JobId, version: number): Job | undefined;
  jobsInConcurrencyGroup(namespace: Namespace, group: string): Iterable<Job>;
  alloc(id: AllocId): Alloc | undefined;
  /** Terminal ones included, until they are collected. */
  allocsByJob(namespace: Namespace, id: JobId): Iterable<Alloc>;
  allocsByNode(id: NodeId): Iterable<Alloc>;
  evaluation(id: EvalId): Evaluation | undefined;
  evalsByJob(namespace: Namespace, id: JobId): Iterable<Evaluation>;
  deployment(id: DeploymentId): Deployment | undefined;
  latestDeployment(namespace: Namespace, id: JobId): Deployment | undefined;
  readonly schedulerConfig: SchedulerConfig;
}

/** All that reads, controllers and doors may ask of the state. Iterables are ordered by key. */
export interface StateReader extends Snapshot, DiscoveryReader {
  /** An order-free sum over all rows, as hexadecimal text: equal on replicas at one index. */
  readonly hash: string;
  /** The index that an answer about `key` has: never 0, never falling, deletions included. */
  indexOf(key: WatchKey): Index;
  /** Newest versions, stopped ones included, by namespace and id; `prefix` is of the id. */
  jobs(namespace?: Namespace, prefix?: string): Iterable<Job>;
  jobsByParent(namespace: Namespace, parent: JobId): Iterable<Job>;
  /** Kept versions, newest first. */
  jobVersions(namespace: Namespace, id: JobId): Iterable<Job>;
  /** What a kept version was made from. */
  jobSubmission(namespace: Namespace, id: JobId, version: number): JobSubmission | undefined;
  jobSummary(namespace: Namespace, id: JobId): JobSummary | undefined;
  scalingEvents(namespace: Namespace, id: JobId): ScalingEvents | undefined;
  periodicLaunch(namespace: Namespace, id: JobId): PeriodicLaunch | undefined;
  nodesByPrefix(prefix: string): Iterable<Node>;
  allocs(prefix?: string): Iterable<Alloc>;
  allocsByEval(id: EvalId): Iterable<Alloc>;
  allocsByDeployment(id: DeploymentId): Iterable<Alloc>;
  evals(prefix?: string): Iterable<Evaluation>;
  deployments(prefix?: string): Iterable<Deployment>;
  deploymentsByJob(namespace: Namespace, id: JobId): Iterable<Deployment>;
  configRow(): ConfigRow;
  /** Those that somebody described, by name. */
  namespace(name: Namespace): NamespaceRow | undefined;
  namespaces(): Iterable<NamespaceRow>;
  nodePool(name: string): NodePool | undefined;
  nodePools(): Iterable<NodePool>;
  /** Rows by table. */
  counts(): Readonly<Record<string, number>>;
}
