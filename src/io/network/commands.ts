/** Runs the system's own network programs: they know the kernel's interfaces better than we do. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../../base/failure.ts';

/** None of them waits for anything but the kernel and, at times, the lock of iptables [ms]. */
const COMMAND_MS_MAX = 20_000;

/** The path of a program, also where only administrators look; undefined: it is not here. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, '/usr/sbin', '/sbin', '/usr/bin', '/bin']
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * Runs a program to its end and answers what it printed. Arguments are handed over as they are: no
 * shell reads them.
 *
 * Fails: `unavailable`, with what the program said of its failure.
 */
export function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: COMMAND_MS_MAX, env: { ...process.env, LC_ALL: 'C' } };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = stderr.trim().split('\n')[0] ?? '';
      const message = `${program} ${args.join(' ')}: ${said === '' ? error.message : said}`;
      reject(new Failure('unavailable', message));
    });
    // A program that ends before it has read everything must not end us.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
