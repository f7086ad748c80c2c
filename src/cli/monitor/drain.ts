/** Follows a drain until nothing is left to move. */
import { nodeAllocs, readNode } from '../../api/nomad/node-routes.ts';
import type { Told } from '../../api/api.ts';
import { isClientTerminal, type Alloc } from '../../core/model/alloc.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import { timestamp } from '../format/time.ts';
import type { Session } from '../session.ts';
import { goOn } from './lines.ts';

/** The node is looked at this often while its allocations are quiet [ms]. */
const LOOK_MS = 2_000;

/** What was told of an allocation. */
type Shown = Readonly<{ client: string; marked: boolean }>;

/** @returns the exit code: 0 once the node is drained, or not draining any more */
export async function monitorDrain(id: string, session: Session): Promise<number> {
  const { api, world } = session;
  say(session, 'Ctrl-C to stop monitoring: will not cancel the node drain');
  let seen = new Map<string, Shown>();
  let last: Told<readonly AllocWithJob[]> | undefined;
  let wasDraining = false;
  for (;;) {
    goOn(world);
    const node = await api.call(readNode, { params: { id } }, world.signal);
    const query = last === undefined ? {} : { index: last.index, waitMs: LOOK_MS };
    last = await api.tell(nodeAllocs, { params: { id }, query }, world.signal);
    const allocs = last.value.map(({ alloc }) => alloc);
    seen = tellNews(allocs, seen, session);
    if (node.drain === undefined) return over(id, wasDraining, allocs, session);
    wasDraining = true;
  }
}

function over(
  id: string,
  wasDraining: boolean,
  allocs: readonly Alloc[],
  session: Session,
): number {
  const left = allocs.filter((alloc) => !isClientTerminal(alloc)).length;
  if (!wasDraining) say(session, `No drain strategy set for node ${id}`);
  else say(session, `Drain complete for node ${id}`);
  if (left === 0) say(session, `All allocations on node "${id}" have stopped`);
  return 0;
}

function tellNews(
  allocs: readonly Alloc[],
  seen: ReadonlyMap<string, Shown>,
  session: Session,
): Map<string, Shown> {
  const now = new Map<string, Shown>();
  for (const alloc of allocs) {
    const before = seen.get(alloc.id);
    const marked = alloc.desiredTransition?.migrate === true;
    const name = `Alloc "${alloc.id}"`;
    if (marked && before?.marked !== true && !isClientTerminal(alloc)) {
      say(session, `${name} marked for migration`);
    }
    if (before !== undefined && before.client !== alloc.clientStatus) {
      say(session, `${name} status ${before.client} -> ${alloc.clientStatus}`);
    }
    now.set(alloc.id, { client: alloc.clientStatus, marked });
  }
  return now;
}

function say({ world }: Session, text: string): void {
  world.out(`${timestamp(world.now())}: ${text}\n`);
}
