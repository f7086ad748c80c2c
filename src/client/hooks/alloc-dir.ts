import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { AllocHook } from './hook.ts';

/** Makes the directories. They stay after the end, for `alloc logs`, until garbage collection. */
export function allocDirHook(dirs: AllocDirs): AllocHook {
  return {
    name: 'alloc_dir',
    prerun: ({ alloc, group }) =>
      dirs.create(
        alloc.id,
        group.tasks.map((task) => task.name),
      ),
    postrun: () => Promise.resolve(),
  };
}
