/** The HTTP side of the balancer: callers' connections on node:http. */
import {
  createServer,
  ServerResponse,
  type IncomingMessage,
  type Server,
  type ServerOptions,
} from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { Socket, type AddressInfo, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure, type Fault } from '../../base/failure.ts';
import type { RequestHead } from '../../core/balancer/request.ts';
import type { ListenAt, ProxyLimits, ProxyListener, Traffic } from '../../ports/balancer.ts';
import {
  BACKLOG_MAX,
  CALLER_IDLE_MS,
  CLOSING_LOOK_MS,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADERS_MS_MAX,
} from './limits.ts';
import { Lane } from './lane.ts';
import { Passing } from './pass.ts';
import { NodeReply } from './reply.ts';
import type { Caller } from './request-text.ts';
import type { Targets } from './targets.ts';
import { passUpgrade } from './upgrade.ts';

export const HTTP_OPTIONS: ServerOptions = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: HEADERS_MS_MAX,
  // An upload may take its time; one that stands still is ended by the socket's own time.
  requestTimeout: 0,
  keepAliveTimeout: CALLER_IDLE_MS,
  connectionsCheckingInterval: HEADERS_MS_MAX / 2,
  // B2: two programs never read one message differently.
  insecureHTTPParser: false,
  requireHostHeader: true,
  noDelay: true,
};

export interface ProxyParts {
  readonly traffic: Traffic;
  readonly targets: Targets;
  readonly limits: ProxyLimits;
}

/** Answers requests of one listener, whatever they came over. */
export class HttpFront {
  readonly #parts: ProxyParts;
  readonly #tunnels = new Set<Duplex>();
  readonly #lanes = new Set<Lane>();
  readonly #open = new WeakMap<Socket, Set<Passing>>();
  #isClosing = false;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** Has the server's requests answered here. */
  attach(server: Pick<Server, 'on'>): void {
    server.on('request', (caller: IncomingMessage, reply: ServerResponse) => {
      this.serve(caller, reply);
    });
    server.on('upgrade', (caller: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#upgrade(caller, stream, head);
    });
    server.on('connect', (_caller: IncomingMessage, stream: Duplex) => {
      stream.on('error', () => stream.destroy());
      stream.end(
        'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
    });
  }

  readonly serve = (caller: Caller, answer: ServerResponse | Http2ServerResponse): void => {
    const { traffic, targets } = this.#parts;
    if (this.#isClosing && !('stream' in answer)) answer.shouldKeepAlive = false;
    const method = caller.method ?? 'GET';
    const message = { method, caller, reply: new NodeReply(answer) };
    const passing = new Passing(message, traffic.exchange(headOf(caller, false)), targets);
    answer.on('close', () => passing.gone());
    // 'close' follows, and tells.
    answer.on('error', () => answer.destroy());
    caller.on('error', ignored);
    if (!('stream' in answer)) this.#watch(caller.socket, passing, answer);
    passing.run();
  };

  /** Reads plain requests of a connection itself; `take` has the rest. */
  lane(socket: Socket, take: (socket: Socket) => void): void {
    const { traffic, targets } = this.#parts;
    const lane: Lane = new Lane(socket, {
      serve: (head, reply) => {
        const message = { method: head.method, reply };
        const passing = new Passing(message, traffic.exchange(head), targets);
        passing.run();
        return passing;
      },
      leave: (left) => {
        this.#lanes.delete(lane);
        take(left);
      },
      isClosing: () => this.#isClosing,
      idleTimeoutMs: () => this.#parts.limits.idleTimeoutMs,
    });
    this.#lanes.add(lane);
    socket.on('close', () => this.#lanes.delete(lane));
  }

  /** Ends connections that nothing is under way on. */
  endIdle(): void {
    for (const lane of this.#lanes) lane.endIdle();
  }

  /** From now on a connection ends with its answer. */
  close(): void {
    this.#isClosing = true;
  }

  /** Cuts off what was switched to another protocol. */
  cut(): void {
    for (const stream of this.#tunnels) stream.destroy();
    for (const lane of this.#lanes) lane.cut();
  }

  /**
   * Of several requests sent at once only the first has an answer with a connection; node tells the
   * others nothing when that ends.
   */
  #watch(socket: Socket, passing: Passing, reply: ServerResponse): void {
    let open = this.#open.get(socket);
    if (open === undefined) {
      const mine = new Set<Passing>();
      open = mine;
      this.#open.set(socket, mine);
      socket.once('close', () => {
        for (const each of mine) each.gone();
      });
    }
    open.add(passing);
    reply.once('close', () => open.delete(passing));
  }

  #upgrade(caller: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    if (caller.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.#ignoreUpgrade(caller, stream);
      return;
    }
    this.#tunnels.add(stream);
    stream.on('close', () => this.#tunnels.delete(stream));
    const exchange = this.#parts.traffic.exchange(headOf(caller, true));
    passUpgrade({ caller, stream, head }, exchange, this.#parts.limits);
  }

  /** Source: RFC 9110 section 7.8: an upgrade that is not understood is an ordinary request. */
  #ignoreUpgrade(caller: IncomingMessage, stream: Duplex): void {
    const reply = new ServerResponse(caller);
    reply.shouldKeepAlive = false;
    // On a plain server it always is one.
    if (!(stream instanceof Socket)) {
      stream.destroy();
      return;
    }
    reply.assignSocket(stream);
    reply.on('finish', () => stream.end());
    // Its body, if it has one, stays in a connection that the parser has let go of.
    if (caller.headers['content-length'] === undefined) this.serve(caller, reply);
    else reply.writeHead(400).end();
  }
}

export async function listenHttp(at: ListenAt, parts: ProxyParts): Promise<ProxyListener> {
  const server = createServer(HTTP_OPTIONS);
  server.maxConnections = CONNECTIONS_MAX;
  // Node drops headers beyond a number in silence; their bytes are bounded anyway.
  server.maxHeadersCount = 0;
  const front = new HttpFront(parts);
  front.attach(server);
  // What node would have done with a connection is done once the fast lane lets go of it.
  const taking = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    front.lane(socket, (left) => {
      // Read by node for each connection: settings may have changed.
      server.timeout = parts.limits.idleTimeoutMs;
      for (const take of taking) take.call(server, left);
    });
  });
  const port = await listening(server, at);
  return {
    port,
    close: async (graceMs) => {
      front.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const look = setInterval(() => {
        server.closeIdleConnections();
        front.endIdle();
      }, CLOSING_LOOK_MS);
      const cut = setTimeout(() => {
        front.cut();
        server.closeAllConnections();
      }, graceMs);
      await closed;
      clearInterval(look);
      clearTimeout(cut);
    },
  };
}

function ignored(): void {
  // 'close' follows.
}

export function headOf(caller: Caller, upgrade: boolean): RequestHead {
  const { socket } = caller;
  return {
    method: caller.method ?? 'GET',
    target: caller.url ?? '/',
    headers: headersOf(caller),
    remoteAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    localPort: socket.localPort ?? 0,
    secure: 'encrypted' in socket,
    version: caller.httpVersion,
    upgrade,
  };
}

/** HTTP/2 names the host in a header of its own, and may split cookies. */
function headersOf(caller: Caller): readonly string[] {
  if (caller.httpVersionMajor !== 2) return caller.rawHeaders;
  const { ':authority': authority } = caller.headers;
  const out: string[] = [];
  for (let i = 0; i + 1 < caller.rawHeaders.length; i += 2) {
    const name = caller.rawHeaders[i] ?? '';
    const isTold = name === 'host' && authority !== undefined;
    if (name !== 'cookie' && !isTold) out.push(name, caller.rawHeaders[i + 1] ?? '');
  }
  const { cookie } = caller.headers;
  if (cookie !== undefined) out.push('cookie', cookie);
  if (typeof authority === 'string') out.push('host', authority);
  return out;
}

const LISTEN_FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: 'conflict',
  EACCES: 'denied',
  EADDRNOTAVAIL: 'invalid',
  ENOTFOUND: 'invalid',
};

/** Resolves to the port that is listened on. */
export async function listening(server: NetServer, { host, port }: ListenAt): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const fault = LISTEN_FAULTS[cause.code ?? ''] ?? 'unavailable';
      reject(new Failure(fault, `cannot listen on ${host}:${port}`, { cause }));
    };
    server.once('error', fail);
    server.listen({ host, port, backlog: BACKLOG_MAX }, () => {
      server.off('error', fail);
      // One connection that cannot be accepted must not end the others.
      server.on('error', () => undefined);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
