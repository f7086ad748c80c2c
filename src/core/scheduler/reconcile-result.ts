/** What reconciliation answers: what is to be placed, stopped and kept, with no node chosen yet. */
import type { Alloc } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { DeploymentTotals, DesiredUpdates, InPlaceUpdate, Plan, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';

/** One instance that wants a node. */
export interface PlaceRequest {
  readonly name: string;
  readonly canary: boolean;
  /** Set where an older version of the job is to be placed. */
  readonly jobVersion?: number;
  readonly deploymentId?: DeploymentId;
  /** What it follows, running or not. */
  readonly previous?: Alloc;
  /** Still running (or failed and kept); stopped with this placement, or not at all (Z1). */
  readonly replaces?: Alloc;
  /** What is written on the stop of `replaces`. */
  readonly stopDescription?: string;
  /** It follows a failed one, whose nodes are to be avoided. */
  readonly reschedule: boolean;
  readonly rescheduleDelayMs?: number;
}

/** One group of the job, decided. */
export interface GroupResult {
  readonly group: TaskGroup;
  /** Best effort in this order: replacements first. */
  readonly place: readonly PlaceRequest[];
}

export interface ReconcileResult {
  readonly groups: readonly GroupResult[];
  readonly stops: readonly Stop[];
  readonly updates: readonly InPlaceUpdate[];
  /** A deployment to be created with this plan. */
  readonly deployment: Deployment | undefined;
  readonly deploymentUpdates: Plan['deploymentUpdates'];
  readonly deploymentTotals?: DeploymentTotals;
  /** The rollout that this evaluation is about: the new one, or the one that runs. */
  readonly deploymentId: DeploymentId | undefined;
  /** Delayed evaluations. */
  readonly followUps: readonly Evaluation[];
  readonly desired: Readonly<Record<string, DesiredUpdates>>;
}
