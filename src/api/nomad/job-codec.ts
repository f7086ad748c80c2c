/**
 * Jobs on the wire: the API form that `job run -output` prints and `GET /v1/job/:id` answers.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/json-jobs
 */
import type { JsonObject } from '../../base/json.ts';
import type {
  ConcurrencyGroup,
  Job,
  JobDraft,
  Multiregion,
  Parameterized,
  Periodic,
  VersionTag,
} from '../../core/model/job.ts';
import {
  decodeDraft,
  decodeFull,
  encodeDraft,
  encodeFull,
  OMIT,
  shape,
  type Shape,
} from '../codec/codec.ts';
import {
  bool,
  instantNs,
  int,
  list,
  maybe,
  nested,
  rewritten,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import type { Issue } from '../codec/issue.ts';
import { GROUP } from './group-codec.ts';
import { AFFINITY, CONSTRAINT, SPREAD } from './placement-codec.ts';
import { MIGRATE, RESCHEDULE, UPDATE } from './strategy-codec.ts';

/** One expression is written as `Spec`, several as `Specs`; both are read. */
const PERIODIC: Shape<Periodic> = rewritten(
  shape<Periodic>({
    enabled: bool('Enabled', null),
    specs: texts('Specs'),
    specType: text('SpecType', null),
    prohibitOverlap: bool('ProhibitOverlap', null),
    timeZone: text('TimeZone', null),
  }),
  ({ Specs: specs, ...rest }) => {
    const written = (specs ?? []) as readonly string[];
    if (written.length > 1) return { ...rest, Spec: null, Specs: written };
    return { ...rest, Spec: written[0] ?? null };
  },
  (wire) => {
    const spec = wire['Spec'] ?? null;
    return spec === null || spec === '' ? wire : { ...wire, Specs: [spec] };
  },
);

const PARAMETERIZED: Shape<Parameterized> = shape({
  payload: text('Payload'),
  metaRequired: texts('MetaRequired'),
  metaOptional: texts('MetaOptional'),
});

type MultiregionStrategy = NonNullable<Multiregion['strategy']>;

const MULTIREGION: Shape<Multiregion> = shape({
  strategy: maybe(
    nested(
      'Strategy',
      shape<MultiregionStrategy>({
        maxParallel: int('MaxParallel', null),
        onFailure: text('OnFailure', null),
      }),
    ),
  ),
  regions: list(
    'Regions',
    shape<Multiregion['regions'][number]>({
      name: text('Name'),
      count: int('Count', null),
      datacenters: texts('Datacenters'),
      nodePool: text('NodePool', OMIT),
      meta: textMap('Meta'),
    }),
  ),
});

const CONCURRENCY: Shape<ConcurrencyGroup> = shape({
  group: text('Group'),
  limit: int('Limit', null),
});

const VERSION_TAG: Shape<VersionTag> = shape({
  name: text('Name'),
  description: text('Description'),
  taggedAt: instantNs('TaggedTime'),
});

/** The whole job, as registered and as answered. */
export const JOB: Shape<Job> = shape(
  {
    stop: bool('Stop', null),
    region: text('Region', null),
    namespace: text('Namespace', null),
    id: text('ID', null),
    parentId: maybe(text('ParentID')),
    name: text('Name', null),
    type: text('Type', null),
    priority: int('Priority', null),
    allAtOnce: bool('AllAtOnce', null),
    datacenters: texts('Datacenters'),
    nodePool: text('NodePool', OMIT),
    constraints: list('Constraints', CONSTRAINT),
    affinities: list('Affinities', AFFINITY),
    spreads: list('Spreads', SPREAD),
    groups: list('TaskGroups', GROUP),
    update: maybe(nested('Update', UPDATE)),
    reschedule: maybe(nested('Reschedule', RESCHEDULE)),
    migrate: maybe(nested('Migrate', MIGRATE)),
    multiregion: maybe(nested('Multiregion', MULTIREGION)),
    after: maybe(texts('After', OMIT)),
    concurrency: maybe(nested('Concurrency', CONCURRENCY, OMIT)),
    periodic: maybe(nested('Periodic', PERIODIC)),
    parameterized: maybe(nested('ParameterizedJob', PARAMETERIZED)),
    dispatched: bool('Dispatched'),
    dispatchIdempotencyToken: text('DispatchIdempotencyToken', OMIT),
    payload: text('Payload', null),
    meta: textMap('Meta'),
    consulToken: text('ConsulToken', null),
    consulNamespace: text('ConsulNamespace', null),
    vaultToken: text('VaultToken', null),
    vaultNamespace: text('VaultNamespace', null),
    status: text('Status', null),
    statusDescription: text('StatusDescription', null),
    stable: bool('Stable', null),
    tag: maybe(nested('VersionTag', VERSION_TAG, OMIT)),
    version: int('Version', null),
    submittedAt: instantNs('SubmitTime', null),
    createIndex: int('CreateIndex', null),
    modifyIndex: int('ModifyIndex', null),
    jobModifyIndex: int('JobModifyIndex', null),
  },
  { NomadTokenID: '' },
);

/** The API form of a job as its author wrote it: `null` where nothing was said. */
export function encodeJobDraft(draft: JobDraft): JsonObject {
  return { ...encodeDraft(JOB, draft), ParentID: draft.parentId ?? null, NomadTokenID: null };
}

/**
 * The API form of a registered job. Tokens are kept to ourselves, as Nomad does. What Nomad's
 * servers hold as plain text is never `null`: its command line follows the pointers unasked.
 */
export function encodeJob(job: Job): JsonObject {
  return { ...encodeFull(JOB, job), ConsulToken: '', VaultToken: '' };
}

/**
 * Reads a job from its API form, or answers the mistakes.
 *
 * @param json the job itself, without the `{"Job": ...}` around it
 */
export function decodeJob(json: unknown, path = 'Job'): JobDraft | readonly Issue[] {
  return decodeDraft(JOB, json, path) as JobDraft | readonly Issue[];
}

/** Reads an answered job: absent fields get their zero values. */
export function decodeFullJob(json: unknown, path = 'Job'): Job | readonly Issue[] {
  return decodeFull(JOB, json, path);
}
