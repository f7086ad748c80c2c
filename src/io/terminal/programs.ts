/** The programs that a command line starts: handlers, and what runs under a lock. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import type { Lease } from '../../core/lock/guard.ts';
import type { Ended, Guarded, Program } from '../../ports/programs.ts';
import { uptimeMs } from '../uptime.ts';
import { signalGroup } from './guard.ts';
import { GUARD_FD, hear, say, type FromGuard } from './guard-wire.ts';

/**
 * Runs a program that writes where this one does; resolves when it has ended.
 *
 * @param input what it gets on its standard input
 * @param signal ends it with its group
 *
 * Fails: `not_found` there is no such program, or it must not be run.
 */
export function runToEnd(
  { command, env }: Program,
  input: Uint8Array,
  signal: AbortSignal,
): Promise<Ended> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    });
    const end = (): void => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
    };
    child.once('error', (cause) => {
      reject(new Failure('not_found', `cannot run "${program}"`, { cause }));
    });
    child.once('exit', (code, name) => {
      signal.removeEventListener('abort', end);
      resolve(name === null ? { code: code ?? 0 } : { signal: name });
    });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    // Who does not read its input closes it, which is no failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** How often the guard's answers are looked at [ms]. */
const LOOK_MS = 500;
/** A guard that has done nothing for so long after the end of the lease is given up [ms]. */
const GUARD_LATE_MS = 2000;

/**
 * Starts a guard, which waits for its program. Resolves when it is ready. Fails: `unavailable`.
 *
 * @param command runs `runGuard`
 * @param passInput the program reads the standard input of this process
 */
export async function openGuard(command: readonly string[], passInput: boolean): Promise<Guarded> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    // What ends this process from outside must not end the guard with it.
    detached: true,
    stdio: [passInput ? 'inherit' : 'ignore', 'inherit', 'inherit', 'pipe'],
  });
  const guarded = new GuardedProgram(child);
  await guarded.ready;
  return guarded;
}

class GuardedProgram implements Guarded {
  readonly #guard: ChildProcess;
  readonly #wire: Duplex;
  readonly ended: Promise<Ended>;
  readonly ready: Promise<void>;
  #settle: { resolve(ended: Ended): void; reject(error: Failure): void } | undefined;
  /** Who waits for it to be ready, then for its program to be started. */
  #starting: { resolve(): void; reject(error: Failure): void } | undefined;
  #pid: number | undefined;
  #heard: Lease | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(guard: ChildProcess) {
    this.#guard = guard;
    this.#wire = guard.stdio[GUARD_FD] as Duplex;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ended.catch(() => undefined);
    this.ready = new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
    });
    this.#wire.on('error', () => undefined);
    hear(this.#wire, (message) => {
      this.#told(message as FromGuard);
    });
    const lost = (): void => {
      this.#guardLost();
    };
    guard.once('error', lost);
    guard.once('exit', lost);
  }

  start(program: Program, lease: Lease): Promise<void> {
    this.#heard = lease;
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      if (hasEnded(this.#guard)) this.#guardLost();
      say(this.#wire, { do: 'start', ...program, lease });
    });
  }

  extend(lease: Lease): void {
    say(this.#wire, { do: 'extend', lease });
  }

  end(): void {
    say(this.#wire, { do: 'end' });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#wire.end();
  }

  #told(message: FromGuard): void {
    switch (message.said) {
      case 'ready':
        this.#starting?.resolve();
        return;
      case 'started':
        this.#pid = message.pid;
        this.#timer = setInterval(() => {
          this.#look();
        }, LOOK_MS);
        this.#starting?.resolve();
        return;
      case 'refused':
        this.#starting?.reject(new Failure('not_found', `cannot run it: ${message.why}`));
        return;
      case 'heard':
        this.#heard = message.lease;
        return;
      case 'ended':
        clearInterval(this.#timer);
        this.#pid = undefined;
        this.#settle?.resolve(
          message.signal === null ? { code: message.code ?? 0 } : { signal: message.signal },
        );
    }
  }

  /** A guard that is stopped hears nothing: this process does its work, as long as it can. */
  #look(): void {
    if (this.#pid === undefined || this.#heard === undefined) return;
    const late = uptimeMs() - this.#heard.killAt;
    if (late >= 0) signalGroup(this.#pid, 'SIGKILL');
    if (late >= GUARD_LATE_MS) this.#guard.kill('SIGKILL');
  }

  #guardLost(): void {
    clearInterval(this.#timer);
    if (this.#pid !== undefined) signalGroup(this.#pid, 'SIGKILL');
    const lost = new Failure('unavailable', 'the guard of the program is gone');
    this.#starting?.reject(lost);
    this.#settle?.reject(lost);
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
