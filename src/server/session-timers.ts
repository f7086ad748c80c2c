/**
 * The times to live of sessions. The leader's memory: a new leader gives each session its time
 * anew.
 *
 * T1: a session ends no sooner than twice its time to live after it was made or last renewed. (Once
 *     is what is promised; clients count on the double, as Consul gives it.)
 * T2: a renewal is answered only while the session goes on: one that is about to be ended is gone.
 * T3: times are counted on a clock that nobody sets.
 * T4: after a standstill of this process itself each session gets its time anew: renewals that were
 *     sent meanwhile have not been read yet. A log that is slow is no standstill.
 *
 * Source: https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions
 */
import { explain } from '../base/failure.ts';
import { standstillMs } from '../base/standstill.ts';
import { EXPIRED_PER_ENTRY_MAX } from '../core/limits.ts';
import { notTaken } from '../core/link/not-taken.ts';
import type { Session, SessionId } from '../core/model/session.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Clock } from '../ports/clock.ts';
import { Bell } from '../run/bell.ts';
import { Deadlines } from './deadlines.ts';
import { propose, type Appends } from './proposer.ts';
import type { ChangeBatch, Replica } from './replica.ts';

export interface SessionTimerDeps {
  readonly log: Appends;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/** So many times its time to live passes before a session ends (T1). */
const TTL_FACTOR = 2;
/** After a write that failed: the disk may be full [ms]. */
const RETRY_MS = 1_000;
/** The longest time between two looks, while there are sessions that may end [ms] (T4). */
const LOOK_MS = 1_000;

export class SessionTimers {
  readonly name = 'session timers';
  readonly #deps: SessionTimerDeps;
  readonly #bell = new Bell();
  readonly #deadlines = new Deadlines();
  /** Those whose end is on its way to the log. */
  readonly #ending = new Set<string>();
  /** What writes it; undefined: nothing is on its way. */
  #writing: Promise<void> | undefined;
  /** When it is looked again at the latest; undefined: nothing can end. */
  #lookAt: number | undefined;
  #isRunning = false;

  constructor(deps: SessionTimerDeps) {
    this.#deps = deps;
  }

  /**
   * Starts a session's time anew. Answers the session, or undefined where there is none.
   *
   * Fails: `unavailable` this server is not the leader.
   */
  renew(id: SessionId): Session | undefined {
    if (!this.#isRunning) throw notTaken('this server is not the leader');
    const session = this.#deps.replica.state.session(id);
    if (session === undefined || this.#ending.has(id)) return undefined;
    this.#wind(session);
    return session;
  }

  /** Ends what is not renewed, until `signal` aborts. Only the leader runs it. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#deps.replica.subscribe((batch) => this.#follow(batch));
    this.#isRunning = true;
    this.#lookAt = undefined;
    try {
      for (const session of this.#deps.replica.state.sessions()) this.#wind(session);
      while (!signal.aborted) await this.#turn(signal);
    } finally {
      this.#isRunning = false;
      unsubscribe();
      this.#deadlines.clear();
      await this.#writing;
    }
  }

  #follow({ changes }: ChangeBatch): void {
    for (const change of changes) {
      if (change.table !== 'sessions') continue;
      if (change.after === undefined) this.#deadlines.delete(change.key);
      else this.#wind(change.after);
    }
  }

  #wind({ id, ttlMs }: Session): void {
    if (ttlMs <= 0) return;
    const before = this.#deadlines.nextAt();
    const at = this.#deps.clock.elapsedMs() + TTL_FACTOR * ttlMs;
    this.#deadlines.set(id, at);
    if (before === undefined || at < before) this.#bell.ring();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.elapsedMs();
    this.#forgive(now);
    if (this.#writing === undefined) {
      const due = this.#deadlines.take(now, EXPIRED_PER_ENTRY_MAX);
      if (due.length > 0) this.#writing = this.#end(due).finally(() => this.#ended());
    }
    const nextAt = this.#deadlines.nextAt();
    this.#lookAt = nextAt === undefined ? undefined : now + LOOK_MS;
    // What is due while something is written waits for that, which rings.
    const dueMs = nextAt === undefined || this.#writing !== undefined ? LOOK_MS : nextAt - now;
    const waitMs = Math.min(LOOK_MS, Math.max(1, dueMs));
    await this.#bell.wait(clock, this.#lookAt === undefined ? undefined : waitMs, signal);
  }

  /** T4. */
  #forgive(now: number): void {
    const pausedMs = standstillMs(this.#lookAt, now);
    if (pausedMs === undefined) return;
    this.#deps.note(
      `this server stood still for ${Math.round(pausedMs)} ms: every session gets its time anew`,
    );
    for (const session of this.#deps.replica.state.sessions()) {
      if (!this.#ending.has(session.id)) this.#wind(session);
    }
  }

  #ended(): void {
    this.#writing = undefined;
    this.#bell.ring();
  }

  async #end(ids: readonly string[]): Promise<void> {
    const { log, clock, note } = this.#deps;
    for (const id of ids) this.#ending.add(id);
    try {
      const entry = { type: 'session.invalidate', at: clock.now(), ids } as const;
      await propose(log, entry as Entry);
    } catch (error) {
      note(`${ids.length} sessions are over: ${explain(error)}`);
      const at = clock.elapsedMs() + RETRY_MS;
      if (this.#isRunning) for (const id of ids) this.#deadlines.set(id, at);
    } finally {
      for (const id of ids) this.#ending.delete(id);
    }
  }
}
