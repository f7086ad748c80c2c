/** The `DnsSockets` port on node:dgram and node:net. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { Failure, type Fault } from '../../base/failure.ts';
import type { SocketAddress } from '../../core/dns/settings.ts';
import type { AnswerDns, DnsListener, DnsSockets } from '../../ports/dns.ts';
import { exchange } from './exchange.ts';
import { FREE_PORT_ATTEMPTS, TCP_CONNECTIONS_MAX, UDP_RECEIVE_BYTES } from './limits.ts';
import { serveConnection } from './tcp.ts';

export const systemDnsSockets: DnsSockets = { listen, exchange };

async function listen(at: SocketAddress, answer: AnswerDns): Promise<DnsListener> {
  for (let attempt = 1; ; attempt++) {
    const udp = await listenUdp(at, answer);
    const { address: host, port } = udp.address();
    try {
      return listener({ host, port }, udp, await listenTcp({ host, port }, answer));
    } catch (error) {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      // The free port that the system chose for UDP may be taken for TCP.
      const isTaken = error instanceof Failure && error.fault === 'conflict';
      if (at.port !== 0 || !isTaken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

interface TcpListener {
  readonly server: Server;
  readonly open: ReadonlySet<Socket>;
}

function listener(at: SocketAddress, udp: UdpSocket, { server, open }: TcpListener): DnsListener {
  const failed = new Promise<never>((_, reject) => {
    const fail = (cause: unknown): void => {
      reject(new Failure('unavailable', `cannot listen on ${named(at)} any longer`, { cause }));
    };
    // Errors of sending go to their callbacks; what comes here is the socket's own end.
    udp.on('error', fail);
    server.on('error', fail);
  });
  // Whoever does not wait for it must not be ended by it.
  failed.catch(() => undefined);
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => udp.close(() => resolve())),
      new Promise<void>((resolve) => server.close(() => resolve())),
    ]);
  };
  return { ...at, failed, close };
}

function listenUdp(at: SocketAddress, answer: AnswerDns): Promise<UdpSocket> {
  const socket = createSocket({
    type: at.host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: UDP_RECEIVE_BYTES,
    // Senders are addresses already: without this each answer would pass the resolver's queue.
    lookup: (host, _, callback) => callback(null, host, host.includes(':') ? 6 : 4),
  });
  socket.on('message', (message, { address, port }) => {
    // Nobody can be answered there, although a forged packet may say so.
    if (port === 0) return;
    const send = (reply: Uint8Array | undefined): void => {
      // Whether it arrived is the asker's affair; one who is gone is nobody's fault.
      if (reply !== undefined) socket.send(reply, port, address, ignore);
    };
    const reply = answer(message, 'udp');
    if (!(reply instanceof Promise)) send(reply);
    else {
      reply.then((late) => {
        if (isOpen(socket)) send(late);
      }, ignore);
    }
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(cannotListen(at, cause));
    socket.once('error', fail);
    socket.bind(at.port, at.host, () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** After its end, its address is asked for in vain. */
function isOpen(socket: UdpSocket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}

function listenTcp(at: SocketAddress, answer: AnswerDns): Promise<TcpListener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serveConnection(socket, answer);
  });
  server.maxConnections = TCP_CONNECTIONS_MAX;
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(cannotListen(at, cause));
    server.once('error', fail);
    server.listen(at.port, at.host, () => {
      server.off('error', fail);
      resolve({ server, open });
    });
  });
}

function cannotListen(at: SocketAddress, cause: NodeJS.ErrnoException): Failure {
  const fault = LISTEN_FAULTS[cause.code ?? ''] ?? 'unavailable';
  return new Failure(fault, `cannot listen for DNS on ${named(at)}`, { cause });
}

function named({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function ignore(): void {
  // Sending failed, or what does not happen: see where it is handed over.
}

const LISTEN_FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: 'conflict',
  EACCES: 'denied',
  EADDRNOTAVAIL: 'invalid',
  ENOTFOUND: 'invalid',
  EINVAL: 'invalid',
};
