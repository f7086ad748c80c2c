/** Why something was not placed, or where it was, as `plan`, `run` and `status` tell it. */
import type { PlacementMetrics } from '../../core/model/metrics.ts';
import { columns } from '../format/columns.ts';

/** Lines that begin with `prefix`; empty where there is nothing to tell. */
export function placementReasons(metrics: PlacementMetrics, prefix: string): string[] {
  const lines: string[] = [];
  if (metrics.nodesEvaluated === 0) lines.push('No nodes were eligible for evaluation');
  for (const [datacenter, count] of sorted(metrics.nodesAvailable)) {
    if (count === 0)
      lines.push(`No nodes are available in datacenter ${JSON.stringify(datacenter)}`);
  }
  for (const [name, count] of sorted(metrics.classFiltered)) {
    lines.push(`Class ${JSON.stringify(name)}: ${count} nodes excluded by filter`);
  }
  for (const [rule, count] of sorted(metrics.constraintFiltered)) {
    lines.push(`Constraint ${JSON.stringify(rule)}: ${count} nodes excluded by filter`);
  }
  if (metrics.nodesExhausted > 0) {
    lines.push(`Resources exhausted on ${metrics.nodesExhausted} nodes`);
  }
  for (const [name, count] of sorted(metrics.classExhausted)) {
    lines.push(`Class ${JSON.stringify(name)} exhausted on ${count} nodes`);
  }
  for (const [dimension, count] of sorted(metrics.dimensionExhausted)) {
    lines.push(`Dimension ${JSON.stringify(dimension)} exhausted on ${count} nodes`);
  }
  for (const quota of metrics.quotaExhausted)
    lines.push(`Quota limit hit ${JSON.stringify(quota)}`);
  return lines.map((line) => `${prefix}* ${line}`);
}

/** The best nodes with the parts of their score. */
export function scoreTable(metrics: PlacementMetrics): string {
  const names = [...new Set(metrics.scores.flatMap(({ scores }) => Object.keys(scores)))].sort();
  const rows = metrics.scores.map(({ nodeId, scores, normScore }) => [
    nodeId.slice(0, 8),
    ...names.map((name) => decimal(scores[name] ?? 0)),
    decimal(normScore),
  ]);
  return rows.length === 0 ? '' : columns([['Node', ...names, 'final score'], ...rows]);
}

/** `1 allocation`, `4 allocations`: those that failed alike are counted together. */
export function failedCount(metrics: PlacementMetrics): string {
  const count = metrics.coalescedFailures + 1;
  return `${count} allocation${count === 1 ? '' : 's'}`;
}

function decimal(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
