/**
 * When an allocation that failed on its node is to be tried on another.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/reschedule
 */
import type { Millis } from '../../base/brand.ts';
import type { Alloc, RescheduleEvent } from '../model/alloc.ts';
import type { ReschedulePolicy } from '../model/strategy.ts';

export interface NextTry {
  /** Not before this instant. */
  readonly at: Millis;
  /** The delay that led there [ms]; written into the replacement's history. */
  readonly delayMs: number;
}

/** Undefined where the policy allows no further try. */
export function nextTry(alloc: Alloc, policy: ReschedulePolicy | undefined): NextTry | undefined {
  if (policy === undefined || alloc.clientStatus !== 'failed' || alloc.desiredStatus !== 'run') {
    return undefined;
  }
  const failedAt = failureTime(alloc);
  const delayMs = nextDelay(alloc.reschedules, policy, failedAt);
  if (!mayTry(alloc.reschedules, policy, { failedAt, delayMs })) return undefined;
  return { at: (failedAt + delayMs) as Millis, delayMs };
}

/**
 * When the last of its tasks ended; without any, when the row last changed. Its client says so by a
 * clock of its own: what that calls the future has happened when the servers were told.
 */
export function failureTime(alloc: Pick<Alloc, 'taskStates' | 'modifiedAt'>): Millis {
  let last = 0;
  for (const state of Object.values(alloc.taskStates)) last = Math.max(last, state.finishedAt ?? 0);
  return last === 0 ? alloc.modifiedAt : (Math.min(last, alloc.modifiedAt) as Millis);
}

function mayTry(
  events: readonly RescheduleEvent[],
  policy: ReschedulePolicy,
  { failedAt, delayMs }: { failedAt: Millis; delayMs: number },
): boolean {
  if (policy.unlimited) return true;
  if (policy.attempts === 0) return false;
  if (events.length === 0) return true;
  const recent = events.filter((event) => failedAt - event.at < policy.intervalMs).length;
  return recent < policy.attempts && delayMs < policy.intervalMs;
}

function nextDelay(
  events: readonly RescheduleEvent[],
  policy: ReschedulePolicy,
  failedAt: Millis,
): number {
  const last = events[events.length - 1];
  if (last === undefined) return policy.delayMs;
  const grown = grow(events, policy, last);
  if (policy.maxDelayMs === 0 || grown <= policy.maxDelayMs) return grown;
  // One that ran for longer than the longest delay has recovered: the series starts over.
  return failedAt - last.at > policy.maxDelayMs ? policy.delayMs : policy.maxDelayMs;
}

function grow(
  events: readonly RescheduleEvent[],
  policy: ReschedulePolicy,
  last: RescheduleEvent,
): number {
  switch (policy.delayFunction) {
    case 'constant':
      return policy.delayMs;
    case 'exponential':
      return last.delayMs * 2;
    case 'fibonacci': {
      const earlier = events[events.length - 2];
      if (earlier === undefined) return last.delayMs;
      const restarted = earlier.delayMs === policy.maxDelayMs && last.delayMs === policy.delayMs;
      return restarted ? last.delayMs : last.delayMs + earlier.delayMs;
    }
  }
}
