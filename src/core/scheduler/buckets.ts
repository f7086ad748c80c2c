/**
 * Sorts a group's allocations by what the state of their nodes, their tasks and their owners'
 * wishes mean for them.
 *
 * R1: every allocation is in exactly one bucket.
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc, type TaskState } from '../model/alloc.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';

/**
 * `keep` stays (and may be updated); `ignore` is history; `migrate` moves because its node drains;
 * `lost` is on a dead node; `disconnect` just fell out of touch; `unknown` is out of touch and
 * waited for; `rescheduleNow` failed and may be tried elsewhere, `rescheduleLater` after a delay.
 */
export const BUCKETS = [
  'keep',
  'ignore',
  'migrate',
  'lost',
  'disconnect',
  'unknown',
  'rescheduleNow',
  'rescheduleLater',
] as const;

export type Bucket = (typeof BUCKETS)[number];

export type Buckets = Record<Bucket, Alloc[]>;

export function emptyBuckets(): Buckets {
  return {
    keep: [],
    ignore: [],
    migrate: [],
    lost: [],
    disconnect: [],
    unknown: [],
    rescheduleNow: [],
    rescheduleLater: [],
  };
}

/** What the fate of an allocation depends on beside itself. */
export interface Circumstances {
  /** Undefined once it was forgotten. */
  readonly node: Node | undefined;
  readonly group: TaskGroup | undefined;
  readonly now: Millis;
  /** The evaluation that it waits for is still to come. */
  readonly isAwaited: boolean;
}

/** What the state of its node means for a live allocation. */
export function classifyByNode(
  alloc: Alloc,
  circumstances: Circumstances,
): Extract<Bucket, 'keep' | 'migrate' | 'lost' | 'disconnect' | 'unknown'> {
  const { node, group } = circumstances;
  if (alloc.desiredTransition?.migrate === true) return 'migrate';
  switch (node?.status) {
    case undefined:
      return 'lost';
    case 'down':
      return group?.preventRescheduleOnLost === true ? silent(alloc) : 'lost';
    case 'disconnected':
      return classifyOutOfTouch(alloc, circumstances);
    case 'initializing':
    case 'ready':
      return alloc.clientStatus === 'unknown' ? 'unknown' : 'keep';
  }
}

function classifyOutOfTouch(
  alloc: Alloc,
  { node, group, now, isAwaited }: Circumstances,
): 'lost' | 'disconnect' | 'unknown' {
  const grace = group === undefined ? undefined : disconnectGraceMs(group);
  const since = alloc.disconnectedAt ?? node?.statusUpdatedAt ?? now;
  if (grace === undefined || now - since >= grace) return 'lost';
  // Where its evaluation was over too soon (the grace was made longer), it gets another one.
  return isAwaited ? silent(alloc) : 'disconnect';
}

function silent(alloc: Alloc): 'disconnect' | 'unknown' {
  return alloc.clientStatus === 'unknown' ? 'unknown' : 'disconnect';
}

/** How long a silent node's instances are waited for [ms]; undefined: not at all. */
export function disconnectGraceMs(group: TaskGroup): number | undefined {
  const graceMs = group.disconnect?.lostAfterMs ?? group.maxClientDisconnectMs ?? 0;
  return graceMs > 0 ? graceMs : undefined;
}

/**
 * What an ended (or stopped) allocation means. Instances of batch jobs that did their work count as
 * present for ever, so that they are not done twice.
 *
 * @returns undefined where it failed and the reschedule policy has the word
 */
export function classifyTerminal(
  alloc: Alloc,
  group: TaskGroup | undefined,
  batch: boolean,
): 'keep' | 'ignore' | undefined {
  if (batch) {
    // One that was called lost, replaced, and turns out to have done its work would count twice.
    if (alloc.nextAllocId !== undefined) return 'ignore';
    if (alloc.desiredStatus !== 'run') return didItsWork(alloc, group) ? 'keep' : 'ignore';
    return alloc.clientStatus === 'failed' ? undefined : 'keep';
  }
  if (alloc.desiredStatus !== 'run') return 'ignore';
  return alloc.clientStatus === 'failed' ? undefined : 'ignore';
}

/**
 * True where one that was told to stop had come to its end before: every task ended, none in
 * failure, and what its group is there for (the leader, or else all main tasks) began and was not
 * killed. Otherwise its work is still to be done.
 */
export function didItsWork(
  { taskStates }: Pick<Alloc, 'taskStates'>,
  group: TaskGroup | undefined,
): boolean {
  const states = Object.values<TaskState>(taskStates);
  if (states.length === 0) return false;
  if (!states.every((state) => state.state === 'dead' && !state.failed)) return false;
  const main = group?.tasks.filter((task) => task.lifecycle === undefined) ?? [];
  const leader = main.find((task) => task.leader);
  const decisive = leader === undefined ? main : [leader];
  return decisive.every(({ name }) => endedByItself(taskStates[name]));
}

function endedByItself(state: TaskState | undefined): boolean {
  if (state?.startedAt === undefined) return false;
  const types = state.events.map(({ type }) => type);
  return types.lastIndexOf('Killing') <= types.lastIndexOf('Started');
}

/** Those that are not history, in the order of their names: lowest number first. */
export function byName(allocs: readonly Alloc[]): readonly Alloc[] {
  return [...allocs].sort(compareNames);
}

export function live(allocs: readonly Alloc[]): readonly Alloc[] {
  return allocs.filter((alloc) => !isTerminal(alloc));
}

/** `web[2]` before `web[10]`; of equal names the smaller id first. */
function compareNames(a: Alloc, b: Alloc): number {
  if (a.name.length !== b.name.length) return a.name.length - b.name.length;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
