/** Evaluations that an evaluation leaves behind. Apply stamps their indexes. */
import type { Millis } from '../../base/brand.ts';
import type { EvalStatus, EvalTrigger, Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import { newEvaluation } from '../state/new-evaluation.ts';

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
  const job = { ...evaluation, id: evaluation.jobId };
  return {
    ...newEvaluation(follow.id as EvalId, job, follow.triggeredBy, follow.now),
    jobModifyIndex: evaluation.jobModifyIndex,
    status: follow.status,
    statusDescription: follow.description,
    ...(follow.waitUntil === undefined ? {} : { waitUntil: follow.waitUntil }),
    previousEval: evaluation.id,
  };
}
