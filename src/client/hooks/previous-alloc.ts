import { Failure } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { AllocHook } from './hook.ts';

/** Waits until the allocation that this one replaces here has ended; absent ones have. */
export type AwaitEnd = (id: AllocId, signal: AbortSignal) => Promise<void>;

/**
 * Waits for the predecessor on this node to end (its ports, its disk), and takes its data
 * over where the group's disk is sticky. Data of a predecessor on another node is not fetched:
 * `migrate` across machines begins empty, as it does in Nomad when the other node cannot be
 * reached.
 */
export function previousAllocHook(deps: {
  readonly awaitEnd: AwaitEnd;
  readonly dirs: AllocDirs;
}): AllocHook {
  return {
    name: 'previous_alloc',
    async prerun({ alloc, group, restored }, signal) {
      const previous = alloc.previousAllocId;
      if (previous === undefined || restored) return;
      await deps.awaitEnd(previous, signal);
      if (signal.aborted)
        throw new Failure('canceled', 'the wait for the predecessor was given up');
      if (!group.ephemeralDisk.sticky) return;
      const tasks = group.tasks.map((task) => task.name);
      await deps.dirs.moveData(previous, alloc.id, tasks);
    },
    postrun: () => Promise.resolve(),
  };
}
