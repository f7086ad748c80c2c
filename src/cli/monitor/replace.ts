/** Has an allocation replaced, and follows that until what takes its place runs. */
import type { Told } from '../../api/api.ts';
import { readAlloc, stopAlloc } from '../../api/nomad/alloc-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import type { Session } from '../session.ts';
import { goOn, remark, WAIT_MS } from './lines.ts';

/**
 * Stops it and waits for the next one.
 *
 * Fails: `unavailable` what was placed for it does not run.
 */
export async function replaceAlloc(
  { id, group }: { readonly id: string; readonly group: string },
  noShutdownDelay: boolean,
  session: Session,
): Promise<void> {
  const { api, ids, world } = session;
  remark(world, `Stopping allocation "${ids(id)}", group "${group}"`);
  const query = { noShutdownDelay: noShutdownDelay ? true : undefined };
  await api.call(stopAlloc, { params: { id }, query }, world.signal);
  const stopped = await untilAlloc(id, session, ({ alloc }) => alloc.nextAllocId !== undefined);
  const next = stopped.alloc.nextAllocId ?? '';
  const begun = await untilAlloc(next, session, ({ alloc }) => alloc.clientStatus !== 'pending');
  const { clientStatus, clientDescription, nodeName } = begun.alloc;
  remark(world, `Allocation "${ids(next)}" on node "${nodeName}" takes its place`);
  if (clientStatus === 'running' || clientStatus === 'complete') return;
  const what = `allocation "${ids(next)}" is ${clientStatus}`;
  throw new Failure('unavailable', `${what}: ${clientDescription}`);
}

/** Follows an allocation until something holds of it. Fails: `canceled`. */
export async function untilAlloc(
  id: string,
  { api, world }: Session,
  holds: (whole: AllocWithJob) => boolean,
): Promise<AllocWithJob> {
  let seen: Told<AllocWithJob> | undefined;
  do {
    goOn(world);
    const query = seen === undefined ? {} : { index: seen.index, waitMs: WAIT_MS };
    seen = await api.tell(readAlloc, { params: { id }, query }, world.signal);
  } while (!holds(seen.value));
  return seen.value;
}
