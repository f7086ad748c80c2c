/** A forecast of `simulate` as people read it. */
import type { Forecast, GroupForecast, NodeForecast, Taken } from '../../core/what-if/forecast.ts';
import { columns } from '../format/columns.ts';
import type { Session } from '../session.ts';
import { placementReasons } from './placement.ts';

type By = Pick<Session, 'ids' | 'paint' | 'verbose'>;

/** Nodes that are listed without `-verbose`: those that change first. */
const NODES_SHOWN = 20;

/** The summary, the groups, what would find no room, and the nodes. */
export function forecastView(forecast: Forecast, by: By): string {
  const blocks = [summary(forecast, by)];
  if (forecast.groups.length > 0) blocks.push(groupTable(forecast.groups));
  const missing = forecast.groups.filter((group) => group.missing > 0);
  if (missing.length > 0)
    blocks.push(['No Room', ...missing.map((one) => lack(one, by))].join('\n'));
  if (forecast.nodes.length > 0) blocks.push(nodeTable(forecast.nodes, by));
  return blocks.join('\n\n');
}

function summary(forecast: Forecast, { paint }: By): string {
  const { placed, stopped, evicted, settled, nodes } = forecast;
  const counts = [`${placed} placed`, `${stopped} stopped`];
  if (evicted > 0) counts.push(`${evicted} of them evicted`);
  const use = `CPU ${share(total(nodes, 'cpu'))}, memory ${share(total(nodes, 'memoryMb'))}`;
  const lines = [`It would come to: ${counts.join(', ')}`, `In use: ${use}`];
  if (!settled) lines.push(paint.yellow('It was broken off after many steps: more would follow.'));
  return lines.join('\n');
}

function groupTable(groups: readonly GroupForecast[]): string {
  const rows = groups.map(({ jobId, group, desired, before, after, missing }) => [
    ...[jobId, group, String(desired), String(before), String(after), String(missing)],
  ]);
  return `Groups\n${columns([['Job', 'Task Group', 'Wanted', 'Now', 'Then', 'No Room'], ...rows])}`;
}

function lack({ jobId, group, missing, why }: GroupForecast, { paint }: By): string {
  const head = paint.yellow(`Job "${jobId}", group "${group}" (${missing} not placed):`);
  return [head, ...(why === undefined ? [] : placementReasons(why, '  '))].join('\n');
}

function nodeTable(nodes: readonly NodeForecast[], { ids, verbose }: By): string {
  const byChange = [...nodes].sort(
    (a, b) => changeOf(b) - changeOf(a) || (a.name < b.name ? -1 : 1),
  );
  const shown = verbose ? byChange : byChange.slice(0, NODES_SHOWN);
  const rows = shown.map((node) => [
    ids(node.id),
    node.name,
    node.fate,
    `${node.allocsBefore} -> ${node.allocsAfter}`,
    share(node.cpu),
    share(node.memoryMb),
    share(node.diskMb),
  ]);
  const head = ['ID', 'Name', 'Fate', 'Allocations', 'CPU', 'Memory', 'Disk'];
  const rest = nodes.length - shown.length;
  const more = rest === 0 ? '' : `\n... and ${rest} more, with -verbose`;
  return `Nodes\n${columns([head, ...rows])}${more}`;
}

/** What is new or goes comes first, then what changes most. */
function changeOf({ fate, memoryMb, cpu }: NodeForecast): number {
  const moved = Math.abs(memoryMb.after - memoryMb.before) + Math.abs(cpu.after - cpu.before);
  return fate === 'stays' ? moved : Number.MAX_SAFE_INTEGER;
}

/** Of nodes that are there before: those before; of those that are there after: those after. */
function total(nodes: readonly NodeForecast[], of: 'cpu' | 'memoryMb'): Parts {
  const before = nodes.filter(({ fate }) => fate !== 'new');
  const after = nodes.filter(({ fate }) => fate !== 'gone' && fate !== 'drained');
  const sum = (some: readonly NodeForecast[], pick: keyof Taken): number =>
    some.reduce((all, node) => all + node[of][pick], 0);
  return {
    before: percent(sum(before, 'before'), sum(before, 'total')),
    after: percent(sum(after, 'after'), sum(after, 'total')),
  };
}

type Parts = Readonly<{ before: string; after: string }>;

function share(taken: Taken | Parts): string {
  if (!('total' in taken)) return `${taken.before} -> ${taken.after}`;
  return `${percent(taken.before, taken.total)} -> ${percent(taken.after, taken.total)}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0%' : `${Math.round((part / whole) * 100)}%`;
}
