/**
 * One process in a keeper's care.
 *
 * KT1: when its end is told, all it had written by then is in its files.
 * KT2: a process is signalled only while it is certainly the one that was started.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { endedFrom, UNKNOWN_EXIT_CODE, type Ended, type Kept } from '../core/keeper/launch.ts';
import type { KeptState } from '../core/keeper/protocol.ts';
import type { Output } from './output.ts';
import { bootId, processStat } from './proc.ts';
import { killTree } from './tree.ts';

/** How often a process that is nobody's child here is looked at. One look costs 20 us. */
const LOOK_MS = 100;

export class KeptTask {
  readonly kept: Kept;
  readonly #outputs: readonly Output[];
  readonly #onEnd: (() => void)[] = [];
  #ended: Ended | undefined;
  #looking: NodeJS.Timeout | undefined;
  #forgetting: Promise<void> | undefined;

  /** @param child absent for a process that another keeper started */
  constructor(kept: Kept, outputs: readonly Output[], child: ChildProcess | undefined) {
    this.kept = kept;
    this.#outputs = outputs;
    if (child === undefined) this.#look();
    else child.once('exit', (code, signal) => this.#end(exitOf(code, signal)));
  }

  get state(): KeptState {
    if (this.#ended === undefined) return 'running';
    return this.#ended.unknown === undefined ? 'ended' : 'gone';
  }

  /** Rejects only when `signal` aborts. */
  wait(signal: AbortSignal): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new Failure('canceled', 'nobody waits any more'));
      const look = (): void => {
        if (this.#ended === undefined) return;
        signal.removeEventListener('abort', abort);
        resolve(this.#ended);
      };
      if (signal.aborted) abort();
      else if (this.#ended !== undefined) look();
      else {
        signal.addEventListener('abort', abort, { once: true });
        this.#onEnd.push(look);
      }
    });
  }

  /** Fails: `not_found` when it ended, `invalid` for an unknown signal. */
  signal(name: string): void {
    const number = signalNumber(name);
    if (this.#ended !== undefined || !isSame(this.kept)) {
      throw new Failure('not_found', 'the task is not running', { facts: { id: this.kept.id } });
    }
    process.kill(this.kept.pid, number);
  }

  /** Asks with `signal`, kills after `timeoutMs`; resolves when nothing of it is left. */
  async stop(signal: string, timeoutMs: number): Promise<void> {
    if (this.#ended === undefined) {
      try {
        this.signal(signal);
      } catch (error) {
        if (!(error instanceof Failure && error.fault === 'not_found')) throw error;
      }
      await this.#endedWithin(timeoutMs);
    }
    await killTree(this.kept);
    // The kernel's word comes with the next SIGCHLD, or with the next look.
    await this.#endedWithin(2 * LOOK_MS + 1_000);
    for (const output of this.#outputs) output.drain();
  }

  /** Kills what is left and closes its output. Nothing else may be asked of it after. */
  forget(): Promise<void> {
    this.#forgetting ??= killTree(this.kept).then(
      () => this.#close(),
      (error: unknown) => {
        this.#forgetting = undefined;
        throw error;
      },
    );
    return this.#forgetting;
  }

  #close(): void {
    clearTimeout(this.#looking);
    for (const output of this.#outputs) output.close();
  }

  async #endedWithin(ms: number): Promise<void> {
    const timeout = new AbortController();
    await Promise.race([
      this.wait(timeout.signal).catch(() => undefined),
      delay(ms, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
  }

  #look(): void {
    const stat = processStat(this.kept.pid);
    if (!isSame(this.kept)) {
      const unknown = 'it ended while no keeper was there to see how';
      this.#end({ exitCode: UNKNOWN_EXIT_CODE, signal: 0, endedAt: Date.now() as Millis, unknown });
    } else if (stat?.state === 'Z') {
      // Its new parent has not asked yet, so the kernel still knows.
      this.#end(endedFrom(stat.waitStatus, Date.now() as Millis));
    } else {
      this.#looking = setTimeout(() => this.#look(), LOOK_MS);
    }
  }

  #end(ended: Ended): void {
    if (this.#forgetting === undefined) for (const output of this.#outputs) output.drain();
    this.#ended = ended;
    for (const tell of this.#onEnd.splice(0)) tell();
  }
}

function isSame(kept: Kept): boolean {
  return processStat(kept.pid)?.startTicks === kept.startTicks && bootId() === kept.bootId;
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Ended {
  const number = signal === null ? 0 : constants.signals[signal];
  return { exitCode: code ?? 128 + number, signal: number, endedAt: Date.now() as Millis };
}

/** Fails: `invalid`. */
export function signalNumber(name: string): number {
  const number = (constants.signals as Readonly<Record<string, number>>)[name];
  if (number === undefined) throw new Failure('invalid', `unknown signal "${name}"`);
  return number;
}
