/** Evaluations as they come into being: pending, and nothing known yet. */
import type { Index, Millis } from '../../base/brand.ts';
import type { EvalTrigger, Evaluation } from '../model/evaluation.ts';
import type { EvalId, JobId, Namespace } from '../model/ids.ts';
import type { JobType } from '../model/job.ts';

/** What an evaluation needs to know of its job. */
export interface EvaluatedJob {
  readonly id: JobId;
  readonly namespace: Namespace;
  readonly type: JobType;
  readonly priority: number;
}

/** A pending evaluation of a job. Its indexes are 0: `apply` stamps them. */
export function newEvaluation(
  id: EvalId,
  job: EvaluatedJob,
  triggeredBy: EvalTrigger,
  at: Millis,
): Evaluation {
  return {
    id,
    namespace: job.namespace,
    priority: job.priority,
    type: job.type,
    triggeredBy,
    jobId: job.id,
    jobModifyIndex: 0 as Index,
    status: 'pending',
    statusDescription: '',
    failedGroups: {},
    queuedAllocations: {},
    classEligibility: {},
    escapedComputedClass: false,
    annotatePlan: false,
    createIndex: 0 as Index,
    modifyIndex: 0 as Index,
    createdAt: at,
    modifiedAt: at,
  };
}
