/** The `HttpServer` port on node:http, with find-my-way as its router and ws for WebSockets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as SocketServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import createRouter, { type HTTPMethod, type HTTPVersion, type Instance } from 'find-my-way';
import { WebSocketServer, type WebSocket } from 'ws';
import { Failure, type Fault } from '../../base/failure.ts';
import { soon, soonOr, type Soon } from '../../base/soon.ts';
import type { HttpApp, HttpListener, HttpMount, HttpReply, HttpServer } from '../../ports/http.ts';
import {
  BACKLOG_MAX,
  CLOSING_MS,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_MS_MAX,
  KEEP_ALIVE_MS,
  REQUEST_MS_MAX,
  SOCKET_MESSAGE_BYTES_MAX,
} from './limits.ts';
import { Incoming, OpenRequests } from './request.ts';
import { sendReply } from './reply.ts';
import { sendMessage, socketMessages } from './socket-messages.ts';

type Router = Instance<HTTPVersion.V1>;

const METHODS: readonly HTTPMethod[] = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
/** Longest name in a path. Ids are short; job ids are bounded by their own rule. */
const PARAM_CHARS_MAX = 1024;

/** The real HTTP server. */
export const nodeHttpServer: HttpServer = {
  listen: (at, app) => new Listening(app).listen(at),
};

class Listening {
  readonly #app: HttpApp;
  readonly #router: Router;
  readonly #mounts = new Map<unknown, Mounted>();
  readonly #open = new OpenRequests();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** Each answer is the last of its connection. */
  #isEnding = false;

  constructor(app: HttpApp) {
    this.#app = app;
    this.#router = createRouter({ maxParamLength: PARAM_CHARS_MAX, ignoreTrailingSlash: true });
    for (const mount of app.mounts) this.#mount(mount);
    this.#server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: HEADERS_MS_MAX,
        requestTimeout: REQUEST_MS_MAX,
        keepAliveTimeout: KEEP_ALIVE_MS,
        // Half the shortest limit, so that a slow sender is noticed soon after it.
        connectionsCheckingInterval: HEADERS_MS_MAX / 2,
      },
      (request, response) => this.#serve(request, response),
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: SOCKET_MESSAGE_BYTES_MAX });
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#upgrade(request, stream, head).catch(() => stream.destroy());
    });
  }

  async listen(at: { readonly host: string; readonly port: number }): Promise<HttpListener> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(at, error)));
      server.listen({ port: at.port, host: at.host, backlog: BACKLOG_MAX }, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return { host: at.host, port, close: (graceMs) => this.#close(graceMs) };
  }

  #mount(mount: HttpMount): void {
    const handler = (): void => undefined;
    const { path, rest } = restOf(mount.path);
    this.#mounts.set(handler, { mount, rest });
    this.#router.on(mount.method as HTTPMethod, path, handler);
    // Without its last slash, the rest is empty.
    if (rest !== undefined) {
      this.#router.on(mount.method as HTTPMethod, path.slice(0, rest.from - 1), handler);
    }
  }

  #find(
    method: string,
    path: string,
  ): { mount: HttpMount; params: Readonly<Record<string, string>> } | undefined {
    const looked = method === 'HEAD' ? 'GET' : method;
    const target = this.#app.rewrite(path);
    const found = this.#router.find(looked as HTTPMethod, target);
    const mounted = found === null ? undefined : this.#mounts.get(found.handler);
    if (found === null || mounted === undefined) return undefined;
    const { mount, rest } = mounted;
    if (rest === undefined) return { mount, params: found.params as Record<string, string> };
    // The router mends what it takes for a slash too many; in a key, each counts.
    const left = unescape(target.slice(rest.from));
    return left === undefined ? undefined : { mount, params: { [rest.name]: left } };
  }

  /** What is known at once is sent at once, without a turn of the event loop. */
  #serve(message: IncomingMessage, response: ServerResponse): void {
    const request = new Incoming(message, response, this.#open);
    const release = (): void => request.release();
    const sent = soonOr(
      () =>
        soon(this.#answer(request), (reply) => {
          if (this.#isEnding) response.shouldKeepAlive = false;
          return sendReply(reply, { message, response, request });
        }),
      () => {
        response.destroy();
      },
    );
    if (sent instanceof Promise) sent.then(release, release);
    else release();
  }

  #answer(request: Incoming): Soon<HttpReply> {
    const found = this.#find(request.method, request.path);
    if (found === undefined) return this.#app.missing(request, this.#allowed(request.path));
    request.params = found.params;
    return soonOr(
      () => found.mount.handle(request),
      (error) => this.#app.failed(this.#reasonOf(error), request),
    );
  }

  /** What was given up because this server ends was not given up by its sender. */
  #reasonOf(error: unknown): unknown {
    const isOurs = this.#open.isClosing && error instanceof Failure && error.fault === 'canceled';
    return isOurs ? new Failure('unavailable', 'the agent stops', { cause: error }) : error;
  }

  #allowed(path: string): readonly string[] {
    return METHODS.filter((method) => this.#find(method, path) !== undefined);
  }

  async #upgrade(message: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on('error', () => stream.destroy());
    const request = new Incoming(message, stream, this.#open);
    try {
      const found = this.#find('GET', request.path);
      const upgrade = found?.mount.upgrade;
      request.params = found?.params ?? {};
      const agreed =
        upgrade === undefined
          ? this.#app.missing(request, [])
          : await upgrade(request).catch((error: unknown) => this.#app.failed(error, request));
      if (typeof agreed !== 'function') {
        refuse(stream, agreed.status, agreed.body);
        return;
      }
      const socket = await this.#accept(message, stream, head);
      const ended = (): void => socket.terminate();
      request.signal.addEventListener('abort', ended, { once: true });
      await agreed({
        messages: socketMessages(socket),
        send: (text) => sendMessage(socket, text),
      }).finally(() => {
        request.signal.removeEventListener('abort', ended);
        socket.close(1000);
      });
    } finally {
      request.release();
    }
  }

  #accept(message: IncomingMessage, stream: Duplex, head: Buffer): Promise<WebSocket> {
    return new Promise((resolve) => {
      this.#sockets.handleUpgrade(message, stream, head, (socket) => {
        // A broken connection ends in 'close', which the messages' reader sees.
        socket.on('error', () => socket.terminate());
        resolve(socket);
      });
    });
  }

  /**
   * Takes no more connections. What comes on those that are open is answered for a moment more;
   * then who waits for a change is told to go, at half of the grace who asks for anything, and all
   * at its end.
   */
  async #close(graceMs: number): Promise<void> {
    const server = this.#server;
    const closed = new Promise<void>((resolve) => server.once('close', resolve));
    this.#isEnding = true;
    await quietTurn();
    // The close of HTTP's own server would cut connections whose next request is on its way.
    SocketServer.prototype.close.call(server);
    await Promise.race([closed, delay(Math.min(graceMs, CLOSING_MS))]);
    this.#open.close();
    server.closeIdleConnections();
    const giveUp = setTimeout(() => this.#open.giveUp(), graceMs / 2);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(giveUp);
    clearTimeout(cut);
    // Ends its look-out for slow senders.
    server.close();
  }
}

/**
 * Whoever waits to be let in is, and is not cut off with the listening socket: only those are who
 * come between a turn of the loop and its end, so that is to be a short one.
 */
async function quietTurn(): Promise<void> {
  await turn();
  for (let left = TURNS_MAX; left > 0; left--) {
    const began = performance.now();
    await turn();
    if (performance.now() - began < SHORT_TURN_MS) return;
  }
}

const TURNS_MAX = 10;
const SHORT_TURN_MS = 5;

interface Mounted {
  readonly mount: HttpMount;
  readonly rest: Rest | undefined;
}

/** All that a path has from a character on, and the name it goes by. */
interface Rest {
  readonly name: string;
  readonly from: number;
}

/** Undefined for broken escapes. */
function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A mount's path as the router knows it, and its rest if it has one. */
function restOf(path: string): { readonly path: string; readonly rest: Rest | undefined } {
  const star = path.indexOf('*');
  if (star < 0) return { path, rest: undefined };
  return { path: path.slice(0, star + 1), rest: { name: path.slice(star + 1), from: star } };
}

function refuse(stream: Duplex, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : '';
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

const LISTEN_FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: 'conflict',
  EACCES: 'denied',
  EADDRNOTAVAIL: 'invalid',
  ENOTFOUND: 'invalid',
};

function cannotListen(at: { host: string; port: number }, cause: NodeJS.ErrnoException): Failure {
  const fault = LISTEN_FAULTS[cause.code ?? ''] ?? 'unavailable';
  return new Failure(fault, `cannot listen on ${at.host}:${at.port}`, { cause });
}
