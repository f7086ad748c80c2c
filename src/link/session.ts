/**
 * An open session with another agent: calls that it is asked, calls that we are asked, and streams,
 * all over one socket. What happens when stands in `core/link/session.ts`; this carries it out.
 */
import type { Millis } from '../base/brand.ts';
import { Failure, explain } from '../base/failure.ts';
import type { ExchangeId, Frame, LinkError } from '../core/link/frame.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { ASK_ELSEWHERE } from '../core/link/not-taken.ts';
import { Session, type SessionEffect, type SessionPolicy } from '../core/link/session.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { LinkSocket } from '../ports/link.ts';
import { Stream, type LinkStream } from './stream.ts';

/** One call that the peer makes. */
export interface Asked {
  readonly method: string;
  readonly body: unknown;
  readonly session: LinkSession;
  readonly stream: LinkStream;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Answers a call. A rejection is told to the caller, as far as it is a failure. */
export type Answer = (asked: Asked) => Promise<unknown>;

/** What the peer may ask, by name. */
export type Answers = Readonly<Record<string, Answer>>;

export interface CallOptions {
  /** Gives up; a failure that is its reason is that of the call. */
  readonly signal: AbortSignal;
  /** How long the answer is waited for [ms]; absent: without bound. */
  readonly deadlineMs?: number;
}

/** An exchange that we began. */
export interface Exchange extends LinkStream {
  /** Fails: as the callee says; `unavailable` the session ended; `canceled`, `timeout`. */
  readonly reply: Promise<unknown>;
  /** Sends no more pieces. */
  end(): void;
}

export interface SessionDeps {
  readonly socket: LinkSocket;
  readonly peer: AgentFacts;
  /** Asked for each call: an agent that starts comes to answer more. */
  readonly answers: () => Answers;
  /** Why nothing else is answered just now; absent: it never is. */
  readonly notYet?: () => string | undefined;
  readonly clock: AlarmClock;
  readonly note: (line: string) => void;
}

interface Mine {
  readonly stream: Stream;
  resolve(body: unknown): void;
  reject(error: Failure): void;
}

interface Theirs {
  readonly asked: Pick<Asked, 'method' | 'body'>;
  readonly stream: Stream;
  readonly stop: AbortController;
}

export class LinkSession {
  readonly peer: AgentFacts;
  /** For people: where the other end is. */
  readonly remote: string;
  /** Resolves with the reason once it is over. */
  readonly closed: Promise<string>;
  readonly #core: Session;
  readonly #deps: SessionDeps;
  readonly #mine = new Map<ExchangeId, Mine>();
  readonly #theirs = new Map<ExchangeId, Theirs>();
  /** When the time is looked at next [ms], and how to call that off. */
  #dueAt = Infinity;
  #callOff: () => void = () => undefined;
  #refusal: string | undefined;
  #resolveClosed: (why: string) => void = () => undefined;

  constructor(policy: SessionPolicy, deps: SessionDeps) {
    this.#deps = deps;
    this.peer = deps.peer;
    this.remote = deps.socket.remote;
    this.#core = new Session(policy, this.#now());
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#keepTime();
  }

  get isOpen(): boolean {
    return !this.#core.isClosed;
  }

  /** How long the peer has been silent [ms]. */
  get silentMs(): number {
    return this.#now() - this.#core.heardAt;
  }

  /** Takes a frame from the socket. */
  receive(frame: Frame): void {
    this.#carryOut(this.#core.receive(frame, this.#now()));
  }

  /** Asks once. Fails: as `Exchange.reply`. */
  call(method: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.open(method, body, options).reply;
  }

  /** Begins an exchange with streams. */
  open(method: string, body: unknown, { signal, deadlineMs = 0 }: CallOptions): Exchange {
    if (this.#core.isClosed) throw new Failure('unavailable', 'the connection was lost');
    if (signal.aborted) throw new Failure('canceled', `gave up asking for "${method}"`);
    const { id, effects } = this.#core.open({ method, body, deadlineMs }, this.#now());
    const stream = this.#stream(id);
    const reply = new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#mine.delete(id);
        this.#carryOut(this.#core.cancel(id));
        const given = givenUp(signal, method);
        stream.fail(given);
        reject(given);
      };
      const settle = (): void => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort, { once: true });
      this.#mine.set(id, {
        stream,
        resolve: (answer) => {
          settle();
          stream.finish();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          stream.fail(error);
          reject(error);
        },
      });
    });
    // Whoever reads the stream alone hears of the failure there.
    reply.catch(() => undefined);
    this.#carryOut(effects);
    if (deadlineMs > 0) this.#reckon(this.#now() + deadlineMs);
    return {
      reply,
      pieces: stream.pieces,
      send: (piece) => stream.send(piece),
      end: () => this.#carryOut(this.#core.end(id)),
    };
  }

  /** What the peer waits for an answer to. */
  get asked(): readonly Pick<Asked, 'method' | 'body'>[] {
    return [...this.#theirs.values()].map(({ asked }) => asked);
  }

  /**
   * Takes up nothing more: whoever asks is told to ask another agent.
   *
   * @param parked methods of which what waits is told so, too: a peer that only waits hears of it
   */
  refuse(why: string, parked: ReadonlySet<string>): void {
    this.#refusal = why;
    for (const [id, { asked }] of [...this.#theirs]) {
      if (!parked.has(asked.method)) continue;
      this.#drop(id);
      this.#carryOut(this.#core.fail(id, elsewhere(why)));
    }
  }

  close(why: string): void {
    this.#carryOut(this.#core.close(why));
  }

  #stream(id: ExchangeId): Stream {
    return new Stream({
      credit: () => this.#core.creditOf(id),
      send: (piece) => this.#carryOut(this.#core.piece(id, piece)),
      took: () => this.#carryOut(this.#core.took(id)),
    });
  }

  #carryOut(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#act(effect);
  }

  #act(effect: SessionEffect): void {
    switch (effect.do) {
      case 'send':
        this.#deps.socket.send(effect.frame);
        break;
      case 'serve':
        this.#serve(effect.id, effect.method, effect.body);
        break;
      case 'piece':
        this.#streamOf(effect.id)?.take(effect.body);
        break;
      case 'input-ended':
        this.#theirs.get(effect.id)?.stream.finish();
        break;
      case 'writable':
        this.#streamOf(effect.id)?.writable();
        break;
      case 'answered':
        this.#settle(effect.id)?.resolve(effect.body);
        break;
      case 'failed':
        this.#settle(effect.id)?.reject(failureOf(effect.error));
        break;
      case 'dropped':
        this.#drop(effect.id);
        break;
      case 'close':
        this.#callOff();
        this.#deps.socket.close(effect.why);
        this.#resolveClosed(effect.why);
    }
  }

  #streamOf(id: ExchangeId): Stream | undefined {
    return (this.#mine.get(id) ?? this.#theirs.get(id))?.stream;
  }

  #settle(id: ExchangeId): Mine | undefined {
    const mine = this.#mine.get(id);
    this.#mine.delete(id);
    return mine;
  }

  #drop(id: ExchangeId): void {
    const theirs = this.#theirs.get(id);
    this.#theirs.delete(id);
    theirs?.stop.abort();
    theirs?.stream.fail(new Failure('canceled', 'the caller is gone'));
  }

  #serve(id: ExchangeId, method: string, body: unknown): void {
    if (this.#refusal !== undefined) {
      this.#carryOut(this.#core.fail(id, elsewhere(this.#refusal)));
      return;
    }
    const answers = this.#deps.answers();
    const answer = Object.hasOwn(answers, method) ? answers[method] : undefined;
    if (answer === undefined) {
      const notYet = this.#deps.notYet?.();
      const never = `"${method}" is nothing that this agent (build of another age?) answers`;
      const refusal: LinkError =
        notYet === undefined
          ? { fault: 'unsupported', message: never, facts: {} }
          : elsewhere(notYet);
      this.#carryOut(this.#core.fail(id, refusal));
      return;
    }
    const stop = new AbortController();
    const stream = this.#stream(id);
    const asked: Asked = { method, body, session: this, stream, signal: stop.signal };
    this.#theirs.set(id, { asked, stream, stop });
    // In a turn of its own, so that a handler that throws is one that rejects.
    Promise.resolve()
      .then(() => answer(asked))
      .then(
        (value) => this.#answer(id, () => this.#core.reply(id, value)),
        (error: unknown) => {
          if (!(error instanceof Failure)) this.#deps.note(`"${method}": ${explainBug(error)}`);
          this.#answer(id, () => this.#core.fail(id, errorOf(error)));
        },
      )
      .catch((error: unknown) => this.close(explain(error)));
  }

  #answer(id: ExchangeId, effects: () => readonly SessionEffect[]): void {
    const theirs = this.#theirs.get(id);
    this.#theirs.delete(id);
    theirs?.stream.finish();
    this.#carryOut(effects());
  }

  #now(): Millis {
    return this.#deps.clock.elapsedMs() as Millis;
  }

  /**
   * Something is due then [ms], which may be sooner than thought. Most calls have more time than
   * there is until the next ping: nothing is set anew for them.
   */
  #reckon(at: number): void {
    if (at < this.#dueAt && !this.#core.isClosed) this.#keepTime();
  }

  /** An alarm, as there are thousands of sessions, most of which only ever ping. */
  #keepTime(): void {
    this.#callOff();
    const { wakeAt } = this.#core;
    this.#dueAt = wakeAt;
    const waitMs = Math.max(TICK_MS_MIN, wakeAt - this.#now());
    this.#callOff = this.#deps.clock.alarm(waitMs, () => {
      try {
        this.#carryOut(this.#core.tick(this.#now()));
      } catch (error) {
        this.close(explain(error));
      }
      if (!this.#core.isClosed) this.#keepTime();
    });
  }
}

/** Shortest time between two looks at the time [ms]. */
const TICK_MS_MIN = 10;

function givenUp({ reason }: AbortSignal, method: string): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure('canceled', `gave up asking for "${method}"`);
}

function elsewhere(message: string): LinkError {
  return { fault: 'unavailable', message, facts: ASK_ELSEWHERE };
}

function failureOf({ fault, message, facts }: LinkError): Failure {
  return new Failure(fault, message, { facts });
}

function errorOf(error: unknown): LinkError {
  if (!(error instanceof Failure)) {
    return { fault: 'internal', message: 'a bug, which stands in the log over there', facts: {} };
  }
  return { fault: error.fault, message: explain(error), facts: error.facts };
}

function explainBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
