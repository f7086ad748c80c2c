/**
 * The keeper port over its socket.
 *
 * KC1: when the keeper dies, another is started at once and adopts every task known here, so that
 *      output goes on; calls underway wait for it and are repeated.
 * KC2: while this client lives, it holds the tasks' pipes open too: what a task wrote before it
 *      ended is not lost between two keepers.
 * KC3: after a start that was rejected nothing of it runs.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/failure.ts';
import type { Millis } from '../../base/brand.ts';
import type { Ended, Kept, Launch } from '../../core/keeper/launch.ts';
import type { KeeperAnswers, KeeperCall } from '../../core/keeper/protocol.ts';
import type { Keeper } from '../../ports/keeper.ts';
import { findKeeper, type KeeperPlace } from './find-keeper.ts';
import { SessionLost, type KeeperSession } from './session.ts';

interface Live {
  readonly session: KeeperSession;
  /** Tells one keeper from the next. */
  readonly pid: number;
}

export class KeeperClient implements Keeper {
  readonly #place: KeeperPlace;
  readonly #closed = new AbortController();
  readonly #known = new Map<string, Kept>();
  readonly #pipes = new Map<string, readonly number[]>();
  #live: Promise<Live> | undefined;

  constructor(place: KeeperPlace) {
    this.#place = place;
  }

  async start(launch: Launch, signal: AbortSignal): Promise<Kept> {
    throwIfAborted(signal);
    const { session, pid } = await this.#connect();
    let kept: Kept;
    try {
      kept = await session.call<'start'>({ do: 'start', launch });
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      kept = await this.#startAgain(launch, pid);
    }
    this.#learn(kept);
    if (!signal.aborted) return kept;
    await this.forget(kept);
    throw new Failure('canceled', 'the start was given up');
  }

  async adopt(kept: Kept, signal: AbortSignal): Promise<void> {
    this.#learn(kept);
    const { state } = await this.#call<'adopt'>({ do: 'adopt', kept }, signal);
    if (state !== 'gone') return;
    await this.forget(kept);
    throw new Failure('not_found', 'the process ended while nobody looked after it', {
      facts: { id: kept.id, pid: kept.pid },
    });
  }

  wait(kept: Kept, signal: AbortSignal): Promise<Ended> {
    // One signal ends the waits for all tasks of an agent.
    setMaxListeners(0, signal);
    return this.#call<'wait'>({ do: 'wait', id: kept.id }, signal);
  }

  async signal(kept: Kept, signal: string): Promise<void> {
    await this.#call<'signal'>({ do: 'signal', id: kept.id, signal });
  }

  async stop(kept: Kept, signal: string, timeoutMs: number): Promise<void> {
    await this.#call<'stop'>({ do: 'stop', id: kept.id, signal, timeoutMs });
  }

  async forget(kept: Kept): Promise<void> {
    await this.#call<'forget'>({ do: 'forget', id: kept.id });
    this.#known.delete(kept.id);
    for (const fd of this.#pipes.get(kept.id) ?? []) closeSync(fd);
    this.#pipes.delete(kept.id);
  }

  async list(signal: AbortSignal): Promise<readonly Kept[]> {
    const tasks = await this.#call<'list'>({ do: 'list' }, signal);
    return tasks.map(({ kept }) => kept);
  }

  /** Ends the keeper; tasks that were not forgotten live on without one. */
  async end(): Promise<void> {
    const { session } = await this.#connect();
    this.#closed.abort();
    await session.call<'end'>({ do: 'end' });
    await session.closed;
    this.close();
  }

  /** Lets go of the keeper, which goes on. */
  close(): void {
    this.#closed.abort();
    this.#live?.then(
      ({ session }) => session.close(),
      () => undefined,
    );
    for (const fds of this.#pipes.values()) for (const fd of fds) closeSync(fd);
    this.#pipes.clear();
    this.#known.clear();
  }

  /** Repeats the call until one keeper has answered it (P2). */
  async #call<Do extends KeeperCall['do']>(
    call: Extract<KeeperCall, { do: Do }>,
    signal?: AbortSignal,
  ): Promise<KeeperAnswers[Do]> {
    for (;;) {
      throwIfAborted(signal);
      try {
        const { session } = await abortable(this.#connect(), signal);
        return await abortable(session.call<Do>(call), signal);
      } catch (error) {
        if (!(error instanceof SessionLost)) throw error;
      }
    }
  }

  #connect(): Promise<Live> {
    if (this.#closed.signal.aborted) {
      return Promise.reject(new Failure('unavailable', 'the keeper was let go of'));
    }
    if (this.#live !== undefined) return this.#live;
    const live = this.#open();
    this.#live = live;
    live.then(
      ({ session }) => this.#watch(session),
      () => (this.#live = undefined),
    );
    return live;
  }

  async #open(): Promise<Live> {
    for (;;) {
      const { session, hello } = await findKeeper(this.#place, this.#closed.signal);
      try {
        const adopting = [...this.#known.values()].map((kept) =>
          session.call({ do: 'adopt', kept }),
        );
        await Promise.all(adopting);
        return { session, pid: hello.pid };
      } catch (error) {
        session.close();
        if (!(error instanceof SessionLost)) throw error;
      }
    }
  }

  #watch(session: KeeperSession): void {
    session.closed.then(
      () => {
        this.#live = undefined;
        if (!this.#closed.signal.aborted && this.#known.size > 0) this.#keepConnecting();
      },
      () => undefined,
    );
  }

  /** KC1: tasks whose pipes nobody reads would be held up. */
  #keepConnecting(): void {
    this.#connect().catch(async () => {
      await delay(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
      if (!this.#closed.signal.aborted) this.#keepConnecting();
    });
  }

  /**
   * The connection broke: with the same keeper the start is repeated, with a new one undone (KC3).
   */
  async #startAgain(launch: Launch, before: number): Promise<Kept> {
    const { pid } = await this.#connect();
    if (pid === before) return this.#call<'start'>({ do: 'start', launch });
    const { id, cgroups } = launch;
    const orphan = { id, pid: 0, startTicks: -1, bootId: '', startedAt: 0 as Millis, cgroups };
    if (cgroups.length > 0) {
      await this.#call<'adopt'>({ do: 'adopt', kept: orphan });
      await this.#call<'forget'>({ do: 'forget', id });
    }
    throw new Failure('unavailable', 'the keeper died while it started the task');
  }

  #learn(kept: Kept): void {
    if (this.#known.has(kept.id)) return;
    this.#known.set(kept.id, kept);
    const fds: number[] = [];
    for (const outlet of [kept.stdout, kept.stderr]) {
      if (outlet === undefined) continue;
      try {
        fds.push(openSync(outlet.fifo, constants.O_RDWR | constants.O_NONBLOCK));
      } catch {
        // The pipe is gone with its task, or this process may open no more files: then only the
        // time between two keepers is less safe (KC2).
      }
    }
    this.#pipes.set(kept.id, fds);
  }
}

const RETRY_MS = 500;

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('canceled', 'nobody waits any more');
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Failure('canceled', 'nobody waits any more'));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
