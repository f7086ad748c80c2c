/**
 * Every fact that can happen to the cluster. The log is a list of these; `apply` is their only
 * reader.
 *
 * E1: append only: no type or field is ever renamed, reused or repurposed; new fields are optional.
 * E2: an entry leaves nothing to chance: instants, ids and seeds in it were drawn at the edge.
 *     Evaluations that follow from a fact for jobs which only `apply` can know (those on a failed
 *     node) get ids derived from the entry's `seed`, so each replica makes the same ones and no
 *     job slips between the reading and the writing.
 * E3: an entry is bounded: at most `PLACEMENTS_PER_ENTRY_MAX` placements, and as many of any other
 *     rows. Larger sets are several entries.
 *
 * Evaluations and deployments inside an entry carry index 0: `apply` stamps them.
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import type { JobSource } from '../model/job-submission.ts';
import type {
  DrainStrategy,
  Eligibility,
  NodeEvent,
  NodeFacts,
  NodeStatus,
} from '../model/node.ts';
import type { Plan } from '../model/plan.ts';
import type { SchedulerConfig } from '../model/scheduler-config.ts';
import type { DiscoveryEntry } from './discovery-entry.ts';
import type { TenancyEntry } from './tenancy-entry.ts';
import type { RolloutEntry } from './rollout-entry.ts';
import type { VariableEntry } from './variable-entry.ts';
import type { Alloc, AllocDeploymentStatus, DesiredTransition } from '../model/alloc.ts';
import type { DeploymentStatus } from '../model/deployment.ts';

/** Everything that can happen. Each carries `at`: when the edge saw it, on the edge's clock. */
export type Entry =
  | JobEntry
  | NodeEntry
  | EvalEntry
  | AllocEntry
  | DeploymentEntry
  | ClusterEntry
  | DiscoveryEntry
  | VariableEntry
  | TenancyEntry
  | RolloutEntry;

export type EntryType = Entry['type'];

export type JobEntry =
  | JobRegistered
  | JobDeregistered
  | JobStability
  | JobTagged
  | JobScaled
  | JobDispatched
  | PeriodicLaunched;

/** A job as its owner wants it. Equal to the newest version: only the evaluation comes of it. */
export type JobRegistered = Readonly<{
  type: 'job.register';
  at: Millis;
  job: JobSpec;
  /** Refused with `conflict` unless the job's `jobModifyIndex` is this; 0: the job must be new. */
  ifModifyIndex?: Index;
  /** Keep the counts of groups that exist already: an autoscaler owns them. */
  preserveCounts?: boolean;
  /** Registers the spec of this kept version instead of `job` (revert); `job` is then ignored. */
  revertTo?: number;
  /** With `revertTo`: refused unless the newest version is this. */
  ifVersion?: number;
  /** Absent for periodic and parameterized jobs, which run nothing themselves. */
  evaluation?: Evaluation;
  /** What the job was made from; kept with the version that comes of it. */
  submission?: JobSource;
}>;

export type JobDeregistered = Readonly<{
  type: 'job.deregister';
  at: Millis;
  namespace: Namespace;
  jobId: JobId;
  /** True: forget the job and its versions; false: keep it, stopped. */
  purge: boolean;
  evaluation?: Evaluation;
}>;

export type JobStability = Readonly<{
  type: 'job.stability';
  at: Millis;
  namespace: Namespace;
  jobId: JobId;
  version: number;
  stable: boolean;
}>;

/** Names a version, or (without `version`) takes a name away again. */
export type JobTagged = Readonly<{
  type: 'job.tag';
  at: Millis;
  namespace: Namespace;
  jobId: JobId;
  name: string;
  description: string;
  version?: number;
}>;

/** A change of one group's count, or (without `count`) a note of an autoscaler. */
export type JobScaled = Readonly<{
  type: 'job.scale';
  at: Millis;
  namespace: Namespace;
  jobId: JobId;
  group: string;
  count?: number;
  message: string;
  error: boolean;
  meta: JsonObject;
  evaluation?: Evaluation;
}>;

/** A child of a parameterized job. */
export type JobDispatched = Readonly<{
  type: 'job.dispatch';
  at: Millis;
  parentId: JobId;
  child: JobSpec;
  evaluation: Evaluation;
}>;

/** A child of a periodic job. Refused with `conflict` when this launch was made already. */
export type PeriodicLaunched = Readonly<{
  type: 'periodic.launch';
  at: Millis;
  namespace: Namespace;
  parentId: JobId;
  /** The instant of the schedule that it stands for. */
  launchAt: Millis;
  /** Asked for by a person: does not move the schedule on. */
  forced: boolean;
  /** Absent: the launch was skipped because the last one still runs. */
  child?: JobSpec;
  evaluation?: Evaluation;
}>;

export type NodeEntry =
  | NodeRegistered
  | NodeStatusChanged
  | NodeEligibilityChanged
  | NodeDrained
  | NodeDeregistered
  | NodeEventsNoted;

export type NodeRegistered = Readonly<{
  type: 'node.register';
  at: Millis;
  node: NodeFacts;
  seed: string;
}>;

/** The servers' verdict on a node's life. Equal to the present one: nothing changes. */
export type NodeStatusChanged = Readonly<{
  type: 'node.status';
  at: Millis;
  nodeId: NodeId;
  status: NodeStatus;
  description: string;
  event?: NewNodeEvent;
  seed: string;
}>;

export type NodeEligibilityChanged = Readonly<{
  type: 'node.eligibility';
  at: Millis;
  nodeId: NodeId;
  eligibility: Eligibility;
  event?: NewNodeEvent;
  seed: string;
}>;

export type NodeDrained = Readonly<{
  type: 'node.drain';
  at: Millis;
  nodeId: NodeId;
  /** Absent: the drain is over, or was called off. */
  drain?: DrainStrategy;
  /** Without `drain`: let it take new work again. */
  markEligible: boolean;
  /** Without `drain`: refused unless the drain is the one that began then. */
  ifStartedAt?: Millis;
  event?: NewNodeEvent;
  seed: string;
}>;

export type NodeDeregistered = Readonly<{
  type: 'node.deregister';
  at: Millis;
  nodeIds: readonly NodeId[];
  seed: string;
}>;

export type NewNodeEvent = Omit<NodeEvent, 'createIndex'>;

export type NodeEventsNoted = Readonly<{
  type: 'node.events';
  at: Millis;
  events: readonly Readonly<{ nodeId: NodeId; event: NewNodeEvent }>[];
}>;

export type EvalEntry = EvalsUpserted | EvalsDeleted;

export type EvalsUpserted = Readonly<{
  type: 'evals.upsert';
  at: Millis;
  evals: readonly Evaluation[];
}>;

export type EvalsDeleted = Readonly<{
  type: 'evals.delete';
  at: Millis;
  evalIds: readonly EvalId[];
}>;

export type AllocEntry = PlanApplied | AllocsClientUpdated | AllocsTransitioned;

/** A scheduler's proposal; `verify` refuses, node by node, what no longer fits. */
export type PlanApplied = Readonly<{
  type: 'plan.apply';
  at: Millis;
  plan: Plan;
  /** Written only if nothing of the plan was refused: what became of the evaluation. */
  evals: readonly Evaluation[];
}>;

/** What a client knows better than the servers of one allocation. */
export type AllocClientFacts = Pick<
  Alloc,
  'id' | 'clientStatus' | 'clientDescription' | 'taskStates' | 'networkStatus'
> &
  Readonly<{ deploymentStatus?: Pick<AllocDeploymentStatus, 'healthy' | 'at'>; at: Millis }>;

/** Clients' reports. Failed and ended ones make an evaluation of their job, one for each job. */
export type AllocsClientUpdated = Readonly<{
  type: 'allocs.client-update';
  at: Millis;
  updates: readonly AllocClientFacts[];
  seed: string;
}>;

/** What a person or a controller wants of allocations next. */
export type AllocsTransitioned = Readonly<{
  type: 'allocs.transition';
  at: Millis;
  allocIds: readonly AllocId[];
  transition: Partial<DesiredTransition>;
  evals: readonly Evaluation[];
}>;

export type DeploymentEntry = DeploymentStatusChanged | DeploymentPromoted | DeploymentHealthSet;

/** Going back to the version that last succeeded. */
export type JobRevert = Readonly<{ namespace: Namespace; jobId: JobId; version: number }>;

export type DeploymentStatusChanged = Readonly<{
  type: 'deployment.status';
  at: Millis;
  deploymentId: DeploymentId;
  status: DeploymentStatus;
  description: string;
  /** With status `successful`: the job's version becomes stable. */
  evaluation?: Evaluation;
  revert?: JobRevert;
  /** Refused with `conflict` unless the deployment's `modifyIndex` is this. */
  ifModifyIndex?: Index;
}>;

export type DeploymentPromoted = Readonly<{
  type: 'deployment.promote';
  at: Millis;
  deploymentId: DeploymentId;
  /** Absent: every group. */
  groups?: readonly string[];
  evaluation?: Evaluation;
}>;

export type DeploymentHealthSet = Readonly<{
  type: 'deployment.alloc-health';
  at: Millis;
  deploymentId: DeploymentId;
  healthy: readonly AllocId[];
  unhealthy: readonly AllocId[];
  status?: Readonly<{ status: DeploymentStatus; description: string }>;
  evaluation?: Evaluation;
  revert?: JobRevert;
}>;

export type ClusterEntry = SchedulerConfigured | GarbageReaped | StateRestored;

export type SchedulerConfigured = Readonly<{
  type: 'scheduler.config';
  at: Millis;
  config: SchedulerConfig;
  /** Refused with `conflict` unless the configuration's index is this. */
  ifModifyIndex?: Index;
}>;

/** Old rows go. Each is looked at once more: what is alive again by now stays. */
export type GarbageReaped = Readonly<{
  type: 'gc.reap';
  at: Millis;
  evalIds: readonly EvalId[];
  allocIds: readonly AllocId[];
  deploymentIds: readonly DeploymentId[];
  jobs: readonly Readonly<{ namespace: Namespace; jobId: JobId }>[];
  nodeIds: readonly NodeId[];
}>;

/** The state is to be what a snapshot holds: each row of each table, and no other. */
export type StateRestored = Readonly<{
  type: 'state.restore';
  at: Millis;
  rows: readonly (readonly [table: string, key: string, row: unknown])[];
}>;
