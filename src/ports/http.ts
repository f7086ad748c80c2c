/**
 * HTTP on both sides: listening for requests, and sending them.
 *
 * H1: bodies, headers, connections and idle times are bounded by the implementation's named limits.
 * H2: a request's `signal` aborts when its sender goes away or the listener closes.
 * H3: closing answers what is being answered for a grace; who waits for a change is told soon.
 */

import type { Failure } from '../base/failure.ts';
import type { Soon } from '../base/soon.ts';

/** A request as it came in. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Still escaped, without the query. */
  readonly path: string;
  /** Without the question mark; empty: none. */
  readonly query: string;
  /** The names in the mount's path, unescaped. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  /** The agent that was asked and handed the request over; absent: this one was asked. */
  readonly asked?: AskedAgent | undefined;
  /**
   * The whole body, read once.
   *
   * @param bound below the listener's own
   *
   * Fails: as the bound says, `exhausted` without one; `canceled` its sender went away.
   */
  body(bound?: BodyBound): Promise<Uint8Array>;
  readonly signal: AbortSignal;
}

/** An agent, as far as what it is asked depends on which one that is. */
export interface AskedAgent {
  /** Its name, which is that of its node. */
  readonly node: string;
  readonly datacenter: string;
}

/** How much of a body is taken, and the refusal of more. */
export interface BodyBound {
  /** [bytes] */
  readonly max: number;
  /** @param size what was sent, or so much of it as was looked at [bytes] */
  readonly tooLarge: (size: number) => Failure;
}

/** An answer. A stream is sent piece by piece, as fast as its reader takes it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array | string>;
}

/** Answers one kind of request. What it throws or rejects with is answered by `HttpApp.failed`. */
export interface HttpMount {
  readonly method: string;
  /**
   * Segments beginning with a colon are names: `/v1/job/:id`. A star at the end of a
   * path without names stands for all that is left, exactly as it was sent but for its escapes:
   * `/v1/kv/*key`; nothing at all included.
   */
  readonly path: string;
  handle(request: HttpRequest): Soon<HttpReply>;
  /** For WebSockets: agrees by answering what to do with the open socket, or refuses. */
  readonly upgrade?: (request: HttpRequest) => Promise<HttpReply | SocketHandler>;
}

/** Runs one WebSocket; it is closed once this resolves or rejects. */
export type SocketHandler = (socket: ServerSocket) => Promise<void>;

export interface ServerSocket {
  /** Whole text messages; ends when the peer closes or goes away. */
  readonly messages: AsyncIterable<string>;
  /** Resolves once it may send more. Fails: `canceled` the peer is gone. */
  send(text: string): Promise<void>;
}

/** Everything that is answered on one port. */
export interface HttpApp {
  readonly mounts: readonly HttpMount[];
  /** Rewrites a path before it is looked up. */
  rewrite(path: string): string;
  /** Answers for a path without a mount. `allowed`: the methods that would have one. */
  missing(request: HttpRequest, allowed: readonly string[]): HttpReply;
  /** Answers for a mount that rejected. */
  failed(error: unknown, request: HttpRequest): HttpReply;
}

export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /** Stops listening; ends what is open after `graceMs` at the latest. */
  close(graceMs: number): Promise<void>;
}

export interface HttpServer {
  /** Fails: `conflict` the address is taken; `denied`; `invalid` no such address. */
  listen(at: { readonly host: string; readonly port: number }, app: HttpApp): Promise<HttpListener>;
}

/** A request going out; `path` holds the query too. */
export interface HttpOutgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An answer coming in. Header names are lower case. The body is read at most once. */
export interface HttpIncoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends requests to one address, over connections that it keeps. */
export interface HttpClient {
  /** Fails: `unavailable` nobody answers there; `canceled` the signal. */
  send(request: HttpOutgoing, signal?: AbortSignal): Promise<HttpIncoming>;
  /** Opens a WebSocket. Fails: as `send`; a refusal by its status. */
  open(
    request: Pick<HttpOutgoing, 'path' | 'headers'>,
    signal?: AbortSignal,
  ): Promise<ClientSocket>;
  close(): Promise<void>;
}

export interface ClientSocket {
  readonly messages: AsyncIterable<string>;
  send(text: string): Promise<void>;
  close(): Promise<void>;
}
