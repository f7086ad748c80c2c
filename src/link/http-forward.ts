/**
 * HTTP requests on their way to a server: bodies in pieces, answers whole or in pieces, WebSockets
 * message by message, and given up over there when their sender hangs up.
 */
import { Failure } from '../base/failure.ts';
import { FORWARD_INLINE_BYTES } from '../core/limits.ts';
import type {
  AskedAgent,
  HttpMount,
  HttpReply,
  HttpRequest,
  ServerSocket,
  SocketHandler,
} from '../ports/http.ts';
import { answerOf, bytesOf, inPieces, type Caller } from './caller.ts';
import { sendText, wholeTexts } from './forwarded-text.ts';
import type { Exchange } from './session.ts';

/** Which of an agent's two APIs; of a path that both have, they answer differently. */
export type ApiName = 'http' | 'discovery';

/** A request as it travels. `pattern` is that of its mount: routing is done where it came in. */
export interface ForwardedRequest {
  readonly api: ApiName;
  readonly method: string;
  readonly mountMethod: string;
  readonly pattern: string;
  readonly path: string;
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** Absent: the agent that sends it was asked. */
  readonly asked?: AskedAgent;
  /** Absent: it comes in pieces. */
  readonly body?: Uint8Array;
  readonly upgrade: boolean;
}

/** An answer's beginning; a whole answer has its body in it. */
export interface ForwardedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Hands requests over. Fails: `unavailable` no server is in reach, or it was lost. */
export class HttpForwarder {
  readonly #caller: Caller;
  readonly #api: ApiName;

  constructor(caller: Caller, api: ApiName) {
    this.#caller = caller;
    this.#api = api;
  }

  async handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply> {
    const body = hasBody(request) ? await request.body() : NO_BYTES;
    const exchange = await this.#open(mount, request, { body, upgrade: false });
    const pieces = exchange.pieces[Symbol.asyncIterator]();
    const first = await pieces.next();
    if (first.done === true) return wholeReply(await exchange.reply);
    const { status, headers } = headOf(first.value);
    return { status, headers, body: bytesIn({ [Symbol.asyncIterator]: () => pieces }) };
  }

  /** Agrees where the server does. */
  async upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler> {
    const exchange = await this.#open(mount, request, { body: NO_BYTES, upgrade: true });
    const pieces = exchange.pieces[Symbol.asyncIterator]();
    const first = await pieces.next();
    if (first.done === true) return wholeReply(await exchange.reply);
    return (socket) => join(socket, exchange, { [Symbol.asyncIterator]: () => pieces });
  }

  async #open(
    mount: HttpMount,
    request: HttpRequest,
    { body, upgrade }: { readonly body: Uint8Array; readonly upgrade: boolean },
  ): Promise<Exchange> {
    const inline = body.length <= FORWARD_INLINE_BYTES;
    const question: ForwardedRequest = {
      api: this.#api,
      method: request.method,
      mountMethod: mount.method,
      pattern: mount.path,
      path: request.path,
      query: request.query,
      params: request.params,
      headers: plainHeaders(request.headers),
      remoteAddress: request.remoteAddress,
      ...(request.asked === undefined ? {} : { asked: request.asked }),
      ...(inline ? { body } : {}),
      upgrade,
    };
    const exchange = await this.#caller.open('http', question, { signal: request.signal });
    if (!inline) await sendBody(exchange, body);
    return exchange;
  }
}

const NO_BYTES = new Uint8Array();

function hasBody({ method, headers }: HttpRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

async function sendBody(exchange: Exchange, body: Uint8Array): Promise<void> {
  try {
    for (const bytes of inPieces(body)) await exchange.send(bytes);
    exchange.end();
  } catch (error) {
    // Answered before all of it was read: the answer tells.
    if (!(error instanceof Failure) || error.fault !== 'canceled') throw error;
  }
}

function plainHeaders(headers: HttpRequest['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter((one): one is [string, string] => typeof one[1] === 'string'),
  );
}

function headOf(value: unknown): ForwardedReply {
  return answerOf<ForwardedReply>('http', value, 'status');
}

function wholeReply(value: unknown): HttpReply {
  const { status, headers, body = '' } = headOf(value);
  return { status, headers, body };
}

async function* bytesIn(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield bytesOf(piece);
}

/** Passes messages on in both directions, until either side has enough. */
async function join(
  socket: ServerSocket,
  exchange: Exchange,
  pieces: AsyncIterable<unknown>,
): Promise<void> {
  const out = async (): Promise<void> => {
    for await (const text of socket.messages) await sendText(exchange, text);
    exchange.end();
  };
  const back = async (): Promise<void> => {
    for await (const text of wholeTexts(pieces)) await socket.send(text);
  };
  const outward = out();
  // Whoever hung up first, the other side hears of it by the end of the exchange.
  outward.catch(() => undefined);
  await back();
}
