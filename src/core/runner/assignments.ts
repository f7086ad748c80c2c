/**
 * What a client does with the list of its allocations that the servers sent.
 *
 * S1: each allocation is in exactly one bucket.
 * S2: what is older than what is known already moves nothing: `allocModifyIndex` never falls.
 */
import type { Alloc } from '../model/alloc.ts';
import { isClientTerminal } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';

/** What the client holds of one allocation. */
export interface HeldAlloc {
  readonly id: AllocId;
  readonly allocModifyIndex: number;
}

export interface AssignmentBuckets<T> {
  /** New here: to be run, or to be told as stopped if that is what is wanted. */
  readonly added: readonly T[];
  /** Known, and changed by the servers since. */
  readonly updated: readonly T[];
  /** Held, and no longer in the list: the servers have forgotten them. */
  readonly removed: readonly AllocId[];
  /** Nothing to be done for them. */
  readonly ignored: readonly T[];
}

/** Sorts a complete list of the node's allocations against those held. */
export function sortAssignments<T extends { readonly alloc: Alloc }>(
  held: readonly HeldAlloc[],
  listed: readonly T[],
): AssignmentBuckets<T> {
  const known = new Map(held.map((one) => [one.id, one.allocModifyIndex]));
  const added: T[] = [];
  const updated: T[] = [];
  const ignored: T[] = [];
  for (const one of listed) {
    const before = known.get(one.alloc.id);
    if (before === undefined) (isClientTerminal(one.alloc) ? ignored : added).push(one);
    else (one.alloc.allocModifyIndex > before ? updated : ignored).push(one);
  }
  const present = new Set(listed.map((one) => one.alloc.id));
  const removed = held.map((one) => one.id).filter((id) => !present.has(id));
  return { added, updated, removed, ignored };
}

/** What the servers sent of a list: see `PullReply` in `ports/server-link.ts`. */
interface SentList<T> {
  readonly allocs: readonly T[];
  readonly kept?: readonly AllocId[];
  readonly removed?: readonly AllocId[];
  readonly count?: number;
}

/**
 * The complete list, from what was held and what the servers sent of it; undefined where they count
 * on other allocations than those that are held.
 */
export function completeList<T extends { readonly alloc: Pick<Alloc, 'id'> }>(
  held: readonly T[],
  sent: SentList<T>,
): readonly T[] | undefined {
  const { allocs, kept = [], removed } = sent;
  if (removed !== undefined) return changedList(held, { ...sent, removed });
  if (kept.length === 0) return allocs;
  const byId = new Map(held.map((one) => [one.alloc.id, one]));
  const listed: T[] = [];
  for (const id of kept) {
    const one = byId.get(id);
    if (one === undefined) return undefined;
    listed.push(one);
  }
  return [...listed, ...allocs];
}

function changedList<T extends { readonly alloc: Pick<Alloc, 'id'> }>(
  held: readonly T[],
  { allocs, removed, count }: SentList<T> & { readonly removed: readonly AllocId[] },
): readonly T[] | undefined {
  const byId = new Map(held.map((one) => [one.alloc.id, one]));
  for (const id of removed) byId.delete(id);
  for (const one of allocs) byId.set(one.alloc.id, one);
  return count === undefined || count === byId.size ? [...byId.values()] : undefined;
}
