/**
 * Passes one request on, and its answer back.
 *
 * P1: an answer that broke off is never ended as if it were whole.
 */
import type { AttemptFault } from '../../core/balancer/request.ts';
import type { Exchange, Step } from '../../ports/balancer.ts';
import type { AnswerHead } from './answer-head.ts';
import { BodyPass } from './body-pass.ts';
import type { Reply } from './reply.ts';
import { hasBody, isChunked, requestText, type Caller } from './request-text.ts';
import type { Asker, TargetConnection, Whole } from './target-connection.ts';
import type { Asked, Targets } from './targets.ts';

export interface Message {
  readonly method: string;
  /** Whose body is passed on; undefined: it has none. */
  readonly caller?: Caller;
  readonly reply: Reply;
}

/** From the head that came in until the answer has gone, or its reader. */
export class Passing implements Asker {
  head = '';
  readonly method: string;
  readonly hasBody: boolean;
  readonly #message: Message;
  readonly #exchange: Exchange;
  readonly #targets: Targets;
  /** The attempt under way. */
  #asked: Asked | undefined;
  #body: BodyPass | undefined;
  #bodyRead = false;
  #bytes = 0;
  #isWhole = false;
  #isGone = false;

  constructor(message: Message, exchange: Exchange, targets: Targets) {
    this.#message = message;
    this.#exchange = exchange;
    this.#targets = targets;
    this.method = message.method;
    this.hasBody = message.caller !== undefined && hasBody(message.caller);
  }

  run(): void {
    this.#step(this.#exchange.begin());
  }

  /** Its caller's connection has ended, or its answer is out. */
  gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#body?.stop();
    this.#asked?.cancel(this);
    const { status, isSent } = this.#message.reply;
    this.#exchange.ended({ status, bytes: this.#bytes, complete: this.#isWhole && isSent });
  }

  sent(connection: TargetConnection): void {
    const { caller } = this.#message;
    if (caller !== undefined) {
      this.#body = new BodyPass(caller, connection, () => (this.#bodyRead = true));
    }
  }

  begins(head: AnswerHead, whole: Whole | undefined): void {
    const headers = this.#exchange.answering(head.status, head.headers);
    if (whole !== undefined) {
      this.#body?.stop();
      this.#asked = undefined;
      this.#isWhole = true;
      this.#bytes = whole.length;
    }
    this.#message.reply.begin(head, headers, whole);
  }

  data(piece: Buffer, from: TargetConnection): boolean {
    this.#bytes += piece.length;
    const { reply } = this.#message;
    if (reply.write(piece)) return true;
    reply.onceDrained(() => from.resume());
    return false;
  }

  ends(): void {
    this.#body?.stop();
    this.#asked = undefined;
    this.#isWhole = true;
    this.#message.reply.end();
  }

  failed(fault: AttemptFault): void {
    this.#body?.stop();
    this.#body = undefined;
    this.#asked = undefined;
    if (this.#isGone) return;
    // P1
    if (this.#message.reply.status > 0) this.#message.reply.breakOff();
    else this.#step(this.#exchange.failed(fault, this.#bodyRead));
  }

  #step(step: Step): void {
    if (this.#isGone) return;
    if (step.do === 'answer') {
      this.#isWhole = true;
      this.#bytes = Buffer.byteLength(step.reply.body);
      this.#message.reply.own(step.reply);
      return;
    }
    const { caller } = this.#message;
    const chunked = this.hasBody && caller !== undefined && isChunked(caller);
    const head = requestText(this.method, step.attempt, chunked);
    if (head === undefined) this.failed('malformed');
    else {
      this.head = head;
      this.#asked = this.#targets.ask(step.attempt, this);
    }
  }
}
