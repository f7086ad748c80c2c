/** Giving the lead away on purpose: because it is wanted, or because this server ends. */
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MemberBeside } from '../../ports/etcd-member.ts';
import { GIVE_LEAD_MS, GIVE_LEAD_POLL_MS } from './limits.ts';
import type { Seat } from './seat.ts';

export interface GiveLeadDeps {
  readonly seat: Seat;
  readonly clock: Clock;
  readonly member: MemberBeside | undefined;
}

/**
 * See `ClusterLog.giveLead`.
 *
 * @param term in which this process leads
 * @param signal gives up
 */
export async function giveLead(
  { seat, clock, member }: GiveLeadDeps,
  term: number,
  to: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (member === undefined) {
    throw new Failure('unsupported', 'the lease in etcd decides which server leads');
  }
  await member.giveLead(to);
  const untilMs = clock.elapsedMs() + GIVE_LEAD_MS;
  const isDone = (): boolean => {
    const { holder } = seat;
    return holder !== undefined && holder.term !== term && (to ?? holder.id) === holder.id;
  };
  while (!isDone()) {
    if (signal.aborted || clock.elapsedMs() >= untilMs) {
      const who = to === undefined ? 'no other server takes' : 'that server does not take';
      throw new Failure('unavailable', `${who} the lead`);
    }
    await clock.sleep(GIVE_LEAD_POLL_MS, signal);
  }
}

/** A planned end: somebody else may lead at once. */
export async function handOver({ seat, member }: GiveLeadDeps): Promise<void> {
  try {
    await seat.leave();
    await member?.giveLead();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Then the others find out by themselves.
  }
}
