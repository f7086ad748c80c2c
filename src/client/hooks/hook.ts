/**
 * What runs around allocations and tasks: each hook is one concern, the arrays in `recipe.ts` are
 * the order.
 *
 * HK1: a hook may run again for the same allocation or task, also in a later process; the second
 *      run finds what the first one made.
 */
import type { Alloc } from '../../core/model/alloc.ts';
import type { Job } from '../../core/model/job.ts';
import type { TaskGroup } from '../../core/model/task-group.ts';
import type { Task } from '../../core/model/task.ts';
import type { EventDraft } from '../../core/runner/events.ts';
import type { Driver, TaskDirectories, TaskSpec } from '../../ports/driver.ts';
import type { AllocNetwork } from '../../ports/network.ts';

/** One allocation, and what its hooks made for it. */
export interface AllocScope {
  /** Replaced by newer versions of the same. */
  alloc: Alloc;
  job: Job;
  group: TaskGroup;
  /** It was prepared by an earlier process already: find, do not make anew. */
  restored: boolean;
  /** Set by the network hook. */
  network?: AllocNetwork;
  /** Set by the network hook: what tasks of one driver join, where that driver made it. */
  driverNetwork?: { readonly driver: string; readonly name: string };
}

export interface AllocHook {
  readonly name: string;
  /** Before the first task. Fails: any fault; every task then fails with its message. */
  prerun(scope: AllocScope, signal: AbortSignal): Promise<void>;
  /** After the last task. */
  postrun(scope: AllocScope): Promise<void>;
}

/** One start of one task, and what its hooks made for it. */
export interface TaskScope extends AllocScope {
  readonly task: Task;
  readonly driver: Driver;
  /** Replaces `${...}`. */
  readonly interpolate: (text: string) => string;
  readonly directories: TaskDirectories;
  /** Adds to the task's events. */
  readonly note: (event: EventDraft) => void;
  /** Filled by hooks. */
  readonly mounts: TaskSpec['mounts'][number][];
}

export interface TaskHook {
  readonly name: string;
  /**
   * Before each start.
   * Fails: a fault that is worth a retry leads to the restart policy, any other fails the task.
   */
  prestart(scope: TaskScope, signal: AbortSignal): Promise<void>;
}
