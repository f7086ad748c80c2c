/** Evaluations on the wire. Source: https://developer.hashicorp.com/nomad/api-docs/evaluations */
import type { Evaluation } from '../../core/model/evaluation.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  boolCodec,
  instantNs,
  instantText,
  int,
  intMap,
  map,
  maybe,
  text,
} from '../codec/fields.ts';
import { METRICS } from './metrics-codec.ts';

export const EVALUATION: Shape<Evaluation> = shape(
  {
    id: text('ID'),
    namespace: text('Namespace'),
    priority: int('Priority'),
    type: text('Type'),
    triggeredBy: text('TriggeredBy'),
    jobId: text('JobID'),
    jobModifyIndex: int('JobModifyIndex'),
    nodeId: maybe(text('NodeID')),
    nodeModifyIndex: maybe(int('NodeModifyIndex')),
    deploymentId: maybe(text('DeploymentID')),
    status: text('Status'),
    statusDescription: text('StatusDescription'),
    waitUntil: maybe(instantText('WaitUntil')),
    nextEval: maybe(text('NextEval')),
    previousEval: maybe(text('PreviousEval')),
    blockedEval: maybe(text('BlockedEval')),
    failedGroups: map('FailedTGAllocs', METRICS),
    queuedAllocations: intMap('QueuedAllocations', {}),
    classEligibility: map('ClassEligibility', boolCodec),
    escapedComputedClass: bool('EscapedComputedClass'),
    annotatePlan: bool('AnnotatePlan'),
    snapshotIndex: maybe(int('SnapshotIndex')),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
    createdAt: instantNs('CreateTime'),
    modifiedAt: instantNs('ModifyTime'),
  },
  { Wait: 0, QuotaLimitReached: '', RelatedEvals: null },
);
