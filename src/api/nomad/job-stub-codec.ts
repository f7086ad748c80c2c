/** Jobs as lists show them. Source: https://developer.hashicorp.com/nomad/api-docs/jobs */
import type { Job } from '../../core/model/job.ts';
import type { JobSummary } from '../../core/model/job-summary.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, instantNs, int, maybe, nested, text, textMap, texts } from '../codec/fields.ts';
import { JOB_SUMMARY } from './summary-codec.ts';

export interface JobStub extends Pick<
  Job,
  | 'id'
  | 'parentId'
  | 'name'
  | 'namespace'
  | 'datacenters'
  | 'nodePool'
  | 'type'
  | 'priority'
  | 'stop'
  | 'status'
  | 'statusDescription'
  | 'createIndex'
  | 'modifyIndex'
  | 'jobModifyIndex'
  | 'submittedAt'
  | 'version'
> {
  readonly periodic: boolean;
  readonly parameterized: boolean;
  readonly summary?: JobSummary;
  /** Only where it was asked for. */
  readonly meta?: Readonly<Record<string, string>>;
}

export const JOB_STUB: Shape<JobStub> = shape(
  {
    id: text('ID'),
    parentId: maybe(text('ParentID')),
    name: text('Name'),
    namespace: text('Namespace'),
    datacenters: texts('Datacenters'),
    nodePool: text('NodePool'),
    type: text('Type'),
    priority: int('Priority'),
    periodic: bool('Periodic'),
    parameterized: bool('ParameterizedJob'),
    stop: bool('Stop'),
    status: text('Status'),
    statusDescription: text('StatusDescription'),
    summary: maybe(nested('JobSummary', JOB_SUMMARY)),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
    jobModifyIndex: int('JobModifyIndex'),
    submittedAt: instantNs('SubmitTime'),
    version: int('Version'),
    meta: maybe(textMap('Meta', OMIT)),
  },
  { Multiregion: null },
);

/** What a list shows of a job. */
export function jobStub(job: Job, summary: JobSummary | undefined, withMeta: boolean): JobStub {
  return {
    id: job.id,
    ...(job.parentId === undefined ? {} : { parentId: job.parentId }),
    name: job.name,
    namespace: job.namespace,
    datacenters: job.datacenters,
    nodePool: job.nodePool,
    type: job.type,
    priority: job.priority,
    periodic: job.periodic !== undefined,
    parameterized: job.parameterized !== undefined && !job.dispatched,
    stop: job.stop,
    status: job.status,
    statusDescription: job.statusDescription,
    ...(summary === undefined ? {} : { summary }),
    createIndex: job.createIndex,
    modifyIndex: job.modifyIndex,
    jobModifyIndex: job.jobModifyIndex,
    submittedAt: job.submittedAt,
    version: job.version,
    ...(withMeta ? { meta: job.meta } : {}),
  };
}
