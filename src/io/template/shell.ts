/** Programs that templates tell of their changes, each in a group of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { Failure } from '../../base/failure.ts';
import type { Ended } from '../../ports/programs.ts';

/** A program under way. */
export interface Started {
  /**
   * Sends a signal to the program and all that it started; nothing if it has ended.
   *
   * Fails: `invalid` there is no such signal.
   */
  signal(name: string): void;
  /** Never rejects. */
  readonly ended: Promise<Ended>;
}

/** The shell's word for what it could not start. */
const NOT_FOUND = 127;

/**
 * Starts a program; it reads nothing and writes where this process does.
 *
 * @param command one text is a line for a shell, several are a program and its arguments
 * @param env absent: that of this process
 */
export function startCommand(
  command: readonly string[],
  env?: Readonly<Record<string, string>>,
): Started {
  const [program = '', ...args] = command.length === 1 ? ['sh', '-c', ...command] : command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    ...(env === undefined ? {} : { env }),
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', () => resolve({ code: NOT_FOUND }));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { code: code ?? 0 } : { signal });
    });
  });
  return { signal: (name) => signalGroup(child, name), ended };
}

function signalGroup(child: ChildProcess, name: string): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    // It has ended since.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new Failure('invalid', `cannot send "${name}"`, { cause: error });
  }
}
