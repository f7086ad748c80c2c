/** How an answer gets to its caller: what all ways share, and the one over node's servers. */
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { OwnReply } from '../../core/balancer/request.ts';
import type { AnswerHead } from './answer-head.ts';
import type { Whole } from './target-connection.ts';

export interface Reply {
  /** Of the answer that has begun; 0 before. */
  readonly status: number;
  /** True once the answer is out. */
  readonly isSent: boolean;
  /**
   * Begins an answer.
   *
   * @param headers those to be sent, names and values in turn
   * @param whole all of the body; undefined: it follows by `write` and `end`
   */
  begin(head: AnswerHead, headers: readonly string[], whole: Whole | undefined): void;
  /** False: wait for `onceDrained`. */
  write(piece: Buffer): boolean;
  onceDrained(then: () => void): void;
  end(): void;
  /** Ends what has begun so that nobody takes it for whole. */
  breakOff(): void;
  /** Answers without a target. */
  own(reply: OwnReply): void;
}

/** Source: RFC 9113 section 7. */
const INTERNAL_ERROR = 2;

export class NodeReply implements Reply {
  readonly #reply: ServerResponse | Http2ServerResponse;
  #isWriting = false;

  constructor(reply: ServerResponse | Http2ServerResponse) {
    this.#reply = reply;
  }

  get status(): number {
    return this.#reply.headersSent ? this.#reply.statusCode : 0;
  }

  get isSent(): boolean {
    return this.#reply.writableFinished;
  }

  begin(head: AnswerHead, headers: readonly string[], whole: Whole | undefined): void {
    const reply = this.#reply;
    if ('stream' in reply) reply.writeHead(head.status, grouped(headers));
    else reply.writeHead(head.status, head.message, headers as string[]);
    if (whole === undefined) {
      // What comes at once goes in one piece with the head; a stream that is still silent does not
      // keep its head back.
      setImmediate(() => this.#flush());
    } else if (whole.length === 0) reply.end();
    // Both kinds of replies end alike, but are not declared so.
    else if (typeof whole === 'string') (reply as ServerResponse).end(whole, 'latin1');
    else reply.end(whole);
  }

  write(piece: Buffer): boolean {
    this.#isWriting = true;
    // The two kinds of replies write alike, but are not declared so.
    return (this.#reply as ServerResponse).write(piece);
  }

  onceDrained(then: () => void): void {
    this.#reply.once('drain', then);
  }

  end(): void {
    this.#isWriting = true;
    this.#reply.end();
  }

  breakOff(): void {
    if ('stream' in this.#reply) this.#reply.stream.close(INTERNAL_ERROR);
    else this.#reply.destroy();
  }

  own({ status, headers, body }: OwnReply): void {
    const reply = this.#reply;
    reply.statusCode = status;
    for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value);
    reply.setHeader('content-length', Buffer.byteLength(body));
    reply.end(reply.req.method === 'HEAD' ? '' : body);
  }

  #flush(): void {
    // HTTP/2 sends heads at once.
    if (!this.#isWriting && !this.#reply.destroyed && 'flushHeaders' in this.#reply) {
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
