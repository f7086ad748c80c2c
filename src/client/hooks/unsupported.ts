import { Failure } from '../../base/failure.ts';
import type { TaskHook, TaskScope } from './hook.ts';

/** Says plainly what a task asks for and this build cannot do, before anything of it runs. */
export const unsupportedHook: TaskHook = {
  name: 'unsupported',
  prestart(scope) {
    const what = missing(scope);
    if (what === undefined) return Promise.resolve();
    return Promise.reject(new Failure('unsupported', `${what} are not supported by this build`));
  },
};

function missing({ task }: TaskScope): string | undefined {
  if (task.artifacts.length > 0) return 'artifacts';
  if (task.templates.length > 0) return 'templates';
  if (task.vault !== undefined) return 'vault policies';
  if (task.csiPlugin !== undefined) return 'storage plugins';
  return undefined;
}
