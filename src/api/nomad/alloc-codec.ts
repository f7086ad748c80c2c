/** Allocations on the wire. Source: https://developer.hashicorp.com/nomad/api-docs/allocations */
import type { JsonObject } from '../../base/json.ts';
import type {
  Alloc,
  AllocDeploymentStatus,
  AllocNetworkStatus,
  DesiredTransition,
  RescheduleEvent,
} from '../../core/model/alloc.ts';
import type { Job, JobType } from '../../core/model/job.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import { OMIT, shape, type Codec, type Shape } from '../codec/codec.ts';
import {
  bool,
  converted,
  duration,
  instantNs,
  instantText,
  int,
  list,
  map,
  maybe,
  nested,
  rewritten,
  text,
  texts,
} from '../codec/fields.ts';
import {
  ALLOCATED,
  allocatedOf,
  legacyResources,
  portsOf,
  resourcesOf,
  type Allocated,
} from './allocated-codec.ts';
import { encodeJob, JOB } from './job-codec.ts';
import { METRICS } from './metrics-codec.ts';
import { TASK_STATE } from './task-state-codec.ts';

const TRANSITION: Shape<DesiredTransition> = shape({
  migrate: bool('Migrate', null),
  reschedule: bool('Reschedule', null),
  forceReschedule: bool('ForceReschedule', null),
  noShutdownDelay: maybe(bool('NoShutdownDelay', OMIT)),
});

const DEPLOYMENT_STATUS: Shape<AllocDeploymentStatus> = shape({
  healthy: maybe(bool('Healthy', null)),
  at: instantText('Timestamp'),
  canary: bool('Canary'),
  modifyIndex: int('ModifyIndex'),
});

const RESCHEDULE_EVENT: Shape<RescheduleEvent> = shape({
  at: instantNs('RescheduleTime'),
  previousAllocId: text('PrevAllocID'),
  previousNodeId: text('PrevNodeID'),
  delayMs: duration('Delay'),
});

interface Tracker {
  readonly events: readonly RescheduleEvent[];
}

/** No events are no tracker. */
const TRACKER: Codec<readonly RescheduleEvent[]> = converted<readonly RescheduleEvent[], Tracker>(
  shape<Tracker>({ events: list('Events', RESCHEDULE_EVENT) }),
  (events) => ({ events }),
  (tracker) => tracker.events,
);

const NETWORK_STATUS: Shape<AllocNetworkStatus> = shape(
  { interfaceName: text('InterfaceName'), address: text('Address') },
  { DNS: null },
);

/** The allocation with its resources told task by task, as the wire has them. */
type AllocWire = Omit<Alloc, 'resources' | 'ports' | 'disconnectedAt'> & {
  readonly allocated: Allocated;
  readonly job?: Job;
};

const ALLOC_WIRE: Shape<AllocWire> = shape(
  {
    id: text('ID'),
    namespace: text('Namespace'),
    evalId: text('EvalID'),
    name: text('Name'),
    nodeId: text('NodeID'),
    nodeName: text('NodeName'),
    jobId: text('JobID'),
    job: maybe(nested('Job', { ...JOB, encode: (job) => encodeJob(job as Job) })),
    jobVersion: int('JobVersion'),
    group: text('TaskGroup'),
    allocated: nested('AllocatedResources', ALLOCATED),
    metrics: nested('Metrics', METRICS),
    desiredStatus: text('DesiredStatus'),
    desiredDescription: text('DesiredDescription'),
    desiredTransition: maybe(nested('DesiredTransition', TRANSITION, {})),
    clientStatus: text('ClientStatus'),
    clientDescription: text('ClientDescription'),
    taskStates: map('TaskStates', TASK_STATE),
    deploymentId: maybe(text('DeploymentID')),
    deploymentStatus: maybe(nested('DeploymentStatus', DEPLOYMENT_STATUS)),
    previousAllocId: maybe(text('PreviousAllocation')),
    nextAllocId: maybe(text('NextAllocation')),
    followupEvalId: maybe(text('FollowupEvalID')),
    preemptedAllocs: maybe(texts('PreemptedAllocations')),
    preemptedBy: maybe(text('PreemptedByAllocation')),
    reschedules: nested('RescheduleTracker', TRACKER),
    networkStatus: maybe(nested('NetworkStatus', NETWORK_STATUS)),
    createdAt: instantNs('CreateTime'),
    modifiedAt: instantNs('ModifyTime'),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
    allocModifyIndex: int('AllocModifyIndex'),
  },
  { Services: null },
);

/** The whole allocation, with the job version that it runs. */
export const ALLOC: Codec<AllocWithJob> = converted<AllocWithJob, AllocWire>(
  rewritten(
    ALLOC_WIRE,
    (wire) => ({ ...wire, ...legacyResources(wire['AllocatedResources'] as JsonObject) }),
    (wire) => wire,
  ),
  ({ alloc, job }) => ({
    ...alloc,
    ...(job === undefined ? {} : { job }),
    allocated: allocatedOf(alloc, job),
  }),
  ({ allocated, job, ...rest }) => ({
    alloc: { ...rest, resources: resourcesOf(allocated), ports: portsOf(allocated) },
    job,
  }),
);

/** An allocation as lists show it. */
export interface AllocStub extends Pick<
  Alloc,
  | 'id'
  | 'evalId'
  | 'name'
  | 'namespace'
  | 'nodeId'
  | 'nodeName'
  | 'jobId'
  | 'jobVersion'
  | 'group'
  | 'desiredStatus'
  | 'desiredDescription'
  | 'desiredTransition'
  | 'clientStatus'
  | 'clientDescription'
  | 'taskStates'
  | 'deploymentStatus'
  | 'followupEvalId'
  | 'nextAllocId'
  | 'preemptedAllocs'
  | 'preemptedBy'
  | 'reschedules'
  | 'createIndex'
  | 'modifyIndex'
  | 'createdAt'
  | 'modifiedAt'
> {
  readonly jobType: JobType;
  /** Only where it was asked for. */
  readonly allocated?: Allocated;
}

export const ALLOC_STUB: Shape<AllocStub> = shape({
  id: text('ID'),
  evalId: text('EvalID'),
  name: text('Name'),
  namespace: text('Namespace'),
  nodeId: text('NodeID'),
  nodeName: text('NodeName'),
  jobId: text('JobID'),
  jobType: text('JobType'),
  jobVersion: int('JobVersion'),
  group: text('TaskGroup'),
  allocated: maybe(nested('AllocatedResources', ALLOCATED, OMIT)),
  desiredStatus: text('DesiredStatus'),
  desiredDescription: text('DesiredDescription'),
  desiredTransition: maybe(nested('DesiredTransition', TRANSITION, {})),
  clientStatus: text('ClientStatus'),
  clientDescription: text('ClientDescription'),
  taskStates: map('TaskStates', TASK_STATE),
  deploymentStatus: maybe(nested('DeploymentStatus', DEPLOYMENT_STATUS)),
  followupEvalId: maybe(text('FollowupEvalID')),
  nextAllocId: maybe(text('NextAllocation')),
  preemptedAllocs: maybe(texts('PreemptedAllocations')),
  preemptedBy: maybe(text('PreemptedByAllocation')),
  reschedules: nested('RescheduleTracker', TRACKER),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
  createdAt: instantNs('CreateTime'),
  modifiedAt: instantNs('ModifyTime'),
});

/** What a list shows of an allocation. */
export function allocStub({ alloc, job }: AllocWithJob, withResources: boolean): AllocStub {
  return {
    ...alloc,
    jobType: job?.type ?? 'service',
    ...(withResources ? { allocated: allocatedOf(alloc, job) } : {}),
  };
}

/** An allocation in the event stream: without its job, which has events of its own. */
export const ALLOC_EVENT: Shape<Alloc> = {
  decode: (raw, path, to) => (ALLOC.decode(raw, path, to) as AllocWithJob | undefined)?.alloc,
  zero: undefined,
  encode: (alloc, mode) =>
    ALLOC.encode({ alloc: alloc as Alloc, job: undefined }, mode) as JsonObject,
};
