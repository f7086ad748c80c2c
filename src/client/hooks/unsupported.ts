import { Failure } from '../../base/failure.ts';
import type { Task } from '../../core/model/task.ts';
import type { TaskHook, TaskScope } from './hook.ts';

/** Says plainly what a task asks for and this build cannot do, before anything of it runs. */
export const unsupportedHook: TaskHook = {
  name: 'unsupported',
  prestart(scope) {
    const why = reason(scope);
    if (why === undefined) return Promise.resolve();
    return Promise.reject(new Failure('unsupported', why));
  },
};

function reason({ task, group, driver }: TaskScope): string | undefined {
  const what = missing(task);
  if (what !== undefined) return `${what} are not supported by this build`;
  const mode = group.networks[0]?.mode ?? '';
  if (mode !== 'bridge' && mode !== 'none') return undefined;
  if (!driver.capabilities.networkModes.includes(mode)) {
    return `driver "${driver.name}" does not support network mode "${mode}"`;
  }
  // Such containers have networks of their own, which no other task can join.
  const isAlone = driver.capabilities.fsIsolation === 'image' && driver.network === undefined;
  return isAlone && group.tasks.length > 1
    ? `driver "${driver.name}" cannot share a network of mode "${mode}" with other tasks in this build`
    : undefined;
}

function missing(task: Task): string | undefined {
  if (task.vault !== undefined) return 'vault policies';
  if (task.csiPlugin !== undefined) return 'storage plugins';
  return undefined;
}
