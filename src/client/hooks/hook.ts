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
import type { AllocLook } from '../../core/task-templates/health-after-change.ts';
import type { TaskWish } from '../../core/runner/task.ts';
import type { Driver, ExecSession, TaskDirectories, TaskSpec } from '../../ports/driver.ts';
import type { AllocNetwork } from '../../ports/network.ts';

/** One allocation, and what its hooks made for it. */
export interface AllocScope {
  /** Replaced by newer versions of the same. */
  alloc: Alloc;
  job: Job;
  group: TaskGroup;
  /** It was prepared by an earlier process already: find, do not make anew. */
  restored: boolean;
  /** How it is, now. */
  readonly look: () => AllocLook;
  /** Adds to the events of each of its tasks. */
  readonly tell: (event: EventDraft) => void;
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
  /** Asks something of the task itself. */
  readonly ask: (wish: TaskWish) => void;
  /** Runs a command inside the task. Fails: `conflict` it does not run. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<ExecSession>;
  /** The task's environment, but for what hooks add. */
  readonly variables: Readonly<Record<string, string>>;
  /** Filled by hooks: more variables, which go before all others. */
  readonly env: Record<string, string>;
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
  /** The task runs already: an earlier process started it. */
  resume?(scope: TaskScope): Promise<void>;
}
