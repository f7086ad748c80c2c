/**
 * A command beside a task, for `alloc exec`: a child of the agent, gone with its connection.
 *
 * Node makes no terminals, so where one is wanted util-linux's `script` does: it makes the
 * terminal, runs the command on it and passes its exit code on. The size is set on the terminal
 * with `stty`, upon which the kernel tells the command (SIGWINCH).
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Failure } from '../../../base/failure.ts';
import type { ExecSession } from '../../../ports/driver.ts';
import { insideCgroups } from '../../cgroup/step.ts';
import { descendantsOf } from '../../proc/process.ts';
import { findProgram } from './lookup.ts';
import type { User } from './user.ts';

export interface ExecPlan {
  /** The program's absolute path first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: User;
  /** Goes before, and turns into the command. */
  readonly through: readonly string[];
  /** Cgroups of the task, so that what the command leaves running ends with it. */
  readonly bornIn: readonly string[];
  readonly tty: boolean;
  readonly size?: { readonly columns: number; readonly rows: number };
}

/** Fails: `not_found` no such command, `unsupported` no terminal can be made, `unavailable`. */
export async function startExec(plan: ExecPlan, signal: AbortSignal): Promise<ExecSession> {
  const [program = '', ...args] = plan.tty ? onTerminal(plan) : asUser(plan);
  const child = insideCgroups(plan.bornIn, () =>
    spawn(program, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
  if (child.pid === undefined) {
    const [cause] = (await once(child, 'error')) as [Error];
    throw new Failure('not_found', `cannot run "${plan.argv[0] ?? ''}"`, { cause });
  }
  const session = new ChildSession(child, child.pid, plan.tty);
  signal.addEventListener('abort', () => session.killNow(), { once: true });
  if (signal.aborted) session.killNow();
  return session;
}

function asUser({ argv, user, through }: ExecPlan): readonly string[] {
  if (user === undefined) return [...through, ...argv];
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined) throw new Failure('unsupported', 'no "setpriv" to change users with');
  const groups = user.groups.length === 0 ? '--clear-groups' : `--groups=${user.groups.join(',')}`;
  return [...through, setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, groups, '--', ...argv];
}

function onTerminal(plan: ExecPlan): readonly string[] {
  const script = findProgram('script');
  if (script === undefined) throw new Failure('unsupported', 'no "script" to make a terminal with');
  const { columns, rows } = plan.size ?? { columns: 80, rows: 24 };
  const command = asUser(plan).map(quoted).join(' ');
  // The size is there before the command looks.
  const line = `stty cols ${Math.trunc(columns)} rows ${Math.trunc(rows)} 2>/dev/null; exec ${command}`;
  return [script, '-qefc', line, '/dev/null'];
}

/** For a shell; nothing in single quotes means anything but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

class ChildSession implements ExecSession {
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #tty: boolean;
  readonly exited: Promise<number>;
  readonly output: ExecSession['output'];

  constructor(child: ChildProcess, pid: number, tty: boolean) {
    this.#child = child;
    this.#pid = pid;
    this.#tty = tty;
    child.stdin?.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    this.output = merged(child);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdin } = this.#child;
      if (stdin === null || stdin.destroyed) resolve();
      else {
        stdin.write(bytes, (cause) => {
          // A command that has read enough closes its input; that is no error of the writer.
          const closed = (cause as NodeJS.ErrnoException | null | undefined)?.code === 'EPIPE';
          if (cause === null || cause === undefined || closed) resolve();
          else reject(new Failure('unavailable', 'cannot write to the command', { cause }));
        });
      }
    });
  }

  async closeInput(): Promise<void> {
    // On a terminal the end of input is a character; the command may go on reading after it.
    if (this.#tty) await this.write(Uint8Array.of(END_OF_TRANSMISSION));
    else this.#child.stdin?.end();
  }

  async resize(columns: number, rows: number): Promise<void> {
    if (!this.#tty) return;
    const terminal = await this.#terminal();
    if (terminal === undefined) return;
    const size = ['cols', String(Math.trunc(columns)), 'rows', String(Math.trunc(rows))];
    await run('stty', ['-F', terminal, ...size]).catch(() => undefined);
  }

  /** The terminal, once it is there and has its first size, which would undo a change before it. */
  async #terminal(): Promise<string | undefined> {
    for (let left = TERMINAL_LOOKS; left > 0; left--) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
      const terminal = descendantsOf(this.#pid).map(terminalOf).find(Boolean);
      if (terminal !== undefined && (await isSized(terminal))) return terminal;
      await delay(TERMINAL_LOOK_MS);
    }
    return undefined;
  }

  async kill(): Promise<void> {
    this.killNow();
    await this.exited;
  }

  killNow(): void {
    const pids = [...descendantsOf(this.#pid), this.#pid];
    // Its group first: then what is left cannot start more of it.
    for (const pid of [-this.#pid, ...pids]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone.
      }
    }
  }
}

const run = promisify(execFile);
const END_OF_TRANSMISSION = 4;

/** `script` makes its terminal within milliseconds; a busy machine takes longer. */
const TERMINAL_LOOK_MS = 20;
const TERMINAL_LOOKS = 150;

async function isSized(terminal: string): Promise<boolean> {
  const size = await run('stty', ['-F', terminal, 'size']).catch(() => undefined);
  return size !== undefined && size.stdout.trim() !== '0 0';
}

function terminalOf(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/0`);
    return path.startsWith('/dev/pts/') ? path : undefined;
  } catch {
    return undefined;
  }
}

type Piece = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };

/** Both streams as one, at the reader's pace. */
async function* merged(child: ChildProcess): AsyncGenerator<Piece> {
  const sources = [
    { stream: 'stdout' as const, from: iterate(child.stdout) },
    { stream: 'stderr' as const, from: iterate(child.stderr) },
  ];
  const next = (source: (typeof sources)[number]) =>
    source.from.next().then((result) => ({ source, result }));
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values());
    if (result.done === true) waiting.delete(source);
    else {
      waiting.set(source, next(source));
      yield { stream: source.stream, bytes: result.value };
    }
  }
}

function iterate(stream: Readable | null): AsyncIterator<Uint8Array> {
  if (stream === null) return { next: () => Promise.resolve({ done: true, value: undefined }) };
  return (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
}
