/** What the job endpoints take and answer, besides jobs themselves. */
import type { Index, Millis } from '../../base/brand.ts';
import type { JsonObject } from '../../base/json.ts';
import type { AllocId, EvalId, JobId, Namespace } from '../../core/model/ids.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import type { Job, JobDraft } from '../../core/model/job.ts';
import type { JobSource } from '../../core/model/job-submission.ts';
import type { PlacementMetrics } from '../../core/model/metrics.ts';
import type { DesiredUpdates, PlanAnnotations } from '../../core/model/plan.ts';
import type { ScalingEvent } from '../../core/model/scaling-event.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  asDraft,
  bool,
  freeForm,
  instantNs,
  instantText,
  int,
  list,
  listOf,
  map,
  maybe,
  nested,
  text,
  textMap,
  texts,
  verbatim,
} from '../codec/fields.ts';
import { EVALUATION } from './eval-codec.ts';
import type { JobDiff } from './job-diff.ts';
import { JOB } from './job-codec.ts';
import { METRICS } from './metrics-codec.ts';
import { JOB_SOURCE } from './submission-codec.ts';

/** What `PUT /v1/jobs` takes. */
export interface RegisterBody {
  readonly job: JobDraft;
  /** With it, refuse unless the job's index is `jobModifyIndex`. */
  readonly enforceIndex: boolean;
  readonly jobModifyIndex: Index;
  readonly preserveCounts: boolean;
  readonly evalPriority: number;
  /** What the job was made from. */
  readonly submission?: JobSource;
}

const JOB_DRAFT = asDraft<Job, JobDraft>(JOB);

export const REGISTER_BODY: Shape<RegisterBody> = shape({
  job: nested('Job', JOB_DRAFT),
  enforceIndex: bool('EnforceIndex'),
  jobModifyIndex: int('JobModifyIndex'),
  preserveCounts: bool('PreserveCounts'),
  evalPriority: int('EvalPriority'),
  submission: maybe(nested('Submission', JOB_SOURCE)),
});

/** Answer to whatever changes a job. */
export interface JobChanged {
  /** Absent where nothing is to be evaluated. */
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly jobModifyIndex: Index;
  /** For people, lines joined; empty: none. */
  readonly warnings: string;
  readonly index: Index;
}

export const JOB_CHANGED: Shape<JobChanged> = shape(
  {
    evalId: maybe(text('EvalID')),
    evalCreateIndex: int('EvalCreateIndex'),
    jobModifyIndex: int('JobModifyIndex'),
    warnings: text('Warnings'),
    index: int('Index'),
  },
  { LastContact: 0, KnownLeader: false },
);

export interface PlanBody {
  readonly job: JobDraft;
  /** Answer the difference too. */
  readonly diff: boolean;
}

export const PLAN_BODY: Shape<PlanBody> = shape(
  { job: nested('Job', JOB_DRAFT), diff: bool('Diff') },
  { PolicyOverride: false },
);

/** What registering a job would do. */
export interface PlanAnswer {
  readonly annotations?: PlanAnnotations;
  readonly failedGroups: Readonly<Record<string, PlacementMetrics>>;
  readonly jobModifyIndex: Index;
  readonly createdEvals: readonly Evaluation[];
  /** In the wire's form; absent unless asked for. */
  readonly diff?: JobDiff;
  readonly nextPeriodicLaunchAt?: Millis;
  readonly warnings: string;
}

const DESIRED: Shape<DesiredUpdates> = shape({
  ignore: int('Ignore'),
  place: int('Place'),
  migrate: int('Migrate'),
  stop: int('Stop'),
  inPlaceUpdate: int('InPlaceUpdate'),
  destructiveUpdate: int('DestructiveUpdate'),
  canary: int('Canary'),
  preemptions: int('Preemptions'),
});

type Preempted = PlanAnnotations['preempted'][number];

const ANNOTATIONS: Shape<PlanAnnotations> = shape({
  desired: map('DesiredTGUpdates', DESIRED, {}),
  preempted: list(
    'PreemptedAllocs',
    shape<Preempted>({ id: text('ID'), jobId: text('JobID'), group: text('TaskGroup') }),
  ),
});

export const PLAN_ANSWER: Shape<PlanAnswer> = shape({
  annotations: maybe(nested('Annotations', ANNOTATIONS)),
  failedGroups: map('FailedTGAllocs', METRICS),
  jobModifyIndex: int('JobModifyIndex'),
  createdEvals: list('CreatedEvals', EVALUATION),
  diff: maybe(nested('Diff', verbatim<JobDiff>())),
  nextPeriodicLaunchAt: maybe(instantText('NextPeriodicLaunch')),
  warnings: text('Warnings'),
});

export interface ParseBody {
  /** The job file's text. */
  readonly source: string;
  /** A variables file's text. */
  readonly variables: string;
  readonly canonicalize: boolean;
}

export const PARSE_BODY: Shape<ParseBody> = shape({
  source: text('JobHCL'),
  variables: text('Variables'),
  canonicalize: bool('Canonicalize'),
});

export const PARSED_JOB = JOB_DRAFT;

export interface ValidateAnswer {
  readonly driverConfigValidated: boolean;
  readonly errors: readonly string[];
  /** All errors as one text; empty: none. */
  readonly error: string;
  readonly warnings: string;
}

export const VALIDATE_BODY: Shape<{ readonly job: JobDraft }> = shape({
  job: nested('Job', JOB_DRAFT),
});

export const VALIDATE_ANSWER: Shape<ValidateAnswer> = shape({
  driverConfigValidated: bool('DriverConfigValidated'),
  errors: texts('ValidationErrors'),
  error: text('Error'),
  warnings: text('Warnings'),
});

/** Newest first; `diffs[i]` leads from `versions[i + 1]` to `versions[i]`. */
export interface VersionsAnswer {
  readonly versions: readonly Job[];
  readonly diffs: readonly JobDiff[];
}

export interface DispatchBody {
  /** Base64. */
  readonly payload: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly idPrefix: string;
}

export const DISPATCH_BODY: Shape<DispatchBody> = shape({
  payload: text('Payload', null),
  meta: textMap('Meta'),
  idPrefix: text('IdPrefixTemplate'),
});

export interface Dispatched {
  readonly childId: JobId;
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly jobCreateIndex: Index;
  readonly index: Index;
}

export const DISPATCHED: Shape<Dispatched> = shape({
  childId: text('DispatchedJobID'),
  evalId: maybe(text('EvalID')),
  evalCreateIndex: int('EvalCreateIndex'),
  jobCreateIndex: int('JobCreateIndex'),
  index: int('Index'),
});

export interface RevertBody {
  readonly version: number;
  /** Refuse unless the job is at this version. */
  readonly ifVersion?: number;
}

export const REVERT_BODY: Shape<RevertBody> = shape({
  version: int('JobVersion'),
  ifVersion: maybe(int('EnforcePriorVersion', null)),
});

/** What is said of a version with its name. */
export interface TagBody {
  /** Absent: the newest. */
  readonly version?: number;
  readonly description: string;
}

export const TAG_BODY: Shape<TagBody> = shape({
  version: maybe(int('Version', null)),
  description: text('Description'),
});

export interface StableBody {
  readonly version: number;
  readonly stable: boolean;
}

export const STABLE_BODY: Shape<StableBody> = shape({
  version: int('JobVersion'),
  stable: bool('Stable'),
});

/** Answer that holds an index and nothing else. */
export interface Indexed {
  readonly index: Index;
}

export const JOB_INDEXED: Shape<Indexed> = shape({ index: int('JobModifyIndex') });

export interface EvaluateBody {
  readonly options: { readonly forceReschedule: boolean };
}

export const EVALUATE_BODY: Shape<EvaluateBody> = shape({
  options: nested(
    'EvalOptions',
    shape<EvaluateBody['options']>({ forceReschedule: bool('ForceReschedule') }),
  ),
});

export interface ScaleBody {
  /** Absent: only a note is kept. */
  readonly count?: number;
  readonly target: { readonly group: string };
  readonly message: string;
  readonly error: boolean;
  /** Whatever an autoscaler noted, numbers and lists too. */
  readonly meta: JsonObject;
}

export const SCALE_BODY: Shape<ScaleBody> = shape({
  count: maybe(int('Count', null)),
  target: nested('Target', shape<ScaleBody['target']>({ group: text('Group') })),
  message: text('Message'),
  error: bool('Error'),
  meta: freeForm('Meta'),
});

export interface GroupScale {
  readonly desired: number;
  readonly placed: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
  /** Newest first. */
  readonly events: readonly ScalingEvent[];
}

export interface ScaleAnswer {
  readonly jobId: JobId;
  readonly namespace: Namespace;
  readonly jobCreateIndex: Index;
  readonly jobModifyIndex: Index;
  readonly stopped: boolean;
  readonly groups: Readonly<Record<string, GroupScale>>;
}

const SCALING_EVENT: Shape<ScalingEvent> = shape({
  at: instantNs('Time'),
  count: maybe(int('Count', null)),
  previousCount: int('PreviousCount'),
  message: text('Message'),
  error: bool('Error'),
  meta: freeForm('Meta'),
  evalId: maybe(text('EvalID', null)),
  createIndex: int('CreateIndex'),
});

const GROUP_SCALE: Shape<GroupScale> = shape({
  desired: int('Desired'),
  placed: int('Placed'),
  running: int('Running'),
  healthy: int('Healthy'),
  unhealthy: int('Unhealthy'),
  events: list('Events', SCALING_EVENT),
});

export const SCALE_ANSWER: Shape<ScaleAnswer> = shape({
  jobId: text('JobID'),
  namespace: text('Namespace'),
  jobCreateIndex: int('JobCreateIndex'),
  jobModifyIndex: int('JobModifyIndex'),
  stopped: bool('JobStopped'),
  groups: map('TaskGroups', GROUP_SCALE, {}),
});

/** A scaling policy as lists show it. */
export interface ScalingPolicyStub {
  readonly id: string;
  readonly enabled: boolean;
  readonly type: string;
  readonly target: Readonly<Record<string, string>>;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

export const SCALING_POLICY_STUBS = listOf(
  shape<ScalingPolicyStub>({
    id: text('ID'),
    enabled: bool('Enabled'),
    type: text('Type'),
    target: textMap('Target'),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  }),
);

/** Answer to what makes one evaluation. */
export interface Evaluated {
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly index: Index;
}

export const EVALUATED: Shape<Evaluated> = shape({
  evalId: maybe(text('EvalID')),
  evalCreateIndex: int('EvalCreateIndex'),
  index: int('Index'),
});

export interface DeploymentChanged {
  readonly evalId?: EvalId;
  readonly evalCreateIndex: Index;
  readonly deploymentModifyIndex: Index;
  readonly revertedJobVersion?: number;
  readonly index: Index;
}

export const DEPLOYMENT_CHANGED: Shape<DeploymentChanged> = shape({
  evalId: maybe(text('EvalID')),
  evalCreateIndex: int('EvalCreateIndex'),
  deploymentModifyIndex: int('DeploymentModifyIndex'),
  revertedJobVersion: maybe(int('RevertedJobVersion', null)),
  index: int('Index'),
});

export interface PromoteBody {
  readonly all: boolean;
  readonly groups: readonly string[];
}

export const PROMOTE_BODY: Shape<PromoteBody> = shape({
  all: bool('All'),
  groups: texts('Groups'),
});

export interface PauseBody {
  readonly pause: boolean;
}

export const PAUSE_BODY: Shape<PauseBody> = shape({ pause: bool('Pause') });

export interface HealthBody {
  readonly healthy: readonly AllocId[];
  readonly unhealthy: readonly AllocId[];
}

export const HEALTH_BODY: Shape<HealthBody> = shape({
  healthy: texts('HealthyAllocationIDs'),
  unhealthy: texts('UnhealthyAllocationIDs'),
});
