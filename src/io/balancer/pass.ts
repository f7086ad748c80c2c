/** Passes one request on, and its answer back. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { AttemptFault, OwnReply } from '../../core/balancer/request.ts';
import type { Attempt, Exchange, Step } from '../../ports/balancer.ts';
import type { Targets } from './targets.ts';

export type Caller = IncomingMessage | Http2ServerRequest;
export type Reply = ServerResponse | Http2ServerResponse;

/** From the head that came in until the answer has gone, or its reader. */
export class Passing {
  readonly #caller: Caller;
  readonly #reply: Reply;
  readonly #exchange: Exchange;
  readonly #targets: Targets;
  /** Ends the attempt under way. */
  #abort: (() => void) | undefined;
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
  }

  run(): void {
    const reply = this.#reply;
    reply.on('close', () => {
      this.#isGone = true;
      this.#abort?.();
      const complete = this.#isWhole && reply.writableFinished;
      this.#exchange.ended({ status: reply.statusCode, bytes: this.#bytes, complete });
    });
    // 'close' follows, and tells.
    reply.on('error', () => reply.destroy());
    this.#caller.on('error', () => undefined);
    this.#step(this.#exchange.begin());
  }

  #step(step: Step): void {
    if (this.#isGone) return;
    if (step.do === 'answer') this.#answer(step.reply);
    else this.#ask(step.attempt);
  }

  #answer({ status, headers, body }: OwnReply): void {
    this.#isWhole = true;
    this.#bytes = Buffer.byteLength(body);
    const reply = this.#reply;
    reply.statusCode = status;
    for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value);
    reply.setHeader('content-length', this.#bytes);
    reply.end(this.#caller.method === 'HEAD' ? '' : body);
  }

  #ask(attempt: Attempt): void {
    const pool = this.#targets.pool(attempt);
    if (pool !== undefined) this.#dispatch(pool, attempt);
    else {
      this.#targets.load().then(
        () => this.#ask(attempt),
        () => this.#reply.destroy(),
      );
    }
  }

  #dispatch(pool: Dispatcher, attempt: Attempt): void {
    const { method = 'GET' } = this.#caller;
    const body = hasBody(this.#caller) ? this.#body() : null;
    const options: Dispatcher.DispatchOptions = {
      method,
      path: attempt.path,
      headers: [...attempt.headers],
      // An async iterable is read only once the connection stands.
      body: body as Readable | null,
    };
    try {
      pool.dispatch(options, this.#handler());
    } catch {
      // A head that cannot be written, or a pool that was closed meanwhile.
      this.#failed('connect');
    }
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    this.#bodyRead = true;
    for await (const piece of this.#caller.iterator({ destroyOnReturn: false })) {
      yield piece as Uint8Array;
    }
  }

  #handler(): Dispatcher.DispatchHandler {
    let hasStarted = false;
    return {
      onRequestStart: (controller) => {
        hasStarted = true;
        this.#abort = () => controller.abort(new Error('the caller is gone'));
        if (this.#isGone) this.#abort();
      },
      onResponseStart: (controller, status, _headers, statusMessage) => {
        if (status >= 200) this.#begin(status, statusMessage ?? '', rawOf(controller));
      },
      onResponseData: (controller, piece) => {
        this.#isWriting = true;
        this.#bytes += piece.length;
        if (this.#write(piece)) return;
        controller.pause();
        this.#reply.once('drain', () => controller.resume());
      },
      onResponseEnd: () => {
        this.#abort = undefined;
        this.#isWhole = true;
        this.#isWriting = true;
        this.#reply.end();
      },
      onResponseError: (_controller, error) => {
        this.#abort = undefined;
        this.#failed(hasStarted ? faultOf(error) : 'connect');
      },
    };
  }

  /** The two kinds of replies write alike, but are not declared so. */
  #write(piece: Uint8Array): boolean {
    const reply = this.#reply as ServerResponse;
    return reply.write(piece);
  }

  #begin(status: number, message: string, headers: readonly string[]): void {
    const reply = this.#reply;
    const out = this.#exchange.answering(status, headers);
    if ('stream' in reply) reply.writeHead(status, grouped(out));
    else reply.writeHead(status, message, out as string[]);
    // What comes at once goes in one piece with the head; a stream that is still silent does not
    // keep its head back.
    setImmediate(() => {
      // HTTP/2 sends heads at once.
      if (!this.#isWriting && !this.#isGone && 'flushHeaders' in reply) reply.flushHeaders();
    });
  }

  #failed(fault: AttemptFault): void {
    if (this.#isGone) return;
    if (this.#reply.headersSent) {
      // Broken off: the caller must not take it for whole.
      if ('stream' in this.#reply) this.#reply.stream.close(INTERNAL_ERROR);
      else this.#reply.destroy();
      return;
    }
    this.#step(this.#exchange.failed(fault, this.#bodyRead));
  }
}

/** Source: RFC 9113 section 7. */
const INTERNAL_ERROR = 2;

function hasBody(caller: Caller): boolean {
  if ('stream' in caller && caller.httpVersionMajor === 2) return !caller.complete;
  const { headers } = caller;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}

function rawOf(controller: Dispatcher.DispatchController): string[] {
  const raw = (controller.rawHeaders ?? []) as readonly (Buffer | string)[];
  return raw.map((each) => (typeof each === 'string' ? each : each.toString('latin1')));
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

const MALFORMED = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_)/;

function faultOf(error: unknown): AttemptFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'timeout';
  return MALFORMED.test(code) ? 'malformed' : 'broken';
}
