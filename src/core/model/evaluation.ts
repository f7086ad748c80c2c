/** A request to reconcile a job with what runs of it. */
import type { Index, Millis } from '../../base/brand.ts';
import type { DeploymentId, EvalId, JobId, Namespace, NodeId } from './ids.ts';
import type { JobType } from './job.ts';
import type { PlacementMetrics } from './metrics.ts';

export type EvalStatus = 'blocked' | 'pending' | 'complete' | 'failed' | 'canceled';

/** Nomad's names, as clients print them. */
export type EvalTrigger =
  | 'job-register'
  | 'job-deregister'
  | 'periodic-job'
  | 'node-drain'
  | 'node-update'
  | 'alloc-stop'
  | 'scheduled'
  | 'rolling-update'
  | 'deployment-watcher'
  | 'failed-follow-up'
  | 'max-plan-attempts'
  | 'alloc-failure'
  | 'queued-allocs'
  | 'preemption'
  | 'job-scaling'
  | 'max-disconnect-timeout'
  | 'reconnect';

export interface Evaluation {
  readonly id: EvalId;
  readonly namespace: Namespace;
  readonly priority: number;
  readonly type: JobType;
  readonly triggeredBy: EvalTrigger;
  readonly jobId: JobId;
  readonly jobModifyIndex: Index;
  readonly nodeId?: NodeId;
  readonly nodeModifyIndex?: Index;
  readonly deploymentId?: DeploymentId;
  readonly status: EvalStatus;
  readonly statusDescription: string;
  /** Not before this instant. */
  readonly waitUntil?: Millis;
  readonly nextEval?: EvalId;
  readonly previousEval?: EvalId;
  readonly blockedEval?: EvalId;
  /** By group: what could not be placed, and why. */
  readonly failedGroups: Readonly<Record<string, PlacementMetrics>>;
  /** By group: how many are still to be placed. */
  readonly queuedAllocations: Readonly<Record<string, number>>;
  /** For a blocked evaluation: computed classes known to fit (true) or not (false). */
  readonly classEligibility: Readonly<Record<string, boolean>>;
  readonly escapedComputedClass: boolean;
  readonly annotatePlan: boolean;
  /** Index of the state the evaluation was processed on. */
  readonly snapshotIndex?: Index;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
  readonly createdAt: Millis;
  readonly modifiedAt: Millis;
}
