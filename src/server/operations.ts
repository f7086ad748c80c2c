/**
 * Everything that a door (the HTTP API, the console, a test) may ask of the servers. Parameters and
 * answers are model values; wire names are the door's affair.
 *
 * Reads are values (`src/core/state/reads.ts`): a function of the state that answers a value and
 * the keys it looked at, so that every read can block. `query` carries them out.
 *
 * Fails (all): `unavailable` no leader, or this server is stopping; `exhausted` the disk is full.
 */
import type { Index, Millis } from '../base/brand.ts';
import type { JsonObject } from '../base/json.ts';
import type { Soon } from '../base/soon.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../core/model/ids.ts';
import type { Job, JobSpec } from '../core/model/job.ts';
import type { JobSource } from '../core/model/job-submission.ts';
import type { PlacementMetrics } from '../core/model/metrics.ts';
import type { Eligibility } from '../core/model/node.ts';
import type { PlanAnnotations } from '../core/model/plan.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { SchedulerConfig } from '../core/model/scheduler-config.ts';
import type { Read } from '../core/state/reads.ts';
import type { StateReader } from '../core/state/snapshot.ts';
import type { CatalogOperations } from './catalog-operations.ts';
import type { KvOperations } from './kv-operations.ts';
import type { ChangeBatch } from './replica.ts';
import type { PlanningOperations } from './planning-operations.ts';
import type { RolloutOperations } from './rollout-operations.ts';
import type { SnapshotOperations } from './snapshot-operations.ts';
import type { TenancyOperations } from './tenancy-operations.ts';
import type { VariableOperations } from './variable-operations.ts';

export interface Operations {
  // Reading

  /** This server's state as of now; free, and unchanged while held. */
  snapshot(): StateReader;
  /**
   * Carries out a read. With `after`, waits until the index of what it read is above `after`, or
   * `waitMs` (bounded, and up to a sixteenth longer) is over, and answers in either case. What
   * needs no waiting is answered at once.
   *
   * Fails: `canceled` when `signal` aborts.
   */
  query<T>(read: Read<T>, options: QueryOptions, signal: AbortSignal): Soon<Answer<T>>;
  /**
   * What changes, entry by entry, from `from` on (absent or 0: from now on), until `signal` aborts.
   *
   * Fails: `not_found` the wanted entries are no longer buffered; `exhausted` the reader is so slow
   * that the buffer ran over it.
   */
  changes(from: Index | undefined, signal: AbortSignal): AsyncIterable<ChangeBatch>;
  /** The servers' own figures, for metrics and `status`. */
  stats(): ServerStats;

  // Keys, locks, sessions, events.

  readonly kv: KvOperations;

  // Namespaces and node pools.

  readonly tenancy: TenancyOperations;

  // Asking before changing.

  readonly planning: PlanningOperations;

  // The state as a file.

  readonly snapshots: SnapshotOperations;
  /** Machines, what they offer, and prepared queries. */
  readonly catalog: CatalogOperations;
  readonly variables: VariableOperations;
  /** Changes of what templates read. */
  readonly rollouts: RolloutOperations;

  // Jobs. Fails: `not_found` `job "x" not found`; `conflict` an index that is no longer so.

  /** Registers a canonical, validated job. Equal to the present version: only evaluates it. */
  registerJob(job: JobSpec, options?: RegisterOptions): Promise<JobReply>;
  /** What `registerJob` would do, on a copy of the state. Changes nothing. */
  planJob(job: JobSpec): Promise<PlanReply>;
  /** Stops it; with `purge`, forgets it too. An unknown job is not an error when it is purged. */
  deregisterJob(
    key: JobKey,
    options: StopOptions & { readonly purge: boolean; readonly evalPriority?: number },
  ): Promise<JobReply>;
  revertJob(key: JobKey, version: number, ifVersion?: number): Promise<JobReply>;
  setJobStability(key: JobKey, version: number, stable: boolean): Promise<Index>;
  /** Names a version, or, without one, takes the name away. Fails: `conflict` it is another's. */
  tagVersion(key: JobKey, tag: VersionTagRequest): Promise<Index>;
  scaleJob(key: JobKey, request: ScaleRequest): Promise<JobReply>;
  /** Reconciles now. Fails: `invalid` for periodic and parameterized jobs. */
  evaluateJob(key: JobKey, options: { readonly forceReschedule: boolean }): Promise<JobReply>;
  dispatchJob(key: JobKey, request: DispatchRequest): Promise<DispatchReply>;
  /** Fails: `invalid` when the job is not periodic. */
  forcePeriodic(key: JobKey): Promise<DispatchReply>;

  // Allocations, evaluations. Fails: `not_found`.

  /** Stops it; its job is evaluated and places another. */
  stopAlloc(id: AllocId, options?: StopOptions): Promise<EvalReply>;
  deleteEvals(ids: readonly EvalId[]): Promise<Index>;

  // Deployments. Fails: `not_found`; `invalid` when it is over, or cannot be promoted (and why).

  /** Without `groups`: all. */
  promoteDeployment(id: DeploymentId, groups?: readonly string[]): Promise<DeploymentReply>;
  failDeployment(id: DeploymentId): Promise<DeploymentReply>;
  pauseDeployment(id: DeploymentId, pause: boolean): Promise<DeploymentReply>;
  unblockDeployment(id: DeploymentId): Promise<DeploymentReply>;
  setAllocHealth(id: DeploymentId, health: HealthRequest): Promise<DeploymentReply>;

  // Nodes. Fails: `not_found`.

  /** Absent `drain`: calls it off. */
  drainNode(id: NodeId, request: DrainRequest): Promise<NodeReply>;
  setNodeEligibility(id: NodeId, eligibility: Eligibility): Promise<NodeReply>;
  /** Forgets the node; its allocations are lost. */
  purgeNode(id: NodeId): Promise<NodeReply>;
  /** Evaluates every job that has allocations there, and all system jobs. */
  evaluateNode(id: NodeId): Promise<NodeReply>;

  // The cluster

  /** With `ifModifyIndex`: answers `updated: false` when the configuration's index is another. */
  setSchedulerConfig(
    config: SchedulerConfig,
    ifModifyIndex?: Index,
  ): Promise<{ readonly updated: boolean; readonly index: Index }>;
  /** Collects all garbage now, however young. */
  collectGarbage(): Promise<void>;
  /** Counts every job's summary anew. The counts are kept exact, so this only answers. */
  reconcileSummaries(): Promise<void>;
}

export type JobKey = Readonly<{ namespace: Namespace; id: JobId }>;

export interface QueryOptions {
  /** Absent or 0: answer at once. */
  readonly after?: Index;
  /** [ms]; absent: five minutes. At most ten. */
  readonly waitMs?: number;
  readonly consistency?: 'stale' | 'default' | 'consistent';
  /** True: answer at once where `after` lies beyond this server's log. */
  readonly resets?: boolean;
}

export interface Answer<T> {
  readonly value: T;
  /** Of what was read, deletions included; never 0, never falling. */
  readonly index: Index;
  /** How old the answer may be [ms]; 0 from a leader. */
  readonly lastContactMs: number;
  readonly knownLeader: boolean;
}

/** How what runs is to end. */
export interface StopOptions {
  /** Without waiting out any `shutdown_delay`. */
  readonly noShutdownDelay?: boolean;
}

export interface RegisterOptions {
  /** Refuse unless the job's `jobModifyIndex` is this; 0: it must be new. */
  readonly ifModifyIndex?: Index;
  readonly preserveCounts?: boolean;
  /** Of the evaluation; absent: the job's. */
  readonly evalPriority?: number;
  /** What the job was made from; kept with its version. */
  readonly submission?: JobSource;
}

/** Answer to whatever changes a job. */
export interface JobReply {
  /** Absent where nothing is to be evaluated (periodic and parameterized jobs). */
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly jobModifyIndex: Index;
  /** Index of the entry. */
  readonly index: Index;
}

export interface PlanReply {
  readonly annotations: PlanAnnotations;
  /** By group: what would not be placed, and why. */
  readonly failedGroups: Readonly<Record<string, PlacementMetrics>>;
  /** What would follow: blocked and delayed evaluations, and rolling updates. */
  readonly createdEvals: readonly Evaluation[];
  /** Of the present version; 0 where there is none. For `-check-index`. */
  readonly jobModifyIndex: Index;
  /** The version it would replace: the two sides of the diff. */
  readonly previous?: Job;
  /** The version it would become. */
  readonly next: Job;
  /** For periodic jobs: when it would run next. */
  readonly nextPeriodicLaunchAt?: Millis;
  readonly index: Index;
}

export interface VersionTagRequest {
  readonly name: string;
  readonly description: string;
  /** Absent: nothing is to have this name. */
  readonly version?: number;
}

export interface ScaleRequest {
  readonly group: string;
  /** Absent: only a note is kept. */
  readonly count?: number;
  readonly message: string;
  readonly error: boolean;
  readonly meta: JsonObject;
}

export interface DispatchRequest {
  /** Base64, at most 16 KiB decoded; empty: none. */
  readonly payload: string;
  readonly meta: Readonly<Record<string, string>>;
  /** Not empty: a second dispatch with the same token answers the first one's child. */
  readonly idempotencyToken: string;
  /** Replaces `dispatch` in the child's id where not empty. */
  readonly idPrefix: string;
}

export interface DispatchReply {
  readonly childId: JobId;
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly jobCreateIndex: Index;
  readonly index: Index;
}

export interface EvalReply {
  readonly evalId: EvalId;
  readonly index: Index;
}

export interface DeploymentReply {
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly deploymentModifyIndex: Index;
  /** The version the job was put back to, where failing it reverts. */
  readonly revertedJobVersion?: number;
  readonly index: Index;
}

export interface HealthRequest {
  readonly healthy: readonly AllocId[];
  readonly unhealthy: readonly AllocId[];
}

export interface DrainRequest {
  readonly drain?: {
    /** [ms]; negative: at once, 0: no deadline. */
    readonly deadlineMs: number;
    readonly ignoreSystemJobs: boolean;
  };
  /** When called off: take new work again. */
  readonly markEligible: boolean;
  readonly meta?: Readonly<Record<string, string>>;
}

export interface NodeReply {
  readonly evalIds: readonly EvalId[];
  readonly evalCreateIndex: Index;
  readonly nodeModifyIndex: Index;
  readonly index: Index;
}

export interface ServerStats {
  readonly leading: boolean;
  readonly index: Index;
  /** An order-free sum over all rows: equal on replicas at the same index. */
  readonly stateHash: string;
  readonly broker: {
    readonly ready: number;
    readonly unacked: number;
    readonly pendingByJob: number;
    readonly waiting: number;
    readonly blocked: number;
    readonly byType: Readonly<Record<string, { readonly ready: number; readonly unacked: number }>>;
  };
  /** Evaluations that this server decided, for itself or for whoever leads. */
  readonly decided: number;
  readonly parkedQueries: number;
  readonly rows: Readonly<Record<string, number>>;
}
