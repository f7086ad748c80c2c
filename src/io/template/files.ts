/** Files of `muster template` besides those that it renders. */
import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';

/** The file, or all in a directory and below, in the order of their paths; see `TemplateWorld`. */
export async function filesIn(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).sort();
    const found = await Promise.all(names.map((name) => withoutLinks(join(path, name))));
    return found.flat();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Failure(isAbsent ? 'not_found' : 'denied', `cannot read "${path}"`, { cause });
  }
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * The number of a user or a group, given by number or by name.
 *
 * @param list where names are: `/etc/passwd` or `/etc/group`
 *
 * Fails: `not_found`.
 */
export async function numberOf(who: string, list: string): Promise<number> {
  if (/^\d+$/.test(who)) return Number(who);
  const lines = (await readFile(list, 'utf8')).split('\n').map((line) => line.split(':'));
  const found = lines.find(([name]) => name === who)?.[2];
  if (found === undefined) throw new Failure('not_found', `"${who}" is not in ${list}`);
  return Number(found);
}

async function withoutLinks(path: string): Promise<readonly string[]> {
  const found = await lstat(path);
  if (found.isDirectory()) return filesIn(path);
  return found.isFile() ? [path] : [];
}
