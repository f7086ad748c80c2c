/**
 * Puts what was fetched where the task finds it.
 *
 * P1: nothing is written through a link that leads out of the task's directory: an earlier run of
 *     the task may have left one there.
 */
import { cp, lstat, mkdir, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../../base/failure.ts';

/** Makes a directory below `root`, and answers its path (P1). Fails: `denied`. */
export async function makeDirWithin(root: string, path: string): Promise<string> {
  const top = await realpath(root);
  let at = top;
  for (const part of relative(root, resolve(root, path)).split(sep)) {
    if (part === '' || part === '.') continue;
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined) await mkdir(at, { mode: 0o755 });
    else if (found.isSymbolicLink()) at = await insideOf(top, at);
    else if (!found.isDirectory()) throw new Failure('denied', `"${path}" is not a directory`);
  }
  return at;
}

/** Moves a file, or all that is in a directory, below `root` (P1); what is there is replaced. */
export async function moveWithin(root: string, from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (!found.isDirectory()) {
    const dir = await makeDirWithin(root, dirname(to));
    await replace(from, join(dir, to.slice(to.lastIndexOf('/') + 1)));
    return;
  }
  await makeDirWithin(root, to);
  for (const name of await readdir(from)) await moveWithin(root, join(from, name), `${to}/${name}`);
}

/** Fails with the first link in a tree that leads out of it: `denied`. */
export async function refuseStrayLinks(dir: string, name: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = resolve(entry.parentPath, await readlink(path));
    if (target !== dir && !target.startsWith(dir + sep)) {
      throw new Failure('invalid', `${name}: "${relative(dir, path)}" is a link out of it`);
    }
  }
}

async function insideOf(top: string, link: string): Promise<string> {
  const target = await realpath(link).catch(() => undefined);
  if (target !== undefined && (target === top || target.startsWith(top + sep))) return target;
  throw new Failure('denied', `"${relative(top, link)}" is a link out of the task's directory`);
}

async function replace(from: string, to: string): Promise<void> {
  const there = await lstat(to).catch(() => undefined);
  if (there?.isDirectory() === true) throw new Failure('denied', `"${to}" is a directory`);
  try {
    await rename(from, to);
  } catch {
    // Another file system lies there: a mounted volume.
    await rm(to, { force: true });
    await cp(from, to, { verbatimSymlinks: true, preserveTimestamps: true });
  }
}
