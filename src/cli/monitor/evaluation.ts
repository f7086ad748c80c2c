/** Follows an evaluation, what it placed, and the deployment it belongs to. */
import type { Told } from '../../api/api.ts';
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { evalAllocs, readEval } from '../../api/nomad/alloc-routes.ts';
import { deploymentAllocs } from '../../api/nomad/deployment-routes.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import { failedCount, placementReasons } from '../views/placement.ts';
import { monitorDeployment } from './deployment.ts';
import { tellFailure } from './failure.ts';
import type { Session } from '../session.ts';
import { goOn, headline, remark, WAIT_MS } from './lines.ts';

/** Exit code of a command whose allocations could not all be placed. */
const NOT_PLACED = 2;

/** What was told already. */
interface Shown {
  readonly status: string;
  readonly job: boolean;
  readonly deployment: boolean;
  /** Client status by allocation. */
  readonly allocs: ReadonlyMap<string, string>;
}

const NOTHING_SHOWN: Shown = {
  status: 'pending',
  job: false,
  deployment: false,
  allocs: new Map(),
};

/**
 * Prints what happens until the evaluation and its deployment are over.
 *
 * @returns the exit code: 0; 1 when the deployment did not succeed; 2 when something was not placed
 */
export async function monitorEvaluation(id: string, by: Session): Promise<number> {
  headline(by.world, `Monitoring evaluation "${by.ids(id)}"`);
  const evaluation = await untilOver(id, by);
  finish(evaluation, by);
  if (evaluation.nextEval !== undefined) return monitorEvaluation(evaluation.nextEval, by);
  if (evaluation.deploymentId !== undefined) {
    headline(by.world, `Monitoring deployment "${by.ids(evaluation.deploymentId)}"`);
    const deployment = await monitorDeployment(evaluation.deploymentId, by, '    ');
    if (deployment.status !== 'successful') {
      await tellWhy(deployment, by);
      return 1;
    }
  }
  return failures(evaluation).length > 0 ? NOT_PLACED : 0;
}

/** Of a deployment that failed: what its allocations have to say. */
async function tellWhy({ id, status }: Deployment, by: Session): Promise<void> {
  if (status !== 'failed') return;
  const allocs = await by.api.call(deploymentAllocs, { params: { id } }, by.world.signal);
  await tellFailure(allocs, by);
}

async function untilOver(id: string, by: Session): Promise<Evaluation> {
  const { api, world } = by;
  let shown = NOTHING_SHOWN;
  let seen: Told<Evaluation> | undefined;
  for (;;) {
    goOn(by.world);
    const query = seen === undefined ? {} : { index: seen.index, waitMs: WAIT_MS };
    seen = await api.tell(readEval, { params: { id }, query }, world.signal);
    const allocs = await api.call(evalAllocs, { params: { id } }, world.signal);
    shown = tellNews(seen.value, allocs, shown, by);
    if (isOver(seen.value)) return seen.value;
  }
}

function isOver({ status }: Evaluation): boolean {
  return status === 'complete' || status === 'failed' || status === 'canceled';
}

function tellNews(
  evaluation: Evaluation,
  allocs: readonly AllocStub[],
  shown: Shown,
  by: Session,
): Shown {
  if (!shown.job) {
    const node = evaluation.triggeredBy === 'node-update' ? evaluation.nodeId : undefined;
    const source = node === undefined ? `job "${evaluation.jobId}"` : `node "${by.ids(node)}"`;
    remark(by.world, `Evaluation triggered by ${source}`);
  }
  if (!shown.deployment && evaluation.deploymentId !== undefined) {
    remark(by.world, `Evaluation within deployment: "${by.ids(evaluation.deploymentId)}"`);
  }
  for (const alloc of allocs) tellAlloc(alloc, evaluation, shown, by);
  if (evaluation.status !== shown.status) {
    remark(by.world, `Evaluation status changed: "${shown.status}" -> "${evaluation.status}"`);
  }
  return {
    status: evaluation.status,
    job: true,
    deployment: evaluation.deploymentId !== undefined,
    allocs: new Map(allocs.map((alloc) => [alloc.id, alloc.clientStatus])),
  };
}

function tellAlloc(alloc: AllocStub, evaluation: Evaluation, shown: Shown, by: Session): void {
  const where = `node "${by.ids(alloc.nodeId)}", group "${alloc.group}"`;
  const before = shown.allocs.get(alloc.id);
  if (before === undefined && alloc.createIndex < evaluation.createIndex) {
    remark(by.world, `Allocation "${by.ids(alloc.id)}" modified: ${where}`);
  } else if (before === undefined && alloc.desiredStatus === 'run') {
    remark(by.world, `Allocation "${by.ids(alloc.id)}" created: ${where}`);
  } else if (before !== undefined && before !== alloc.clientStatus) {
    const why = alloc.clientDescription === '' ? '' : ` (${alloc.clientDescription})`;
    const change = `"${before}" -> "${alloc.clientStatus}"${why}`;
    remark(by.world, `Allocation "${by.ids(alloc.id)}" status changed: ${change}`);
  }
}

function finish(evaluation: Evaluation, by: Session): void {
  const failed = failures(evaluation);
  const end = `Evaluation "${by.ids(evaluation.id)}" finished with status "${evaluation.status}"`;
  if (failed.length === 0) {
    headline(by.world, end);
    const { blockedEval, statusDescription } = evaluation;
    if (blockedEval !== undefined) remark(by.world, `It ${statusDescription}`);
    return;
  }
  headline(by.world, `${end} but failed to place all allocations:`);
  for (const [group, metrics] of failed) {
    remark(by.world, `Task Group "${group}" (failed to place ${failedCount(metrics)}):`);
    for (const line of placementReasons(metrics, '      ')) by.world.out(`${line}\n`);
  }
  if (evaluation.blockedEval !== undefined) {
    const waiting = `Evaluation "${by.ids(evaluation.blockedEval)}" waiting for additional capacity`;
    remark(by.world, `${waiting} to place remainder`);
  }
}

function failures(evaluation: Evaluation): [string, Evaluation['failedGroups'][string]][] {
  return Object.entries(evaluation.failedGroups).sort(([a], [b]) => (a < b ? -1 : 1));
}
