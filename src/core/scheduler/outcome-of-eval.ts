/** What becomes of an evaluation that could not be carried out. */
import type { Index, Millis } from '../../base/brand.ts';
import { EVAL_FOLLOW_UP_MS, PLAN_ATTEMPTS_MAX } from '../limits.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import { newEvaluation } from '../state/new-evaluation.ts';

/** Attempts at a plan that is refused in part before giving up. */
export function planAttemptsMax(evaluation: Pick<Evaluation, 'type'>): number {
  const runsOn = evaluation.type === 'service' || evaluation.type === 'system';
  return runsOn ? PLAN_ATTEMPTS_MAX.service : PLAN_ATTEMPTS_MAX.batch;
}

/**
 * Too many plans were refused: the evaluation failed, and a blocked one goes on once there is room.
 *
 * Source: Nomad's `maximum attempts reached (5)` and its trigger `max-plan-attempts`.
 */
export function afterRefusals(
  evaluation: Evaluation,
  id: EvalId,
  snapshotIndex: Index,
): readonly [Evaluation, Evaluation] {
  const attempts = planAttemptsMax(evaluation);
  const failed: Evaluation = {
    ...evaluation,
    status: 'failed',
    statusDescription: `maximum attempts reached (${attempts})`,
    blockedEval: id,
    snapshotIndex,
  };
  const blocked: Evaluation = {
    ...fresh(evaluation, id),
    triggeredBy: 'max-plan-attempts',
    status: 'blocked',
    statusDescription: 'created due to placement conflicts',
    escapedComputedClass: true,
    snapshotIndex,
  };
  return [failed, blocked];
}

/**
 * Workers died over it too often: the evaluation failed, and another one follows after a while.
 *
 * Source: Nomad's `evaluation reached delivery limit (3)` and its trigger `failed-follow-up`.
 */
export function afterDeliveries(
  evaluation: Evaluation,
  id: EvalId,
  now: Millis,
  deliveries: number,
): readonly [Evaluation, Evaluation] {
  const failed: Evaluation = {
    ...evaluation,
    status: 'failed',
    statusDescription: `evaluation reached delivery limit (${deliveries})`,
    nextEval: id,
  };
  const next: Evaluation = {
    ...fresh(evaluation, id),
    triggeredBy: 'failed-follow-up',
    status: 'pending',
    waitUntil: (now + EVAL_FOLLOW_UP_MS) as Millis,
  };
  return [failed, next];
}

/** Decided by another of the same job, which saw all that this one would have seen. */
export function superseded(evaluation: Evaluation): Evaluation {
  return {
    ...evaluation,
    status: 'canceled',
    statusDescription: 'canceled after more recent eval was processed',
  };
}

/** One more evaluation of the same job, with nothing known yet. */
function fresh(evaluation: Evaluation, id: EvalId): Evaluation {
  return {
    ...newEvaluation(
      id,
      { ...evaluation, id: evaluation.jobId },
      evaluation.triggeredBy,
      evaluation.createdAt,
    ),
    jobModifyIndex: evaluation.jobModifyIndex,
    previousEval: evaluation.id,
    modifiedAt: evaluation.modifiedAt,
  };
}
