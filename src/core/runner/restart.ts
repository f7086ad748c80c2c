/**
 * Whether a task that ended is started again, when, and what an operator reads about it.
 *
 * R1: at most `attempts` restarts within one interval; the next one fails the task (mode `fail`) or
 *     waits for the interval's end (mode `delay`).
 * R2: the delay grows by at most a quarter, so that instances that fell together do not rise
 *     together.
 * R3: nothing here asks whether the servers are in reach: tasks do not restart because they are
 *     away.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/restart
 */
import type { Millis } from '../../base/brand.ts';
import type { RestartPolicy } from '../model/strategy.ts';
import { formatDuration } from '../../base/duration.ts';

/**
 * Remembers the restarts of the present interval. Kept on disk: it outlives the agent. All instants
 * here are of the client's own time (`moment.ts`).
 */
export interface RestartTracker {
  readonly count: number;
  readonly intervalStartedAt: Millis;
}

/** How a run of the task came to its end. */
export type Ending =
  | { readonly type: 'exited'; readonly success: boolean }
  /** `retry` is false where the same attempt would fail again (its configuration is wrong). */
  | { readonly type: 'not_started'; readonly retry: boolean };

export type RestartDecision =
  | {
      readonly do: 'restart';
      readonly delayMs: number;
      readonly reason: string;
      readonly tracker: RestartTracker;
    }
  | { readonly do: 'fail'; readonly reason: string }
  | { readonly do: 'complete' };

export interface RestartRules {
  readonly policy: RestartPolicy;
  /** A service that ends well is started again; batch work is done. */
  readonly onSuccess: boolean;
}

/** The reason that is not worth a word in the event's message. */
export const WITHIN_POLICY = 'Restart within policy';

/** A tracker that has seen nothing. */
export function newTracker(now: Millis): RestartTracker {
  return { count: 0, intervalStartedAt: now };
}

/**
 * Decides what follows the end of a task.
 *
 * @param jitter from [0, 1): how much of the quarter is added to the delay
 */
export function decideRestart(
  tracker: RestartTracker,
  rules: RestartRules,
  ending: Ending,
  at: { readonly now: Millis; readonly jitter: number },
): RestartDecision {
  const { policy, onSuccess } = rules;
  if (ending.type === 'exited' && ending.success && !onSuccess) return { do: 'complete' };
  if (ending.type === 'not_started' && !ending.retry) {
    return { do: 'fail', reason: 'Error was unrecoverable' };
  }
  if (policy.attempts === 0) return { do: 'fail', reason: 'Policy allows no restarts' };
  const counted = count(tracker, policy, at.now);
  if (counted.count <= policy.attempts) {
    const delayMs = Math.round(policy.delayMs * (1 + at.jitter / 4));
    return { do: 'restart', delayMs, reason: WITHIN_POLICY, tracker: counted };
  }
  switch (policy.mode) {
    case 'fail':
      return { do: 'fail', reason: exceeded(policy) };
    case 'delay': {
      const delayMs = counted.intervalStartedAt + policy.intervalMs - at.now;
      const reason = 'Exceeded allowed attempts, applying a delay';
      return { do: 'restart', delayMs, reason, tracker: counted };
    }
  }
}

function count(tracker: RestartTracker, policy: RestartPolicy, now: Millis): RestartTracker {
  const over = now >= tracker.intervalStartedAt + policy.intervalMs;
  // The client's own time runs back only where its disk lost what it knew of it: even then the
  // interval must not stretch without end.
  const fresh = over || now < tracker.intervalStartedAt;
  return fresh ? { count: 1, intervalStartedAt: now } : { ...tracker, count: tracker.count + 1 };
}

function exceeded(policy: RestartPolicy): string {
  return `Exceeded allowed attempts ${policy.attempts} in interval ${formatDuration(policy.intervalMs)} and mode is "fail"`;
}
