/**
 * The TLS side: callers that ask for a server by name are passed on unread where a rule says so;
 * all others are decrypted here, with HTTP/2 and HTTP/1.1 behind it.
 */
import { createSecureServer } from 'node:http2';
import type { Server } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { readServerName } from '../../core/balancer/client-hello.ts';
import type { Certificate, ListenAt, ProxyListener } from '../../ports/balancer.ts';
import { HTTP_OPTIONS, HttpFront, listening, type ProxyParts } from './http-proxy.ts';
import {
  CLOSING_LOOK_MS,
  CONNECTIONS_MAX,
  HELLO_BYTES_MAX,
  HELLO_MS_MAX,
  STREAMS_MAX,
} from './limits.ts';
import { passTunnel } from './tcp-proxy.ts';

const TLS_VERSION_MIN = 'TLSv1.2';

export async function listenTls(
  at: ListenAt,
  parts: ProxyParts,
  certificates: (serverName: string) => Certificate | undefined,
): Promise<ProxyListener> {
  const contexts = new WeakMap<Certificate, SecureContext>();
  const contextOf = (serverName: string): SecureContext | undefined => {
    const certificate = certificates(serverName);
    if (certificate === undefined) return undefined;
    const known = contexts.get(certificate) ?? createSecureContext({ ...certificate });
    contexts.set(certificate, known);
    return known;
  };
  const secure = createSecureServer({
    ...HTTP_OPTIONS,
    allowHTTP1: true,
    minVersion: TLS_VERSION_MIN,
    settings: { maxConcurrentStreams: STREAMS_MAX, enablePush: false },
    handshakeTimeout: HELLO_MS_MAX,
    SNICallback: (serverName, done) => {
      try {
        done(null, contextOf(serverName));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  // A failed handshake is the caller's affair.
  secure.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  secure.on('sessionError', () => undefined);
  const front = new HttpFront(parts);
  front.attach(secure as unknown as Server);
  // As on a plain listener: node has what the fast lane lets go of, and all of HTTP/2.
  const taking = secure.listeners('secureConnection') as ((this: object, socket: Socket) => void)[];
  secure.removeAllListeners('secureConnection');
  secure.on('secureConnection', (socket: TLSSocket) => {
    const take = (left: Socket): void => {
      for (const each of taking) each.call(secure, left);
    };
    if (socket.alpnProtocol === 'h2') take(socket);
    else front.lane(socket, take);
  });
  /** Of callers that ask for no name, whom node asks nobody about. */
  let nameless: Certificate | undefined;
  const decrypt = (socket: Socket): void => {
    const certificate = certificates('');
    try {
      if (certificate !== nameless) {
        secure.setSecureContext({ ...certificate, minVersion: TLS_VERSION_MIN });
        nameless = certificate;
      }
      secure.emit('connection', socket);
    } catch {
      // What is no certificate is told where certificates are read.
      socket.destroy();
    }
  };
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    sort(socket, parts, () => decrypt(socket));
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listening(server, at);
  return { port, close: (graceMs) => close({ server, front, open }, graceMs) };
}

/** Reads who is asked for, puts it back, and decides who has the connection. */
function sort(socket: Socket, parts: ProxyParts, decrypt: () => void): void {
  let read = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), HELLO_MS_MAX);
  socket.on('close', () => clearTimeout(late));
  const take = (): void => {
    const piece = socket.read() as Buffer | null;
    if (piece === null) return;
    read = Buffer.concat([read, piece]);
    const name = readServerName(read);
    if (name === undefined && read.length < HELLO_BYTES_MAX) return;
    clearTimeout(late);
    socket.off('readable', take);
    socket.unshift(read);
    const tunnel = parts.traffic.tunnel({ serverName: name ?? '' }, socket.remoteAddress ?? '');
    if (tunnel === undefined) decrypt();
    else passTunnel(socket, tunnel, parts.limits);
  };
  socket.on('readable', take);
}

interface Open {
  readonly server: ReturnType<typeof createServer>;
  readonly front: HttpFront;
  readonly open: ReadonlySet<Socket>;
}

async function close({ server, front, open }: Open, graceMs: number): Promise<void> {
  front.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // HTTP/2 connections do not end by themselves: they are given the grace for their streams.
  const cut = setTimeout(
    () => {
      front.cut();
      for (const socket of open) socket.destroy();
    },
    Math.max(graceMs, CLOSING_LOOK_MS),
  );
  const look = setInterval(() => front.endIdle(), CLOSING_LOOK_MS);
  await closed;
  clearInterval(look);
  clearTimeout(cut);
}
