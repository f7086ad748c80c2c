/**
 * Looks again and again whether this server should lead, and does what was chosen.
 *
 * Who leads is decided by the claim's comparison (S1 of seat.ts); this only tries.
 */
import { chooseLeadership } from '../../core/etcd-member/leadership.ts';
import type { LeadershipLimits } from '../../core/etcd-member/leadership.ts';
import type { Clock } from '../../ports/clock.ts';
import { Failure, explain } from '../../base/failure.ts';
import type { MemberBeside } from '../../ports/etcd-member.ts';
import { isPassing } from '../etcd/repeat.ts';
import { BEAT_MS, POLL_MS } from './limits.ts';
import type { Seat } from './seat.ts';

export interface ElectionDeps {
  readonly seat: Seat;
  readonly clock: Clock;
  /** Undefined: the endpoints are somebody else's. */
  readonly member: MemberBeside | undefined;
  /** True once anybody has ever led here. */
  readonly isBegun: () => boolean;
  readonly note: (line: string) => void;
}

/** Runs until `signal` aborts. */
export async function elect(
  deps: ElectionDeps,
  limits: LeadershipLimits | undefined,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await turn(deps, limits, signal);
    } catch (error) {
      // Without a quorum, or with a full store, every attempt fails: that is told elsewhere.
      if (!isExpected(error)) deps.note(`election: ${explain(error)}`);
    }
    await deps.clock.sleep(POLL_MS, signal);
  }
}

async function turn(
  deps: ElectionDeps,
  limits: LeadershipLimits | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { seat, clock, member } = deps;
  const term = seat.ownTerm;
  if (term !== undefined && clock.elapsedMs() - seat.provenMs >= BEAT_MS) {
    // Failing is no reason to stop here: whether it has lasted too long is asked below.
    await seat.beat(term).catch((error: unknown) => {
      if (!isExpected(error)) deps.note(`sign of life: ${explain(error)}`);
    });
  }
  const memberLeads = await member?.leads(signal);
  const choose = async (): Promise<ReturnType<typeof chooseLeadership>> =>
    chooseLeadership(
      {
        memberLeads,
        founded: deps.isBegun() || member === undefined || (await member.founded()),
        holder: holderOf(seat),
        heardMs: seat.heardMs,
        provenMs: seat.provenMs,
      },
      clock.elapsedMs(),
      limits,
    );
  const first = await choose();
  if (first === 'wait') return;
  if (first === 'step-down') {
    deps.note('etcd does not confirm the leadership: giving it up');
    if (term !== undefined) seat.disown(term);
    return;
  }
  // What a lost watch did not tell may have happened (S2 of seat.ts).
  await seat.look();
  const choice = await choose();
  if ((choice !== 'claim' && choice !== 'depose') || signal.aborted) return;
  const deposed = seat.holder;
  if (!(await seat.claim()) || choice === 'claim') return;
  if (deposed !== undefined) deps.note(`leads in place of "${deposed.name}", which fell silent`);
  await member?.takeLead();
}

function isExpected(error: unknown): boolean {
  return isPassing(error) || (error instanceof Failure && error.fault === 'exhausted');
}

function holderOf(seat: Seat): 'none' | 'me' | 'other' {
  if (seat.ownTerm !== undefined) return 'me';
  return seat.holder === undefined ? 'none' : 'other';
}
