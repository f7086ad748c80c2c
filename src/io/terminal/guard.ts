/**
 * The guard of a program under a lock, as a process: starts the program in a session of its own and
 * kills its whole group when `core/lock/guard` says so. What it hears from the holder comes on
 * descriptor 3; the end of that means that the holder is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { due, ending, extended, watching, type GuardState } from '../../core/lock/guard.ts';
import { uptimeMs } from '../uptime.ts';
import { GUARD_FD, hear, say, type FromGuard, type ToGuard } from './guard-wire.ts';

/** How often the clock is looked at: timers do not run through suspend [ms]. */
const LOOK_MS = 100;
/** A killed group is gone by then but for what the kernel holds, or zombies of others [ms]. */
const GONE_MS = 1000;

/** Guards one program. Resolves once the program and the holder are gone. */
export async function runGuard(): Promise<void> {
  const holder = new Socket({ fd: GUARD_FD, readable: true, writable: true });
  const guard = new Guard((message) => {
    say(holder, message);
  });
  // Only the holder's going away ends it: then the program ends, too.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      guard.end();
    });
  }
  holder.on('error', () => undefined);
  hear(holder, (message) => {
    guard.told(message as ToGuard);
  });
  say(holder, { said: 'ready' });
  await new Promise<void>((resolve) => holder.once('close', resolve));
  guard.end();
  await guard.over;
}

class Guard {
  readonly #tell: (message: FromGuard) => void;
  readonly #over = deferred();
  #program: ChildProcess | undefined;
  #state: GuardState | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (message: FromGuard) => void) {
    this.#tell = tell;
  }

  /** Resolves when there is no program, or no longer one. */
  get over(): Promise<void> {
    return this.#program === undefined ? Promise.resolve() : this.#over.promise;
  }

  told(message: ToGuard): void {
    if (message.do === 'start') this.#start(message);
    else if (message.do === 'end') this.end();
    else if (this.#state !== undefined) {
      this.#state = extended(this.#state, message.lease);
      this.#tell({ said: 'heard', lease: message.lease });
    }
  }

  end(): void {
    if (this.#state === undefined) return;
    this.#state = ending(this.#state, uptimeMs());
    this.#look();
  }

  #start({ command, env, lease }: Extract<ToGuard, { do: 'start' }>): void {
    if (uptimeMs() >= lease.termAt) {
      this.#tell({ said: 'refused', why: 'the lock may be lost already' });
      return;
    }
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['inherit', 'inherit', 'inherit'],
      detached: true,
    });
    child.once('error', (error) => {
      if (child.pid === undefined) this.#tell({ said: 'refused', why: error.message });
    });
    const { pid } = child;
    if (pid === undefined) return;
    this.#program = child;
    this.#state = watching(lease);
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
    child.once('exit', (code, signal) => {
      this.#exited(pid, { said: 'ended', code, signal });
    });
    this.#tell({ said: 'started', pid });
  }

  #look(): void {
    const pid = this.#program?.pid;
    if (this.#state === undefined || pid === undefined) return;
    const turn = due(this.#state, uptimeMs());
    this.#state = turn.state;
    if (turn.signal !== undefined) signalGroup(pid, turn.signal);
  }

  /** Who ended by itself may leave others behind; who was told to end takes them with it. */
  #exited(pid: number, message: FromGuard): void {
    clearInterval(this.#timer);
    const told = this.#state?.sent !== 'nothing';
    const since = uptimeMs();
    const finish = (): void => {
      if (told && signalGroup(pid, 'SIGKILL') && uptimeMs() - since < GONE_MS) {
        setTimeout(finish, LOOK_MS / 10);
        return;
      }
      this.#tell(message);
      this.#over.resolve();
    };
    finish();
  }
}

/** Signals a process group; false when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    promise,
    resolve: () => {
      resolve();
    },
  };
}
