/** Requests of node:http as the port has them. */
import type { IncomingMessage } from 'node:http';
import type { EventEmitter } from 'node:events';
import { Failure } from '../../base/failure.ts';
import type { BodyBound, HttpRequest } from '../../ports/http.ts';
import { BODY_BYTES_MAX } from './limits.ts';

/** Where the answer to a request goes; closes when its sender does. */
interface Peer extends Pick<EventEmitter, 'once' | 'off'> {
  readonly destroyed: boolean;
  /** Of a response: its answer has begun. Absent of an upgrade. */
  readonly headersSent?: boolean;
}

/** The requests that somebody may want to break off. */
export class OpenRequests {
  readonly #watched = new Set<Incoming>();
  #isClosing = false;

  get isClosing(): boolean {
    return this.#isClosing;
  }

  add(request: Incoming): void {
    this.#watched.add(request);
  }

  delete(request: Incoming): void {
    this.#watched.delete(request);
  }

  /** Aborts all that wait for something to change, those to come included. */
  close(): void {
    this.#isClosing = true;
    for (const request of this.#watched) if (request.waits) request.abort();
  }

  /** Aborts all that only ask; changes come to their end. */
  giveUp(): void {
    for (const request of this.#watched) if (request.onlyAsks) request.abort();
  }
}

/**
 * A request of node:http as the port has it. Nothing is read of the message, and nobody watches its
 * sender, before a handler asks for it: most requests are answered before anybody could give up.
 */
export class Incoming implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  params: Readonly<Record<string, string>> = NO_PARAMS;
  readonly #message: IncomingMessage;
  readonly #peer: Peer;
  readonly #open: OpenRequests;
  #gone: AbortController | undefined;
  #onClose: (() => void) | undefined;

  /** @param peer the response, or the socket of an upgrade */
  constructor(message: IncomingMessage, peer: Peer, open: OpenRequests) {
    const target = message.url ?? '/';
    const mark = target.indexOf('?');
    this.method = message.method ?? 'GET';
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? '' : target.slice(mark + 1);
    this.#message = message;
    this.#peer = peer;
    this.#open = open;
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    return this.#message.headers as Readonly<Record<string, string | undefined>>;
  }

  get remoteAddress(): string {
    return this.#message.socket.remoteAddress ?? '';
  }

  get signal(): AbortSignal {
    this.#gone ??= this.#watch();
    return this.#gone.signal;
  }

  body(bound: BodyBound = ANY_BODY): Promise<Uint8Array> {
    return readBody(this.#message, bound);
  }

  /** Given up, it changes nothing. */
  get onlyAsks(): boolean {
    return this.method === 'GET' || this.method === 'HEAD';
  }

  /** It may take as long as it likes: a blocking query, a stream, a WebSocket. */
  get waits(): boolean {
    return this.onlyAsks && (BLOCKS.test(this.query) || this.#peer.headersSent !== false);
  }

  /** Tells whoever works on the answer that nobody waits for it. */
  abort(): void {
    this.#gone?.abort();
  }

  /** Lets go of what watches; the answer is out. */
  release(): void {
    if (this.#onClose === undefined) return;
    this.#peer.off('close', this.#onClose);
    this.#open.delete(this);
  }

  #watch(): AbortController {
    const gone = new AbortController();
    if ((this.#open.isClosing && this.waits) || this.#peer.destroyed) {
      gone.abort();
      return gone;
    }
    this.#onClose = () => gone.abort();
    this.#peer.once('close', this.#onClose);
    this.#open.add(this);
    return gone;
  }
}

const BLOCKS = /(?:^|&)(?:index|wait)=/;

const NO_PARAMS: Readonly<Record<string, string>> = {};

function readBody(message: IncomingMessage, bound: BodyBound): Promise<Uint8Array> {
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > bound.max) return Promise.reject(bound.tooLarge(declared));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bound.max) {
        chunks.push(chunk);
        return;
      }
      message.pause();
      reject(bound.tooLarge(size));
    });
    message.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    message.on('close', () => {
      if (!message.complete) reject(new Failure('canceled', 'the request was broken off'));
    });
  });
}

const ANY_BODY: BodyBound = { max: BODY_BYTES_MAX, tooLarge };

function tooLarge(): Failure {
  const facts = { status: 413, limit: BODY_BYTES_MAX };
  return new Failure('exhausted', `request body is larger than ${BODY_BYTES_MAX} bytes`, { facts });
}
