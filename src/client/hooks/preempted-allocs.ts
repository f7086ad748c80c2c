import { Failure } from '../../base/failure.ts';
import { PREEMPTED_WAIT_MS_MAX } from '../../core/limits.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { preemptedOverdue, waitsForPreempted } from '../../core/runner/events.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AllocHook } from './hook.ts';
import type { AwaitEnd } from './previous-alloc.ts';

export interface PreemptedDeps {
  readonly awaitEnd: AwaitEnd;
  /** Nothing of it runs here (any more). */
  readonly hasEnded: (id: AllocId) => boolean;
  readonly clock: Clock;
}

/**
 * Waits for the allocations that were evicted for this one to end on this node: until then they
 * hold its ports and its memory. Each task tells of the wait. What has not ended after
 * `PREEMPTED_WAIT_MS_MAX` is waited for no longer.
 */
export function preemptedAllocsHook(deps: PreemptedDeps): AllocHook {
  return {
    name: 'preempted_allocs',
    async prerun({ alloc, restored, tell }, signal) {
      const live = (): readonly AllocId[] =>
        (alloc.preemptedAllocs ?? []).filter((id) => !deps.hasEnded(id));
      if (restored || live().length === 0) return;
      tell(waitsForPreempted(live()));
      await awaitAll(live(), deps, signal);
      if (signal.aborted) {
        throw new Failure('canceled', 'the wait for evicted allocations was given up');
      }
      if (live().length > 0) tell(preemptedOverdue(live(), PREEMPTED_WAIT_MS_MAX));
    },
    postrun: () => Promise.resolve(),
  };
}

/** Until all have ended, or for so long as they may take. */
async function awaitAll(
  ids: readonly AllocId[],
  { awaitEnd, clock }: PreemptedDeps,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const within = AbortSignal.any([signal, over.signal]);
  const bound = clock.sleep(PREEMPTED_WAIT_MS_MAX, within).then(() => over.abort());
  await Promise.all(ids.map((id) => awaitEnd(id, within)));
  over.abort();
  await bound;
}
