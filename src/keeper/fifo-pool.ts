/**
 * Named pipes, made in batches ahead of need: Node cannot make one, and a process for each would
 * double the cost of starting a task.
 *
 * FP1: a pipe is handed out once.
 * FP2: a pipe that any process holds open is never removed here: it may hold output of a task that
 *      an earlier keeper started.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/failure.ts';

/** Two for each of 32 tasks: a batch costs one process, a few milliseconds. */
const BATCH = 64;

interface Waiter {
  readonly resolve: (path: string) => void;
  readonly reject: (error: Failure) => void;
}

export class FifoPool {
  readonly #dir: string;
  /** Unique for this keeper, so that a name never meets one of its predecessor's (FP1). */
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #ready: string[] = [];
  readonly #waiters: Waiter[] = [];
  #made = 0;
  #making = false;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    removeUnused(dir);
    this.#refill();
  }

  /** Fails: `unavailable` when the system makes no pipe. */
  take(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#refill();
    });
  }

  #refill(): void {
    for (;;) {
      const path = this.#waiters.length > 0 ? this.#ready.pop() : undefined;
      if (path === undefined) break;
      this.#waiters.shift()?.resolve(path);
    }
    if (this.#making || (this.#waiters.length === 0 && this.#ready.length >= BATCH / 2)) return;
    this.#making = true;
    const paths = Array.from({ length: this.#waiters.length + BATCH }, () =>
      join(this.#dir, `${this.#prefix}-${this.#made++}`),
    );
    execFile('mkfifo', ['-m', '600', ...paths], (error) => {
      this.#making = false;
      if (error === null) {
        this.#ready.push(...paths);
        this.#refill();
        return;
      }
      const failure = new Failure('unavailable', 'cannot make named pipes', { cause: error });
      for (const waiter of this.#waiters.splice(0)) waiter.reject(failure);
    });
  }
}

function removeUnused(dir: string): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (!isHeldOpen(path)) unlinkSync(path);
  }
}

function isHeldOpen(path: string): boolean {
  try {
    // Refused (ENXIO) when nobody has it open for reading; whoever writes holds both ends.
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
