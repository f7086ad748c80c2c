/** Evaluations that an evaluation leaves behind. Apply stamps their indexes. */
import type { Index, Millis } from '../../base/brand.ts';
import type { EvalStatus, EvalTrigger, Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';

export interface FollowUp {
  readonly id: string;
  readonly now: Millis;
  readonly triggeredBy: EvalTrigger;
  readonly status: EvalStatus;
  readonly description: string;
  readonly waitUntil?: Millis;
}

/** A fresh evaluation of the same job, linked to the one it follows. */
export function followUp(evaluation: Evaluation, follow: FollowUp): Evaluation {
  return {
    id: follow.id as EvalId,
    namespace: evaluation.namespace,
    priority: evaluation.priority,
    type: evaluation.type,
    triggeredBy: follow.triggeredBy,
    jobId: evaluation.jobId,
    jobModifyIndex: evaluation.jobModifyIndex,
    status: follow.status,
    statusDescription: follow.description,
    ...(follow.waitUntil === undefined ? {} : { waitUntil: follow.waitUntil }),
    previousEval: evaluation.id,
    failedGroups: {},
    queuedAllocations: {},
    classEligibility: {},
    escapedComputedClass: false,
    annotatePlan: false,
    createIndex: 0 as Index,
    modifyIndex: 0 as Index,
    createdAt: follow.now,
    modifiedAt: follow.now,
  };
}
