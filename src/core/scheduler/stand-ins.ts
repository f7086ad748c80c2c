/**
 * Two instances of one name: one that was silent, or was called lost, and the one that was placed
 * for it meanwhile; or a promoted canary and the one whose name it took.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/disconnect
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc, type TaskState } from '../model/alloc.ts';
import { byName } from './buckets.ts';
import type { DisconnectStrategy } from '../model/strategy.ts';
import type { TaskGroup } from '../model/task-group.ts';

/** What tells which of two instances of one name goes. */
export interface Contest {
  /** Of another version of the job than the newest. */
  readonly isOutdated: (alloc: Alloc) => boolean;
  /** About to leave its node. */
  readonly isMoving: (alloc: Alloc) => boolean;
  /** Since when it has run without a break; undefined: it does not run. */
  readonly runsSince: (alloc: Alloc) => Millis | undefined;
  /** Which one people want to keep, where nothing else speaks for one of them. */
  readonly reconcile: DisconnectStrategy['reconcile'] | undefined;
}

/**
 * Those beyond the first of each name. What runs stays before what ended (work that was done twice,
 * or failed and waits for its next try), then comes what is of the newest version, then what need
 * not move; and then people have their say.
 */
export function doublesOf(allocs: readonly Alloc[], contest: Contest): ReadonlySet<Alloc> {
  const losers = new Set<Alloc>();
  // Nearly always there are none; large groups are not sorted for that.
  if (new Set(allocs.map(({ name }) => name)).size === allocs.length) return losers;
  const holders = new Map<string, Alloc>();
  for (const alloc of byAge(allocs)) {
    const holder = holders.get(alloc.name);
    const loser = holder === undefined ? undefined : loserOf(holder, alloc, contest);
    if (loser !== undefined) losers.add(loser);
    if (loser !== alloc) holders.set(alloc.name, alloc);
  }
  return losers;
}

function loserOf(older: Alloc, younger: Alloc, contest: Contest): Alloc {
  for (const isWorse of [isTerminal, hasFailed, contest.isOutdated, contest.isMoving]) {
    if (isWorse(older) !== isWorse(younger)) return isWorse(older) ? older : younger;
  }
  return isTerminal(older) ? older : unwantedOf(older, younger, contest);
}

function hasFailed(alloc: Alloc): boolean {
  return alloc.clientStatus === 'failed';
}

/** Of each name the youngest, in the order of their names: who is to get a successor. */
export function youngestOfEach(allocs: readonly Alloc[]): readonly Alloc[] {
  return byName([...new Map(byAge(allocs).map((alloc) => [alloc.name, alloc])).values()]);
}

/**
 * The silent instance that had a name which is free now: nothing was placed for it, or what was is
 * gone again. What gets the name belongs to it. The youngest, should there be several.
 */
export function silentOf(unknown: readonly Alloc[], name: string): Alloc | undefined {
  return byAge(unknown).findLast((alloc) => alloc.name === name);
}

/** Which of the two goes when the first is heard of again. */
function unwantedOf(
  original: Alloc,
  replacement: Alloc,
  { reconcile = 'best_score', runsSince }: Contest,
): Alloc {
  switch (reconcile) {
    case 'keep_original':
      return replacement;
    case 'keep_replacement':
      return original;
    case 'longest_running':
      return (runsSince(original) ?? NEVER) <= (runsSince(replacement) ?? NEVER)
        ? replacement
        : original;
    case 'best_score':
      return scoreOf(original) >= scoreOf(replacement) ? replacement : original;
  }
}

/** Later than any start. */
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Since when what the group is there for has run without a break: its leader, or else the first of
 * its main tasks. Undefined where nothing of that runs.
 */
export function runningSince(
  { taskStates }: Pick<Alloc, 'taskStates'>,
  { tasks }: Pick<TaskGroup, 'tasks'>,
): Millis | undefined {
  const leader = tasks.find((task) => task.leader);
  const decisive = leader === undefined ? tasks.filter((task) => !task.lifecycle) : [leader];
  const starts = decisive.flatMap(({ name }) => lastStart(taskStates[name]) ?? []);
  return starts.length === 0 ? undefined : (Math.min(...starts) as Millis);
}

function lastStart(state: TaskState | undefined): Millis | undefined {
  if (state?.state !== 'running' || state.startedAt === undefined) return undefined;
  return Math.max(state.startedAt, state.lastRestartAt ?? 0) as Millis;
}

/** The oldest first. */
export function byAge(allocs: readonly Alloc[]): readonly Alloc[] {
  return [...allocs].sort((a, b) => a.createIndex - b.createIndex || (a.id < b.id ? -1 : 1));
}

function scoreOf(alloc: Alloc): number {
  return alloc.metrics.scores.find((score) => score.nodeId === alloc.nodeId)?.normScore ?? 0;
}
