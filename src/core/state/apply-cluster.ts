/** What concerns no single job or node: the scheduler's knobs, and the removal of old rows. */
import { same } from '../../base/same.ts';
import { isTerminal } from '../model/alloc.ts';
import { isActive } from '../model/deployment.ts';
import type { AllocId, DeploymentId, EvalId, NodeId } from '../model/ids.ts';
import { purge } from './apply-jobs.ts';
import type { Edit } from './edit.ts';
import type { GarbageReaped, SchedulerConfigured } from './entry.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { DEFAULT_CONFIG_ROW } from './state.ts';
import { CONFIG_KEY } from './tables.ts';
import { jobKey } from './watch.ts';

export function configureScheduler(edit: Edit, entry: SchedulerConfigured): Outcome {
  const stored = edit.table('config').get(CONFIG_KEY);
  const before = stored ?? DEFAULT_CONFIG_ROW;
  if (entry.ifModifyIndex !== undefined && entry.ifModifyIndex !== before.modifyIndex) {
    return refused('conflict', 'the scheduler configuration has changed');
  }
  if (stored !== undefined && same(stored.scheduler, entry.config)) return accepted(edit);
  const row = {
    scheduler: entry.config,
    createIndex: stored?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  edit.putPlain('config', row, CONFIG_KEY);
  return accepted(edit);
}

/**
 * Removes what is still garbage by now. Evaluations go with their allocations; a job takes its
 * versions along, but for those that allocations name.
 */
export function reap(edit: Edit, entry: GarbageReaped): Outcome {
  for (const id of entry.allocIds) reapAlloc(edit, id);
  for (const id of entry.evalIds) reapEval(edit, id);
  for (const id of entry.deploymentIds) reapDeployment(edit, id);
  for (const { namespace, jobId } of entry.jobs) reapJob(edit, jobKey(namespace, jobId));
  for (const id of entry.nodeIds) reapNode(edit, id);
  return accepted(edit);
}

function reapAlloc(edit: Edit, id: AllocId): void {
  const alloc = edit.table('allocs').get(id);
  if (alloc !== undefined && isTerminal(alloc)) edit.deleteAlloc(id);
}

function reapEval(edit: Edit, id: EvalId): void {
  const status = edit.table('evals').get(id)?.status;
  if (status === 'pending' || status === 'blocked') return;
  if (edit.table('allocs').sizeBy('eval', id) === 0) edit.deleteEval(id);
}

function reapDeployment(edit: Edit, id: DeploymentId): void {
  const deployment = edit.table('deployments').get(id);
  if (deployment !== undefined && !isActive(deployment)) edit.deletePlain('deployments', id);
}

function reapNode(edit: Edit, id: NodeId): void {
  if (edit.table('nodes').get(id)?.status !== 'down') return;
  if (edit.table('allocs').sizeBy('node', id) === 0) edit.deleteNode(id);
}

function reapJob(edit: Edit, key: string): void {
  if (edit.job(key)?.status !== 'dead') return;
  const left = edit.table('allocs').sizeBy('job', key) + edit.table('evals').sizeBy('job', key);
  if (left === 0) purge(edit, key);
}
