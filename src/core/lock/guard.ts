/**
 * The guard of a program that runs under a lock: decides when the program has to go.
 *
 * The guard is a process of its own. It hears from the holder how long the lock is certain to be
 * held; whatever becomes of the holder, stopped, killed or cut off, the program is gone by then.
 *
 * G1: at `killAt` of the last lease heard, SIGKILL has been sent, whatever was heard of the holder.
 * G2: SIGTERM goes before it, `TERM_GRACE_MS` ahead where there is so much time.
 * G3: once SIGTERM was sent no lease revives the program.
 */

/** How long the program may run without hearing more; on the clock that runs through suspend. */
export interface Lease {
  /** When it is told to end [ms]. */
  readonly termAt: number;
  /** When it is killed [ms]: before anybody else can be granted the lock. */
  readonly killAt: number;
}

/** What a program gets to end by itself [ms]. Source: Consul gives as long. */
export const TERM_GRACE_MS = 5000;
/** The program is gone so long before the session may be [ms]: killing takes a moment too. */
const KILL_MARGIN_MS = 1000;

/**
 * The lease that a renewal gives.
 *
 * @param sentAt when the request was sent, not when it was answered [ms]
 * @param ttlMs the session's; the servers end it no earlier than this after they got the request
 */
export function leaseOf(sentAt: number, ttlMs: number): Lease {
  const killAt = sentAt + ttlMs - Math.min(KILL_MARGIN_MS, ttlMs / 10);
  return { termAt: killAt - Math.min(TERM_GRACE_MS, ttlMs / 3), killAt };
}

export type GuardState = Readonly<{
  lease: Lease;
  /** When the holder went away, or asked for the end. */
  endAt?: number;
  sent: 'nothing' | 'term' | 'kill';
  termSentAt?: number;
}>;

export type GuardSignal = 'SIGTERM' | 'SIGKILL';

/** A guard that has just started its program. */
export function watching(lease: Lease): GuardState {
  return { lease, sent: 'nothing' };
}

/** Takes a new lease. Older ones, heard late, count for nothing. */
export function extended(state: GuardState, lease: Lease): GuardState {
  return lease.killAt > state.lease.killAt && state.sent === 'nothing'
    ? { ...state, lease }
    : state;
}

/** The holder is gone, or wants the program to end. */
export function ending(state: GuardState, now: number): GuardState {
  return state.endAt === undefined ? { ...state, endAt: now } : state;
}

/** What is due now. A signal that was sent is not sent again, but for SIGKILL. */
export function due(
  state: GuardState,
  now: number,
): Readonly<{ state: GuardState; signal?: GuardSignal }> {
  const term = Math.min(state.lease.termAt, state.endAt ?? Infinity);
  const kill = Math.min(state.lease.killAt, (state.termSentAt ?? Infinity) + TERM_GRACE_MS);
  if (now >= kill) return { state: { ...state, sent: 'kill' }, signal: 'SIGKILL' };
  if (now < term || state.sent !== 'nothing') return { state };
  return { state: { ...state, sent: 'term', termSentAt: now }, signal: 'SIGTERM' };
}
