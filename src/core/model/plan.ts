/**
 * What the scheduler proposes for one evaluation. It leaves no choice to its executor, and says
 * which state it was based on: `verify` in apply refuses, node by node, what no longer fits.
 */
import type { Index } from '../../base/brand.ts';
import type { Alloc, AllocResources, ClientStatus, RescheduleEvent } from './alloc.ts';
import type { Deployment, DeploymentGroup, DeploymentStatus } from './deployment.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from './ids.ts';
import type { PlacementMetrics } from './metrics.ts';
import type { AssignedPort } from './network.ts';

export interface Plan {
  readonly evalId: EvalId;
  readonly priority: number;
  readonly basedOn: Index;
  readonly namespace: Namespace;
  readonly jobId: JobId;
  /** Version the placements belong to. */
  readonly jobVersion: number;
  /** Place all or nothing. */
  readonly allAtOnce: boolean;
  readonly placements: readonly Placement[];
  readonly stops: readonly Stop[];
  /** Allocations that go on unchanged under the new job version. */
  readonly updates: readonly InPlaceUpdate[];
  /** Evictions in favour of this job. */
  readonly preemptions: readonly Eviction[];
  readonly deployment?: Deployment;
  readonly deploymentUpdates: readonly {
    readonly id: DeploymentId;
    readonly status: DeploymentStatus;
    readonly statusDescription: string;
  }[];
  /** What a running deployment is to come to, where nodes came or went since it began. */
  readonly deploymentTotals?: DeploymentTotals;
}

export interface DeploymentTotals {
  readonly id: DeploymentId;
  readonly groups: Readonly<
    Record<string, Pick<DeploymentGroup, 'desiredTotal' | 'desiredCanaries'>>
  >;
}

/** An allocation that goes for the sake of a placement. */
export interface Eviction {
  readonly allocId: AllocId;
  readonly nodeId: NodeId;
  /** The placement. */
  readonly byAllocId?: AllocId;
}

/** One new allocation. Equal `resources` and `metrics` are one shared object. */
export interface Placement {
  readonly id: AllocId;
  readonly name: string;
  readonly group: string;
  /**
   * Set where it is not the plan's: an older version's instance replaced beside unpromoted
   * canaries.
   */
  readonly jobVersion?: number;
  readonly nodeId: NodeId;
  readonly resources: AllocResources;
  readonly ports: readonly AssignedPort[];
  readonly metrics: PlacementMetrics;
  readonly canary: boolean;
  readonly deploymentId?: DeploymentId;
  readonly previousAllocId?: AllocId;
  /** What goes for its sake. */
  readonly preemptedAllocs?: readonly AllocId[];
  readonly reschedules: readonly RescheduleEvent[];
}

export interface Stop {
  readonly allocId: AllocId;
  readonly nodeId: NodeId;
  readonly desiredStatus: 'stop' | 'run';
  /** Shown to people: `alloc not needed due to job update`. */
  readonly description: string;
  /** Set where the client cannot say it itself: `lost`, `unknown`. */
  readonly clientStatus?: ClientStatus;
  readonly followupEvalId?: EvalId;
}

export interface InPlaceUpdate {
  readonly allocId: AllocId;
  readonly nodeId: NodeId;
  readonly deploymentId?: DeploymentId;
  readonly resources: AllocResources;
}

/** What a plan would change, counted by group: printed by `plan`. */
export interface PlanAnnotations {
  readonly desired: Readonly<Record<string, DesiredUpdates>>;
  readonly preempted: readonly Pick<Alloc, 'id' | 'jobId' | 'group'>[];
}

export interface DesiredUpdates {
  readonly ignore: number;
  readonly place: number;
  readonly migrate: number;
  readonly stop: number;
  readonly inPlaceUpdate: number;
  readonly destructiveUpdate: number;
  readonly canary: number;
  readonly preemptions: number;
}
