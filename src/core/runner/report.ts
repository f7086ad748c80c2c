/**
 * What the servers are told of an allocation.
 *
 * Source: the client descriptions that Nomad's `alloc status` prints.
 */
import type { Millis } from '../../base/brand.ts';
import {
  OVERRAN,
  type AllocNetworkStatus,
  type ClientStatus,
  type TaskState,
} from '../model/alloc.ts';
import type { AllocLife, AllocRun } from './alloc.ts';
import { reportTask } from './task.ts';

export interface AllocReport {
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
  readonly deploymentStatus?: { readonly healthy: boolean; readonly at: Millis };
  readonly networkStatus?: AllocNetworkStatus;
}

/** Sums an allocation up. */
export function reportAlloc(run: AllocRun): AllocReport {
  const taskStates = Object.fromEntries(
    Object.entries(run.tasks).map(([name, task]) => [name, reportTask(task)]),
  );
  const verdict = run.health?.verdict;
  return {
    ...(run.overran === true && run.life.stage === 'ended'
      ? { clientStatus: 'complete', clientDescription: OVERRAN }
      : summarise(Object.values(taskStates), run.life.stage)),
    taskStates,
    ...(verdict === undefined ? {} : { deploymentStatus: verdict }),
    ...(run.network === undefined ? {} : { networkStatus: run.network }),
  };
}

/**
 * One word for all tasks.
 *
 * @param stage the group's; the word is terminal only once it has ended (A3)
 */
export function summarise(
  tasks: readonly TaskState[],
  stage: AllocLife['stage'],
): { readonly clientStatus: ClientStatus; readonly clientDescription: string } {
  const running = { clientStatus: 'running', clientDescription: 'Tasks are running' } as const;
  switch (stage) {
    case 'new':
    case 'preparing':
    case 'running':
      return tasks.some((task) => task.state === 'running')
        ? running
        : { clientStatus: 'pending', clientDescription: 'No tasks have started' };
    case 'draining':
    case 'killing':
    case 'poststop':
      return running;
    case 'ended':
      return tasks.some((task) => task.failed)
        ? { clientStatus: 'failed', clientDescription: 'Failed tasks' }
        : { clientStatus: 'complete', clientDescription: 'All tasks have completed' };
  }
}
