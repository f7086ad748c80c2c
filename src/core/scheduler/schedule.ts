/**
 * The scheduler: what should run where, for one evaluation.
 *
 *     reconcile  what should be, against what is          reconcile*.ts, system.ts
 *     feasible   which nodes can take it                  feasible/
 *     rank       which of them is best                    rank/
 *     place      one by one, on the ledger                place.ts
 *     explain    why there, or why nowhere                explain.ts
 */
import { assert } from '../../base/assert.ts';
import type { ScheduleInput, ScheduleResult } from './contract.ts';
import { heldResult, holdOf } from './hold.ts';
import { scheduleService } from './schedule-service.ts';
import { scheduleSystem } from './system.ts';

/**
 * Decides one evaluation. Total: a job that is gone, a group without nodes, a cluster without room
 * are all answers.
 */
export function schedule(input: ScheduleInput): ScheduleResult {
  assert(input.budget >= 1, 'a scheduler that may place nothing never ends');
  assert(input.ledger.depth === 0, 'the ledger serves one evaluation at a time');
  const { snapshot, evaluation } = input;
  const job = snapshot.job(evaluation.namespace, evaluation.jobId);
  const hold = job && holdOf(snapshot, job);
  if (job !== undefined && hold !== undefined) return heldResult(input, job, hold);
  switch (evaluation.type) {
    case 'service':
    case 'batch':
      return scheduleService(input);
    case 'system':
    case 'sysbatch':
      return scheduleSystem(input);
  }
}
