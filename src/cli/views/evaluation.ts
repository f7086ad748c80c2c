/** Evaluations, listed and in full. */
import type { Evaluation } from '../../core/model/evaluation.ts';
import { columns, keyValues } from '../format/columns.ts';
import type { Ids } from '../format/ids.ts';
import { timestamp } from '../format/time.ts';
import { failedCount, placementReasons, scoreTable } from './placement.ts';

interface Options {
  readonly ids: Ids;
  readonly verbose: boolean;
}

/** One line each, in the order given. */
export function evaluationList(evaluations: readonly Evaluation[], { ids }: Options): string {
  return columns([
    ['ID', 'Priority', 'Triggered By', 'Status', 'Placement Failures'],
    ...evaluations.map((e) => [
      ids(e.id),
      String(e.priority),
      e.triggeredBy,
      e.status,
      e.status === 'blocked' ? 'N/A - In Progress' : String(failed(e)),
    ]),
  ]);
}

/** One evaluation with what it could not place. */
export function evaluationStatus(e: Evaluation, { ids, verbose }: Options): string {
  const link = (id: string | undefined): string => (id === undefined ? '<none>' : ids(id));
  const about = keyValues([
    ['ID', ids(e.id)],
    ['Create Time', timestamp(e.createdAt)],
    ['Modify Time', timestamp(e.modifiedAt)],
    ['Status', e.status],
    ['Status Description', e.statusDescription || e.status],
    ['Type', e.type],
    ['TriggeredBy', e.triggeredBy],
    ...(e.nodeId === undefined ? [] : [['Node ID', ids(e.nodeId)] as const]),
    ['Job ID', e.jobId],
    ['Priority', String(e.priority)],
    ['Placement Failures', String(failed(e))],
    ...(e.waitUntil === undefined ? [] : [['Wait Until', timestamp(e.waitUntil)] as const]),
    ...(verbose
      ? ([
          ['Previous Eval', link(e.previousEval)],
          ['Next Eval', link(e.nextEval)],
          ['Blocked Eval', link(e.blockedEval)],
        ] as const)
      : []),
  ]);
  return failed(e) ? `${about}\n\n${failures(e, ids, verbose)}` : about;
}

function failures(e: Evaluation, ids: Ids, verbose: boolean): string {
  const lines = ['Failed Placements'];
  for (const [group, metrics] of Object.entries(e.failedGroups)) {
    lines.push(`Task Group "${group}" (failed to place ${failedCount(metrics)}):`);
    lines.push(...placementReasons(metrics, '  '));
    const scores = verbose ? scoreTable(metrics) : '';
    if (scores !== '') lines.push('', scores);
  }
  if (e.blockedEval !== undefined) {
    lines.push(
      '',
      `Evaluation "${ids(e.blockedEval)}" waiting for additional capacity to place remainder`,
    );
  }
  return lines.join('\n');
}

function failed(e: Evaluation): boolean {
  return Object.keys(e.failedGroups).length > 0;
}

/** Evaluations of any job, one line each, in the order given. */
export function evaluationsOfAll(evaluations: readonly Evaluation[], { ids }: Options): string {
  return columns([
    ['ID', 'Priority', 'Triggered By', 'Job ID', 'Status', 'Placement Failures'],
    ...evaluations.map((e) => [
      ids(e.id),
      String(e.priority),
      e.triggeredBy,
      e.jobId,
      e.status,
      e.status === 'blocked' ? 'N/A - In Progress' : String(failed(e)),
    ]),
  ]);
}
