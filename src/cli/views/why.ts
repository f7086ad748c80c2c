/** Why a job runs where it runs, or does not (`muster why`). */
import type { Alloc } from '../../core/model/alloc.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import type { Job } from '../../core/model/job.ts';
import type { PlacementMetrics } from '../../core/model/metrics.ts';
import type { TaskGroup } from '../../core/model/task-group.ts';
import type { Ids } from '../format/ids.ts';
import { timestamp } from '../format/time.ts';
import { failedCount, placementReasons, scoreTable } from './placement.ts';

/** A task's last events; what ended it is among them. */
const EVENTS_TOLD = 2;

/** What is known of one group. */
export interface Story {
  readonly group: TaskGroup;
  /** How many are live. */
  readonly placed: number;
  /** Some of them, newest first. */
  readonly allocs: readonly Alloc[];
  /** The newest that failed, where not all are placed. */
  readonly broken: Alloc | undefined;
  /** The newest evaluation that could not place all of it. */
  readonly failed: Evaluation | undefined;
  /** The evaluation that waits for room, or for other jobs. */
  readonly waiting: Evaluation | undefined;
}

export function placementStory(
  job: Job,
  stories: readonly Story[],
  { ids }: { readonly ids: Ids },
): string {
  const stopped = job.stop ? ', stopped' : '';
  const head = `Job "${job.id}", version ${job.version}, ${job.status}${stopped}`;
  return [head, ...stories.map((story) => group(story, ids))].join('\n\n');
}

function group(story: Story, ids: Ids): string {
  const { group, placed } = story;
  const blocks = [`Group "${group.name}": ${placed} placed, ${group.count} wanted`];
  const failure = failureOf(story, ids);
  if (failure !== undefined) blocks.push(failure);
  for (const alloc of story.allocs) blocks.push(placement(alloc, ids));
  const more = placed - story.allocs.length;
  if (more > 0) blocks.push(`  And ${more} more, which -all tells of.`);
  if (story.broken !== undefined) blocks.push(breakage(story.broken, ids));
  else if (failure === undefined && placed === 0) blocks.push('  Nothing of it was refused.');
  return blocks.join('\n\n');
}

/** What of the group waits, or was refused for good; undefined where that is past. */
function failureOf({ group, failed, waiting, placed }: Story, ids: Ids): string | undefined {
  const metrics = failed?.failedGroups[group.name];
  if (failed === undefined || metrics === undefined) {
    // It was not looked for room yet: others come first.
    const isHeld = waiting !== undefined && placed === 0 && waiting.statusDescription !== '';
    return isHeld ? `  It ${waiting.statusDescription}.` : undefined;
  }
  if (waiting === undefined && placed >= group.count) return undefined;
  const when = `evaluation "${ids(failed.id)}", ${timestamp(failed.modifiedAt)}`;
  const lines = [
    `  Not placed: ${failedCount(metrics)} (${when})`,
    `    ${seen(metrics)}`,
    ...placementReasons(metrics, '    '),
  ];
  if (waiting !== undefined) {
    lines.push(`    Evaluation "${ids(waiting.id)}" waits for room and tries again.`);
  }
  return lines.join('\n');
}

function placement(alloc: Alloc, ids: Ids): string {
  const node = `node "${ids(alloc.nodeId)}" (${alloc.nodeName})`;
  const lines = [
    `  Allocation "${ids(alloc.id)}" is ${alloc.clientStatus} on ${node}`,
    `    ${seen(alloc.metrics)}`,
    ...placementReasons(alloc.metrics, '    '),
  ];
  const scores = scoreTable(alloc.metrics);
  if (scores !== '') lines.push(...scores.split('\n').map((line) => `    ${line}`));
  return lines.join('\n');
}

/** What the tasks of a failed allocation went through at last. */
function breakage(alloc: Alloc, ids: Ids): string {
  const tasks = Object.entries(alloc.taskStates).filter(([, { failed }]) => failed);
  const lines = tasks.map(([name, { events }]) => {
    const said = events.slice(-EVENTS_TOLD).map(({ displayMessage }) => displayMessage);
    return `    Task "${name}": ${said.filter((text) => text !== '').join('; ')}`;
  });
  const node = `node "${ids(alloc.nodeId)}" (${alloc.nodeName})`;
  return [`  Allocation "${ids(alloc.id)}" failed on ${node}`, ...lines].join('\n');
}

function seen({ nodesEvaluated, nodesFiltered, nodesExhausted }: PlacementMetrics): string {
  return `Nodes: ${nodesEvaluated} evaluated, ${nodesFiltered} filtered, ${nodesExhausted} exhausted`;
}
