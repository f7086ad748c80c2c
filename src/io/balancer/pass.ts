/**
 * Passes one request on, and its answer back.
 *
 * P1: an answer that broke off is never ended as if it were whole.
 */
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { AttemptFault, OwnReply } from '../../core/balancer/request.ts';
import type { Exchange, Step } from '../../ports/balancer.ts';
import type { AnswerHead } from './answer-head.ts';
import { BodyPass } from './body-pass.ts';
import { hasBody, requestText, type Caller } from './request-text.ts';
import type { Asker, TargetConnection } from './target-connection.ts';
import type { Asked, Targets } from './targets.ts';

export type Reply = ServerResponse | Http2ServerResponse;

/**
 * Answers up to this size go out in one piece with their head, as text: Node writes text and head
 * with one call of the system, bytes and head with a dearer one [bytes].
 */
const ONE_PIECE_MAX = 16_384;
/** Source: RFC 9113 section 7. */
const INTERNAL_ERROR = 2;

/** From the head that came in until the answer has gone, or its reader. */
export class Passing implements Asker {
  head = '';
  readonly method: string;
  readonly hasBody: boolean;
  readonly #caller: Caller;
  readonly #reply: Reply;
  readonly #exchange: Exchange;
  readonly #targets: Targets;
  /** The attempt under way. */
  #asked: Asked | undefined;
  #body: BodyPass | undefined;
  #bodyRead = false;
  #bytes = 0;
  #isWhole = false;
  #isWriting = false;
  #isGone = false;

  constructor(message: { caller: Caller; reply: Reply }, exchange: Exchange, targets: Targets) {
    this.#caller = message.caller;
    this.#reply = message.reply;
    this.#exchange = exchange;
    this.#targets = targets;
    this.method = message.caller.method ?? 'GET';
    this.hasBody = hasBody(message.caller);
  }

  run(): void {
    const reply = this.#reply;
    reply.on('close', () => this.gone());
    // 'close' follows, and tells.
    reply.on('error', () => reply.destroy());
    this.#caller.on('error', ignored);
    this.#step(this.#exchange.begin());
  }

  /** Its caller's connection has ended, or its answer is out. */
  gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#body?.stop();
    this.#asked?.cancel(this);
    const { statusCode: status, writableFinished } = this.#reply;
    this.#exchange.ended({
      status,
      bytes: this.#bytes,
      complete: this.#isWhole && writableFinished,
    });
  }

  sent(connection: TargetConnection): void {
    this.#body = new BodyPass(this.#caller, connection, () => (this.#bodyRead = true));
  }

  begins(head: AnswerHead, whole: Buffer | undefined): void {
    const reply = this.#reply;
    const out = this.#exchange.answering(head.status, head.headers);
    if ('stream' in reply) reply.writeHead(head.status, grouped(out));
    else reply.writeHead(head.status, head.message, out as string[]);
    if (whole !== undefined) this.#finish(whole);
    // What comes at once goes in one piece with the head; a stream that is still silent does not
    // keep its head back.
    else setImmediate(() => this.#flush());
  }

  data(piece: Buffer, from: TargetConnection): boolean {
    this.#isWriting = true;
    this.#bytes += piece.length;
    // The two kinds of replies write alike, but are not declared so.
    if ((this.#reply as ServerResponse).write(piece)) return true;
    this.#reply.once('drain', () => from.resume());
    return false;
  }

  ends(): void {
    this.#body?.stop();
    this.#asked = undefined;
    this.#isWhole = true;
    this.#isWriting = true;
    this.#reply.end();
  }

  failed(fault: AttemptFault): void {
    this.#body?.stop();
    this.#body = undefined;
    this.#asked = undefined;
    if (this.#isGone) return;
    if (!this.#reply.headersSent) {
      this.#step(this.#exchange.failed(fault, this.#bodyRead));
      return;
    }
    // P1
    if ('stream' in this.#reply) this.#reply.stream.close(INTERNAL_ERROR);
    else this.#reply.destroy();
  }

  #step(step: Step): void {
    if (this.#isGone) return;
    if (step.do === 'answer') {
      this.#answer(step.reply);
      return;
    }
    const head = requestText(this.method, step.attempt, this.#caller);
    if (head === undefined) this.failed('malformed');
    else {
      this.head = head;
      this.#asked = this.#targets.ask(step.attempt, this);
    }
  }

  #answer({ status, headers, body }: OwnReply): void {
    this.#isWhole = true;
    this.#bytes = Buffer.byteLength(body);
    const reply = this.#reply;
    reply.statusCode = status;
    for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value);
    reply.setHeader('content-length', this.#bytes);
    reply.end(this.method === 'HEAD' ? '' : body);
  }

  #finish(whole: Buffer): void {
    this.#body?.stop();
    this.#asked = undefined;
    this.#isWhole = true;
    this.#bytes = whole.length;
    const reply = this.#reply;
    if (whole.length === 0) reply.end();
    else if (whole.length > ONE_PIECE_MAX || 'stream' in reply) reply.end(Buffer.from(whole));
    else reply.end(whole.toString('latin1'), 'latin1');
  }

  #flush(): void {
    // HTTP/2 sends heads at once.
    if (!this.#isWriting && !this.#isGone && 'flushHeaders' in this.#reply) {
      this.#reply.flushHeaders();
    }
  }
}

function grouped(headers: readonly string[]): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const value = headers[i + 1] ?? '';
    const before = out[name];
    out[name] = before === undefined ? value : [before, value].flat();
  }
  return out;
}

function ignored(): void {
  // 'close' follows.
}
