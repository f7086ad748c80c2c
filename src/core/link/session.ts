/**
 * One open session between two agents: many exchanges at once over one connection, each with its
 * own credit, either side beginning them.
 *
 * LS1: an exchange of ours ends once: with its answer, a failure, or our own giving up.
 * LS2: no more pieces are under way in one direction than the other side has room for; who sends
 *      more, or breaks another rule, ends the session.
 * LS3: a peer that is silent for too long is gone: half-open connections are noticed.
 * LS4: exchanges that the peer begins are bounded; those beyond are refused one by one.
 *
 * The session decides and holds no socket, clock or timer: its caller carries the effects out, in
 * order, and tells the time.
 */
import { assert } from '../../base/assert.ts';
import type { Millis } from '../../base/brand.ts';
import { LINK_CREDIT } from '../limits.ts';
import type { ExchangeId, Frame, LinkError } from './frame.ts';
import { SESSION_LOST } from './not-taken.ts';

export interface SessionPolicy {
  /** True on the side that dialled: its exchanges have odd ids. */
  readonly dialled: boolean;
  /** Exchanges that the peer may have open. */
  readonly callsMax: number;
  readonly pingMs: number;
  readonly deadMs: number;
}

export type SessionEffect =
  | Readonly<{ do: 'send'; frame: Frame }>
  /** The peer asks for something. */
  | Readonly<{ do: 'serve'; id: ExchangeId; method: string; body: unknown }>
  | Readonly<{ do: 'piece'; id: ExchangeId; body: unknown }>
  /** The caller of an exchange that is served sends no more pieces. */
  | Readonly<{ do: 'input-ended'; id: ExchangeId }>
  /** An exchange of ours is answered. */
  | Readonly<{ do: 'answered'; id: ExchangeId; body: unknown }>
  | Readonly<{ do: 'failed'; id: ExchangeId; error: LinkError }>
  /** Nobody waits for the answer of an exchange that is served. */
  | Readonly<{ do: 'dropped'; id: ExchangeId }>
  /** There is credit again. */
  | Readonly<{ do: 'writable'; id: ExchangeId }>
  /** Ends the connection. `close` is the last effect of a session. */
  | Readonly<{ do: 'close'; why: string }>;

interface Exchange {
  readonly mine: boolean;
  readonly deadlineAt: Millis | undefined;
  /** Pieces that we may send. */
  credit: number;
  /** Pieces that the peer may send. */
  room: number;
  /** Pieces that were taken and not yet told as credit. */
  taken: number;
  inputEnded: boolean;
}

export class Session {
  readonly #policy: SessionPolicy;
  readonly #exchanges = new Map<ExchangeId, Exchange>();
  #nextId: ExchangeId;
  /** The newest id that the peer has used. */
  #theirNewest = 0;
  #theirs = 0;
  #heardAt: Millis;
  #pingedAt: Millis;
  #closed = false;

  constructor(policy: SessionPolicy, now: Millis) {
    this.#policy = policy;
    this.#nextId = policy.dialled ? 1 : 2;
    this.#heardAt = now;
    this.#pingedAt = now;
  }

  /** When the peer was last heard. */
  get heardAt(): Millis {
    return this.#heardAt;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Exchanges under way, by who began them. */
  get counts(): { readonly mine: number; readonly theirs: number } {
    return { mine: this.#exchanges.size - this.#theirs, theirs: this.#theirs };
  }

  /** When `tick` is to be called next, whatever happens until then. */
  get wakeAt(): Millis {
    const { pingMs, deadMs } = this.#policy;
    let at = Math.min(Math.max(this.#heardAt, this.#pingedAt) + pingMs, this.#heardAt + deadMs);
    for (const { deadlineAt } of this.#exchanges.values()) {
      if (deadlineAt !== undefined && deadlineAt < at) at = deadlineAt;
    }
    return at as Millis;
  }

  /**
   * Begins an exchange. @param deadlineMs how long the answer is waited for [ms]; 0: without bound
   */
  open(
    call: { readonly method: string; readonly body: unknown; readonly deadlineMs: number },
    now: Millis,
  ): { readonly id: ExchangeId; readonly effects: readonly SessionEffect[] } {
    assert(!this.#closed, 'nothing begins in a session that is over');
    const id = this.#nextId;
    this.#nextId += 2;
    this.#begin(id, { mine: true, deadlineMs: call.deadlineMs, now });
    return { id, effects: [send({ kind: 'call', id, ...call })] };
  }

  /** Pieces that may be sent of an exchange now; undefined: it is over. */
  creditOf(id: ExchangeId): number | undefined {
    return this.#exchanges.get(id)?.credit;
  }

  /** Sends a piece. There is credit for it (LS2). Content where the exchange is over. */
  piece(id: ExchangeId, body: unknown): readonly SessionEffect[] {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return [];
    assert(exchange.credit > 0, 'a piece is sent only where there is room for it');
    exchange.credit -= 1;
    return [send({ kind: 'data', id, body })];
  }

  /** Says that a piece was taken, which makes room for another. */
  took(id: ExchangeId): readonly SessionEffect[] {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return [];
    exchange.taken += 1;
    // Told in halves: a frame for each would be half of the traffic.
    if (exchange.taken < LINK_CREDIT / 2) return [];
    const count = exchange.taken;
    exchange.room += count;
    exchange.taken = 0;
    return [send({ kind: 'credit', id, count })];
  }

  /** Sends no more pieces of an exchange of ours. */
  end(id: ExchangeId): readonly SessionEffect[] {
    return this.#exchanges.has(id) ? [send({ kind: 'end', id })] : [];
  }

  /** Gives up an exchange of ours. */
  cancel(id: ExchangeId): readonly SessionEffect[] {
    return this.#finish(id) ? [send({ kind: 'cancel', id })] : [];
  }

  /** Answers an exchange of the peer's. */
  reply(id: ExchangeId, body: unknown): readonly SessionEffect[] {
    return this.#finish(id) ? [send({ kind: 'reply', id, body })] : [];
  }

  /** The same with a failure. */
  fail(id: ExchangeId, error: LinkError): readonly SessionEffect[] {
    return this.#finish(id) ? [send({ kind: 'error', id, error })] : [];
  }

  /** Takes a frame of the peer. */
  receive(frame: Frame, now: Millis): readonly SessionEffect[] {
    if (this.#closed) return [];
    this.#heardAt = now;
    switch (frame.kind) {
      case 'ping':
        return [send({ kind: 'pong' })];
      case 'pong':
        return [];
      case 'hello':
        return this.close('greeted twice');
      case 'call':
        return this.#serve(frame, now);
      case 'data':
      case 'end':
      case 'reply':
      case 'error':
      case 'cancel':
      case 'credit':
        return this.#continue(frame);
    }
  }

  /** Looks what time has done: pings, deadlines, and whether the peer still lives (LS3). */
  tick(now: Millis): readonly SessionEffect[] {
    if (this.#closed) return [];
    const { pingMs, deadMs } = this.#policy;
    const silentMs = now - this.#heardAt;
    if (silentMs >= deadMs) return this.close(`nothing was heard for ${Math.round(silentMs)} ms`);
    const effects: SessionEffect[] = [];
    for (const [id, { deadlineAt, mine }] of this.#exchanges) {
      if (deadlineAt === undefined || deadlineAt > now) continue;
      this.#finish(id);
      if (mine) {
        effects.push(send({ kind: 'cancel', id }), { do: 'failed', id, error: TOO_LATE });
      } else {
        effects.push(send({ kind: 'error', id, error: TOO_LATE }), { do: 'dropped', id });
      }
    }
    if (now - Math.max(this.#heardAt, this.#pingedAt) >= pingMs) {
      this.#pingedAt = now;
      effects.push(send({ kind: 'ping' }));
    }
    return effects;
  }

  /** Ends the session, whoever wants it; all that is under way fails (LS1). */
  close(why: string): readonly SessionEffect[] {
    if (this.#closed) return [];
    const effects: SessionEffect[] = [];
    const error: LinkError = {
      fault: 'unavailable',
      message: `the connection was lost: ${why}`,
      facts: SESSION_LOST,
    };
    for (const [id, { mine }] of this.#exchanges) {
      effects.push(mine ? { do: 'failed', id, error } : { do: 'dropped', id });
    }
    this.#exchanges.clear();
    this.#theirs = 0;
    this.#closed = true;
    return [...effects, { do: 'close', why }];
  }

  #begin(
    id: ExchangeId,
    { mine, deadlineMs, now }: { mine: boolean; deadlineMs: number; now: Millis },
  ): void {
    if (!mine) this.#theirs += 1;
    this.#exchanges.set(id, {
      mine,
      deadlineAt: deadlineMs === 0 ? undefined : ((now + deadlineMs) as Millis),
      credit: LINK_CREDIT,
      room: LINK_CREDIT,
      taken: 0,
      inputEnded: false,
    });
  }

  #finish(id: ExchangeId): boolean {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return false;
    if (!exchange.mine) this.#theirs -= 1;
    return this.#exchanges.delete(id);
  }

  #serve(frame: Extract<Frame, { kind: 'call' }>, now: Millis): readonly SessionEffect[] {
    const { id, method, deadlineMs, body } = frame;
    if (this.#isMine(id) || id <= this.#theirNewest) return this.close('an id was used twice');
    this.#theirNewest = id;
    if (this.#theirs >= this.#policy.callsMax) {
      return [send({ kind: 'error', id, error: TOO_MANY })];
    }
    this.#begin(id, { mine: false, deadlineMs, now });
    return [{ do: 'serve', id, method, body }];
  }

  #continue(frame: ContinuingFrame): readonly SessionEffect[] {
    const { id } = frame;
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) {
      // It ended here while the frame was under way; but one that never began is a lie.
      const known = this.#isMine(id) ? id < this.#nextId : id <= this.#theirNewest;
      return known ? [] : this.close('an exchange that never began was spoken of');
    }
    switch (frame.kind) {
      case 'data':
        return this.#takePiece(id, exchange, frame.body);
      case 'credit':
        return this.#takeCredit(id, exchange, frame.count);
      case 'reply':
      case 'error':
        if (!exchange.mine) return this.close('an exchange was answered by its caller');
        this.#finish(id);
        return frame.kind === 'reply'
          ? [{ do: 'answered', id, body: frame.body }]
          : [{ do: 'failed', id, error: frame.error }];
      case 'end':
      case 'cancel':
        if (exchange.mine) return this.close(`an exchange was ${frame.kind}ed by its callee`);
        if (frame.kind === 'cancel') {
          this.#finish(id);
          return [{ do: 'dropped', id }];
        }
        if (exchange.inputEnded) return [];
        exchange.inputEnded = true;
        return [{ do: 'input-ended', id }];
    }
  }

  #takePiece(id: ExchangeId, exchange: Exchange, body: unknown): readonly SessionEffect[] {
    if (exchange.room === 0) return this.close('pieces were sent without credit');
    if (exchange.inputEnded) return this.close('pieces were sent after their end');
    exchange.room -= 1;
    return [{ do: 'piece', id, body }];
  }

  #takeCredit(id: ExchangeId, exchange: Exchange, count: number): readonly SessionEffect[] {
    if (exchange.credit + count > LINK_CREDIT) return this.close('more credit than there is room');
    const was = exchange.credit;
    exchange.credit += count;
    return was === 0 ? [{ do: 'writable', id }] : [];
  }

  #isMine(id: ExchangeId): boolean {
    return (id % 2 === 1) === this.#policy.dialled;
  }
}

type ContinuingFrame = Extract<
  Frame,
  { kind: 'data' | 'end' | 'reply' | 'error' | 'cancel' | 'credit' }
>;

const TOO_MANY: LinkError = {
  fault: 'exhausted',
  message: 'too many exchanges are open with this agent',
  facts: {},
};

const TOO_LATE: LinkError = {
  fault: 'timeout',
  message: 'no answer came within the time for it',
  facts: {},
};

function send(frame: Frame): SessionEffect {
  return { do: 'send', frame };
}
