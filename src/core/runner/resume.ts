/**
 * Takes an allocation up again after its agent ended, however that was.
 *
 * U1: counters and deadlines go on where they were; nothing is started that a handle exists for.
 */
import type { AllocEffect, AllocRun } from './alloc.ts';
import type { TaskEffect, TaskPolicy, TaskRun } from './task.ts';
import type { AllocPolicy } from './alloc.ts';

/**
 * What the edge must do to be where the stored state says it is. To be carried out before any
 * input is taken; a `tick` then brings late deadlines up to date.
 */
export function resumeAlloc(run: AllocRun, policy: AllocPolicy): readonly AllocEffect[] {
  switch (run.life.stage) {
    case 'new':
    case 'ended':
      return [];
    case 'preparing':
      return run.life.stopping ? [{ do: 'prepare' }, { do: 'cancel' }] : [{ do: 'prepare' }];
    case 'running':
    case 'draining':
    case 'killing':
    case 'poststop':
      return Object.entries(run.tasks).flatMap(([task, state]) => {
        const spec = policy.tasks[task];
        if (spec === undefined) return [];
        return resumeTask(state, spec.policy).map((effect): AllocEffect => ({
          do: 'task',
          task,
          effect,
        }));
      });
  }
}

function resumeTask(run: TaskRun, policy: TaskPolicy): readonly TaskEffect[] {
  const { life, attempt } = run;
  switch (life.phase) {
    case 'preparing':
      return [{ do: 'prepare', attempt }];
    case 'starting':
      // The same attempt: a driver that had started it already answers with the running task.
      return [{ do: 'start', attempt }];
    case 'canceling':
      // What was being started may run: asked for again, it answers with its handle and is stopped.
      return life.of === 'starting'
        ? [{ do: 'start', attempt }]
        : [{ do: 'prepare', attempt }, { do: 'cancel' }];
    case 'running':
    case 'draining':
      return [{ do: 'recover', attempt, handle: life.handle }];
    case 'killing': {
      const { handle } = life;
      const { killSignal: signal, killTimeoutMs: timeoutMs } = policy;
      return [
        { do: 'recover', attempt, handle },
        { do: 'stop', handle, signal, timeoutMs },
      ];
    }
    case 'waiting':
    case 'restarting':
    case 'dead':
      return [];
  }
}
