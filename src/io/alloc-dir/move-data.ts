/** Directories of allocations, and moving what outlives one to another on the same machine. */
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { isAbsent } from './errors.ts';

/** Below the root of all. Fails: `invalid` what names no allocation. */
export function dirOfAlloc(root: string, id: AllocId): string {
  if (!/^[\w-]+$/.test(id)) throw new Failure('invalid', `"${id}" is no allocation's id`);
  return join(root, id);
}

/** What is to outlive an allocation, below its directory. */
export function dataFolders(tasks: readonly string[]): readonly string[] {
  return ['alloc/data', ...tasks.map((task) => `${task}/local`)];
}

/** Moves all that is in a folder, if there is one; what has the same names there is replaced. */
export async function moveFolder(source: string, target: string): Promise<void> {
  for (const name of await namesIn(source)) await moveEntry(join(source, name), join(target, name));
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function moveEntry(source: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  try {
    await rename(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(source, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await rm(source, { recursive: true, force: true });
  }
}
