/**
 * One instance of a task group, bound to one node. Immutable: a change makes a new value.
 *
 * Rows are lean on purpose (a server holds a million): what a group asks for is read from the job
 * version the allocation names, and values that many allocations share (metrics, resources) are
 * shared by reference.
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from './ids.ts';
import type { AssignedPort } from './network.ts';
import type { PlacementMetrics } from './metrics.ts';

export type DesiredStatus = 'run' | 'stop' | 'evict';
export type ClientStatus = 'pending' | 'running' | 'complete' | 'failed' | 'lost' | 'unknown';

export interface Alloc {
  readonly id: AllocId;
  readonly namespace: Namespace;
  readonly evalId: EvalId;
  /** `<job>.<group>[<n>]`, unique among the job's live allocations. */
  readonly name: string;
  readonly nodeId: NodeId;
  readonly nodeName: string;
  readonly jobId: JobId;
  readonly jobVersion: number;
  readonly group: string;
  readonly resources: AllocResources;
  /** Every host port it holds: the group's first, then its tasks'. */
  readonly ports: readonly AssignedPort[];
  readonly metrics: PlacementMetrics;
  readonly desiredStatus: DesiredStatus;
  readonly desiredDescription: string;
  readonly desiredTransition?: DesiredTransition;
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
  readonly deploymentId?: DeploymentId;
  readonly deploymentStatus?: AllocDeploymentStatus;
  readonly previousAllocId?: AllocId;
  readonly nextAllocId?: AllocId;
  /** The evaluation that will replace it later. */
  readonly followupEvalId?: EvalId;
  /** What was evicted so that it fits. */
  readonly preemptedAllocs?: readonly AllocId[];
  /** For whose sake it was evicted. */
  readonly preemptedBy?: AllocId;
  readonly reschedules: readonly RescheduleEvent[];
  readonly networkStatus?: AllocNetworkStatus;
  /** When its client last went silent; absent while it is heard from. */
  readonly disconnectedAt?: Millis;
  readonly createdAt: Millis;
  readonly modifiedAt: Millis;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
  /** Index of the last change made by the servers rather than by its client. */
  readonly allocModifyIndex: Index;
}

/** What the allocation takes of its node, all tasks together. */
export interface AllocResources {
  readonly cpu: number;
  readonly memoryMb: number;
  /** What memory may grow to where oversubscription is allowed. */
  readonly memoryMaxMb: number;
  readonly diskMb: number;
  readonly cores: readonly number[];
  readonly devices: readonly {
    readonly vendor: string;
    readonly type: string;
    readonly name: string;
    readonly task: string;
    readonly ids: readonly string[];
  }[];
}

/** What a person or a controller wants of it next. */
export interface DesiredTransition {
  readonly migrate: boolean;
  readonly reschedule: boolean;
  readonly forceReschedule: boolean;
  /** When it is stopped, no `shutdown_delay` is waited out. */
  readonly noShutdownDelay?: boolean;
}

export interface AllocDeploymentStatus {
  /** Absent until decided. */
  readonly healthy?: boolean;
  readonly canary: boolean;
  readonly at: Millis;
  readonly modifyIndex: Index;
}

export interface RescheduleEvent {
  readonly at: Millis;
  readonly previousAllocId: AllocId;
  readonly previousNodeId: NodeId;
  readonly delayMs: number;
}

export interface AllocNetworkStatus {
  readonly interfaceName: string;
  readonly address: string;
}

export interface TaskState {
  readonly state: 'pending' | 'running' | 'dead';
  readonly failed: boolean;
  readonly restarts: number;
  readonly lastRestartAt?: Millis;
  readonly startedAt?: Millis;
  readonly finishedAt?: Millis;
  /** Oldest first, at most ten. */
  readonly events: readonly TaskEvent[];
}

export interface TaskEvent {
  /**
   * `Received Task Setup Started Terminated Restarting Killing Killed ...`, as Nomad names them.
   */
  readonly type: string;
  readonly at: Millis;
  readonly message: string;
  readonly displayMessage: string;
  readonly failsTask: boolean;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly details: Readonly<Record<string, string>>;
}

/** True once no process of this allocation can still be running, as far as its client said. */
export function isClientTerminal(alloc: Pick<Alloc, 'clientStatus'>): boolean {
  switch (alloc.clientStatus) {
    case 'complete':
    case 'failed':
    case 'lost':
      return true;
    case 'pending':
    case 'running':
    case 'unknown':
      return false;
  }
}

/** What the description says of one that was ended because it ran for too long. */
export const OVERRAN = 'allocation exceeded max_run_duration';

/** True once it holds nothing of its node: told to stop, or ended by itself. */
export function isTerminal(alloc: Pick<Alloc, 'clientStatus' | 'desiredStatus'>): boolean {
  return alloc.desiredStatus !== 'run' || isClientTerminal(alloc);
}

/** True while others may be sent to it: it is to run, and its client is heard of. */
export function isFindable(alloc: Pick<Alloc, 'clientStatus' | 'desiredStatus'>): boolean {
  return !isTerminal(alloc) && alloc.clientStatus !== 'unknown';
}
