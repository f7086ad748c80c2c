/** Which file a command names. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../../../base/failure.ts';

/**
 * Looks a command up: a path as it stands (relative ones from the task's directory), a name in the
 * task's `local` directory, in the task's directory, and then along `searchPath`.
 *
 * Fails: `not_found`, `denied` when the file may not be executed.
 * Source: Nomad's executor looks in the same order.
 */
export function findCommand(command: string, taskDir: string, searchPath: string): string {
  const candidates = command.includes('/')
    ? [isAbsolute(command) ? command : resolve(taskDir, command)]
    : [join(taskDir, 'local'), taskDir, ...searchPath.split(delimiter).filter(isAbsolute)].map(
        (dir) => join(dir, command),
      );
  return pick(command, candidates, (path) => path);
}

/**
 * The same for a task with a file tree of its own; answers the path as the task sees it.
 *
 * @param outside where a path of the task's lies on the machine
 */
export function findInside(
  command: string,
  searchPath: string,
  outside: (path: string) => string,
): string {
  const dirs = ['/local', '/', ...searchPath.split(delimiter).filter(isAbsolute)];
  const candidates = command.includes('/')
    ? [resolve('/', command)]
    : dirs.map((dir) => join(dir, command));
  return pick(command, candidates, outside);
}

function pick(
  command: string,
  candidates: readonly string[],
  outside: (path: string) => string,
): string {
  let denied: string | undefined;
  for (const path of candidates) {
    const found = look(outside(path));
    if (found === 'runs') return path;
    if (found === 'denied') denied ??= path;
  }
  if (denied !== undefined) throw new Failure('denied', `"${denied}" is not executable`);
  throw new Failure('not_found', `no command "${command}"`, { facts: { command } });
}

function look(path: string): 'runs' | 'denied' | 'absent' {
  try {
    // Most are absent, and an exception for each costs five times the look itself.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return 'absent';
    accessSync(path, constants.X_OK);
    return 'runs';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'denied' : 'absent';
  }
}

/** Where a program of the machine itself lies; undefined: nowhere. */
export function findProgram(name: string): string | undefined {
  const path = `${process.env['PATH'] ?? ''}${delimiter}${ADMIN_PATH}`;
  for (const dir of path.split(delimiter).filter(isAbsolute)) {
    const file = join(dir, name);
    if (look(file) === 'runs') return file;
  }
  return undefined;
}

/** Debian keeps administrators' programs where a plain user's PATH does not look. */
const ADMIN_PATH = '/usr/local/sbin:/usr/sbin:/sbin';

/** What a task that brings no PATH finds its commands along. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
