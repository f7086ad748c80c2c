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
import type { Node } from '../model/node.ts';
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
  alloc(id: AllocId): Alloc | undefined;
  /** Terminal ones included, until they are collected. */
  allocsByJob(namespace: Namespace, id: JobId): Iterable<Alloc>;
  allocsByNode(id: NodeId): Iterable<Alloc>;
  evaluation(id: EvalId): Evaluation | undefined;
  deployment(id: DeploymentId): Deployment | undefined;
  latestDeployment(namespace: Namespace, id: JobId): Deployment | undefined;
  readonly schedulerConfig: SchedulerConfig;
}
