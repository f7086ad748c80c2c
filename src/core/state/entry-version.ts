/**
 * Which builds understand which entries, so that servers of different builds can share a log.
 *
 * EV1: a build understands every entry up to its `ENTRY_VERSION`, and says so to the others. An
 *      entry that needs more is proposed only once every server understands it.
 * EV2: whoever comes upon one that it does not understand stops: to skip it, or to apply what it
 *      understands of it, would make its state another than that of the others.
 *
 * What changes how an entry is applied raises `ENTRY_VERSION` by one, and names that version below:
 * for a new type in its row; for a new field, a new word in a union, or a new table in a row by a
 * function that looks whether the entry makes use of it.
 */
import type { Entry, EntryType } from './entry.ts';

/** The newest version that this build understands. Before it was published, there was 1. */
export const ENTRY_VERSION = 1;

type Needs<Each extends { readonly type: string }> = {
  readonly [Type in Each['type']]: number | ((entry: Extract<Each, { type: Type }>) => number);
};

/** The version that each entry needs of its readers. */
const NEEDS: Needs<Entry> = {
  'job.register': 1,
  'job.deregister': 1,
  'job.stability': 1,
  'job.tag': 1,
  'job.scale': 1,
  'job.dispatch': 1,
  'periodic.launch': 1,
  'node.register': 1,
  'node.status': 1,
  'node.eligibility': 1,
  'node.drain': 1,
  'node.deregister': 1,
  'node.events': 1,
  'evals.upsert': 1,
  'evals.delete': 1,
  'plan.apply': 1,
  'allocs.client-update': 1,
  'allocs.transition': 1,
  'deployment.status': 1,
  'deployment.promote': 1,
  'deployment.alloc-health': 1,
  'scheduler.config': 1,
  'gc.reap': 1,
  'catalog.register': 1,
  'catalog.deregister': 1,
  'coordinates.update': 1,
  'query.set': 1,
  'query.delete': 1,
  'kv.write': 1,
  'kv.expire': 1,
  'txn.apply': 1,
  'session.create': 1,
  'session.invalidate': 1,
  'event.fire': 1,
  'rollout.begin': 1,
  'rollout.end': 1,
  'variable.set': 1,
  'variable.delete': 1,
  'namespace.set': 1,
  'namespace.delete': 1,
  'node-pool.set': 1,
  'node-pool.delete': 1,
  'state.restore': 1,
} satisfies Record<EntryType, unknown>;

/**
 * The version that such a table gives an entry; more than `understood` where its type is unknown.
 *
 * @param understood by the build that the table is of
 */
export function neededBy<Each extends { readonly type: string }>(
  needs: Needs<Each>,
  understood: number,
  entry: Each,
): number {
  if (!Object.hasOwn(needs, entry.type)) return understood + 1;
  const need = needs[entry.type as Each['type']] as number | ((entry: Each) => number);
  return typeof need === 'number' ? need : need(entry);
}

/** What the log asks of this build's entries. */
export const ENTRY_VERSIONS = {
  understood: ENTRY_VERSION,
  neededBy: (entry: Entry): number => neededBy(NEEDS, ENTRY_VERSION, entry),
} as const;
