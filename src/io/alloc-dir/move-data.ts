/** Moves what outlives an allocation from one directory to another on the same machine. */
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './errors.ts';

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
