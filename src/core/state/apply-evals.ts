/**
 * Evaluations: made, decided, deleted.
 *
 * V1: a decided evaluation stays decided, whatever a late worker says.
 * V2: a job of type service or batch has at most one blocked evaluation: the newest.
 * V3: once an evaluation placed all it wanted, its job has no blocked one.
 */
import type { Index } from '../../base/brand.ts';
import type { EvalTrigger, Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import { derivedId } from './derived-id.ts';
import type { Edit } from './edit.ts';
import type { EvalsDeleted, EvalsUpserted } from './entry.ts';
import { newEvaluation } from './new-evaluation.ts';
import type { EvaluatedJob } from './new-evaluation.ts';
import { accepted } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { jobKey } from './watch.ts';

export function upsertEvals(edit: Edit, entry: EvalsUpserted): Outcome {
  for (const evaluation of entry.evals) putEvaluation(edit, evaluation);
  return accepted(edit);
}

export function deleteEvals(edit: Edit, entry: EvalsDeleted): Outcome {
  for (const id of entry.evalIds) edit.deleteEval(id);
  return accepted(edit);
}

/** Stores an evaluation, stamped with the entry's index (V1, V2, V3). */
export function putEvaluation(edit: Edit, evaluation: Evaluation): void {
  const before = edit.table('evals').get(evaluation.id);
  if (before !== undefined && isDecided(before)) return;
  const job = edit.job(jobKey(evaluation.namespace, evaluation.jobId));
  edit.putEval({
    ...evaluation,
    jobModifyIndex: evaluation.jobModifyIndex || (job?.jobModifyIndex ?? (0 as Index)),
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
    createdAt: before?.createdAt ?? edit.at,
    modifiedAt: edit.at,
  });
  if (evaluation.status === 'blocked' && ranksAlone(evaluation)) {
    cancelBlocked(edit, evaluation, 'a newer evaluation of the job is blocked');
  }
  if (evaluation.status === 'complete' && Object.keys(evaluation.failedGroups).length === 0) {
    cancelBlocked(edit, evaluation, `evaluation "${evaluation.id}" successful`);
  }
}

/**
 * Asks for the job to be reconciled because of something that this entry did. The id follows from
 * the entry's seed and the job, so one entry makes at most one evaluation of a job.
 */
export function askEvaluation(
  edit: Edit,
  job: EvaluatedJob,
  triggeredBy: EvalTrigger,
  because: { readonly seed: string } & Pick<
    Partial<Evaluation>,
    'nodeId' | 'nodeModifyIndex' | 'deploymentId'
  >,
): void {
  const { seed, ...cause } = because;
  const id = derivedId(seed, job.namespace, job.id) as EvalId;
  if (edit.table('evals').get(id) !== undefined) return;
  putEvaluation(edit, { ...newEvaluation(id, job, triggeredBy, edit.at), ...cause });
}

function cancelBlocked(edit: Edit, by: Evaluation, why: string): void {
  for (const id of edit.table('evals').keysBy('blockedJob', jobKey(by.namespace, by.jobId))) {
    const blocked = edit.table('evals').get(id);
    if (blocked === undefined || id === by.id) continue;
    edit.putEval({
      ...blocked,
      status: 'canceled',
      statusDescription: why,
      modifyIndex: edit.index,
      modifiedAt: edit.at,
    });
  }
}

/** System jobs are blocked on each node by itself. */
function ranksAlone(evaluation: Evaluation): boolean {
  return evaluation.type === 'service' || evaluation.type === 'batch';
}

function isDecided(evaluation: Evaluation): boolean {
  return evaluation.status !== 'pending' && evaluation.status !== 'blocked';
}
