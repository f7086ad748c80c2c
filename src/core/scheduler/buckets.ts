/**
 * Sorts a group's allocations by what the state of their nodes, their tasks and their owners'
 * wishes mean for them.
 *
 * R1: every allocation is in exactly one bucket.
 */
import type { Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';

/**
 * `keep` stays (and may be updated); `ignore` is history; `migrate` moves because its node drains;
 * `lost` is on a dead node; `disconnect` just fell out of touch; `unknown` is out of touch and
 * waited for; `rescheduleNow` failed and may be tried elsewhere, `rescheduleLater` after a delay.
 */
export type Bucket =
  | 'keep'
  | 'ignore'
  | 'migrate'
  | 'lost'
  | 'disconnect'
  | 'unknown'
  | 'rescheduleNow'
  | 'rescheduleLater';

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

/**
 * What the state of its node means for a live allocation.
 *
 * @param node undefined once it was forgotten
 */
export function classifyByNode(
  alloc: Alloc,
  node: Node | undefined,
  group: TaskGroup | undefined,
  now: Millis,
): Extract<Bucket, 'keep' | 'migrate' | 'lost' | 'disconnect' | 'unknown'> {
  if (alloc.desiredTransition?.migrate === true) return 'migrate';
  if (node === undefined) return 'lost';
  switch (node.status) {
    case 'down':
      return group?.preventRescheduleOnLost === true ? awaited(alloc) : 'lost';
    case 'disconnected': {
      const grace = group === undefined ? undefined : disconnectGraceMs(group);
      if (grace === undefined) return 'lost';
      const since = alloc.disconnectedAt ?? node.statusUpdatedAt;
      return now - since >= grace ? 'lost' : awaited(alloc);
    }
    case 'initializing':
    case 'ready':
      return alloc.clientStatus === 'unknown' ? 'unknown' : 'keep';
  }
}

function awaited(alloc: Alloc): 'disconnect' | 'unknown' {
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
export function classifyTerminal(alloc: Alloc, batch: boolean): 'keep' | 'ignore' | undefined {
  if (batch) {
    // One that was called lost, replaced, and turns out to have done its work would count twice.
    if (alloc.nextAllocId !== undefined) return 'ignore';
    if (alloc.desiredStatus !== 'run') return ranSuccessfully(alloc) ? 'keep' : 'ignore';
    return alloc.clientStatus === 'failed' ? undefined : 'keep';
  }
  if (alloc.desiredStatus !== 'run') return 'ignore';
  return alloc.clientStatus === 'failed' ? undefined : 'ignore';
}

/** True where every task ended, none in failure. */
export function ranSuccessfully(alloc: Pick<Alloc, 'taskStates'>): boolean {
  const states = Object.values(alloc.taskStates);
  return states.length > 0 && states.every((state) => state.state === 'dead' && !state.failed);
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
