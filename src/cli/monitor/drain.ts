/** Follows a drain until nothing is left to move. */
import { nodeAllocs, readNode } from '../../api/nomad/node-routes.ts';
import type { Told } from '../../api/api.ts';
import type { NodeView } from '../../api/nomad/node-codec.ts';
import type { Index } from '../../base/brand.ts';
import { isClientTerminal } from '../../core/model/alloc.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import { timestamp } from '../format/time.ts';
import type { Session } from '../session.ts';
import { goOn, WAIT_MS } from './lines.ts';

/** What was told of an allocation. */
type Shown = Readonly<{ client: string; marked: boolean }>;

/** @returns the exit code: 0 once the node is drained, or not draining any more */
export async function monitorDrain(id: string, session: Session): Promise<number> {
  const { api, world } = session;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, world.signal]);
  const params = { id };
  say(session, 'Ctrl-C to stop monitoring: will not cancel the node drain');
  try {
    let node = await api.tell(readNode, { params }, signal);
    let allocs = await api.tell(nodeAllocs, { params }, signal);
    let nextNode: Promise<Told<NodeView>> | undefined;
    let nextAllocs: Promise<Told<readonly AllocWithJob[]>> | undefined;
    let seen: ReadonlyMap<string, Shown> = new Map();
    for (let wasDraining = false; ; wasDraining = true) {
      goOn(world);
      seen = tellNews(allocs.value, seen, session);
      if (node.value.drain === undefined) {
        // The node's news may have come before those of its last allocations.
        const last = await api.call(nodeAllocs, { params }, signal);
        tellNews(last, seen, session);
        return end(id, wasDraining, last, session);
      }
      nextNode ??= api.tell(readNode, { params, query: newer(node) }, signal);
      nextAllocs ??= api.tell(nodeAllocs, { params, query: newer(allocs) }, signal);
      const first = await Promise.race([
        nextNode.then((told) => ({ node: told })),
        nextAllocs.then((told) => ({ allocs: told })),
      ]);
      if ('node' in first) [node, nextNode] = [first.node, undefined];
      else [allocs, nextAllocs] = [first.allocs, undefined];
    }
  } finally {
    // Whichever question is still open is of no interest any more.
    over.abort();
  }
}

function newer({ index }: Told<unknown>): { readonly index: Index; readonly waitMs: number } {
  return { index, waitMs: WAIT_MS };
}

function end(
  id: string,
  wasDraining: boolean,
  rows: readonly AllocWithJob[],
  session: Session,
): number {
  const left = rows.filter(({ alloc }) => !isClientTerminal(alloc)).length;
  if (!wasDraining) say(session, `No drain strategy set for node ${id}`);
  else say(session, `Drain complete for node ${id}`);
  if (left === 0) say(session, `All allocations on node "${id}" have stopped`);
  return 0;
}

function tellNews(
  rows: readonly AllocWithJob[],
  seen: ReadonlyMap<string, Shown>,
  session: Session,
): Map<string, Shown> {
  const now = new Map<string, Shown>();
  for (const { alloc } of rows) {
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
