/** The `GossipSockets` port on node:dgram and node:net. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { explain, Failure, type Fault } from '../../base/failure.ts';
import { addressText, type Address } from '../../core/gossip/address.ts';
import type { StreamMessage } from '../../core/gossip/wire/stream.ts';
import type {
  GossipHearer,
  GossipSettings,
  GossipSocket,
  GossipSockets,
} from '../../ports/gossip.ts';
import { DROPPED_EVERY_MS, EXCHANGES_MAX, FREE_PORT_ATTEMPTS } from './limits.ts';
import { RECEIVE_BYTES, STREAMS_MAX, UNSENT_BYTES_MAX } from './limits.ts';
import { open, seal, withLabel, withoutLabel } from './seal.ts';
import { readStream, streamBytes } from './streams.ts';

export const systemGossipSockets: GossipSockets = { listen, resolve };

async function listen(settings: GossipSettings, hearer: GossipHearer): Promise<GossipSocket> {
  for (let attempt = 1; ; attempt++) {
    const udp = await bindUdp(settings.at);
    const { address: host, port } = udp.address();
    const server = createServer({ pauseOnConnect: true });
    try {
      await bindTcp(server, { host, port });
      return new Listening({ ...settings, at: { host, port } }, hearer, { udp, server });
    } catch (error) {
      await new Promise<void>((done) => udp.close(() => done()));
      // The free port that the system chose for packets may be taken for streams.
      const isTaken = error instanceof Failure && error.fault === 'conflict';
      if (settings.at.port !== 0 || !isTaken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

async function resolve(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new Failure('not_found', `no address is known of "${host}"`, { cause });
  }
}

class Listening implements GossipSocket {
  readonly at: Address;
  readonly failed: Promise<never>;
  readonly #settings: GossipSettings;
  readonly #hearer: GossipHearer;
  readonly #udp: UdpSocket;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #asking = new Map<number, Socket>();
  #connections = 0;
  #exchanges = 0;
  #dropped = 0;
  #toldAt = -DROPPED_EVERY_MS;
  #isClosed = false;

  constructor(
    settings: GossipSettings,
    hearer: GossipHearer,
    { udp, server }: { readonly udp: UdpSocket; readonly server: Server },
  ) {
    this.at = settings.at;
    this.#settings = settings;
    this.#hearer = hearer;
    this.#udp = udp;
    this.#server = server;
    this.failed = new Promise<never>((_, reject) => {
      const fail = (cause: unknown): void => {
        const why = `cannot listen for gossip on ${addressText(this.at)} any longer`;
        reject(new Failure('unavailable', why, { cause }));
      };
      udp.on('error', fail);
      server.on('error', fail);
    });
    // Whoever does not wait for it must not be ended by it.
    this.failed.catch(() => undefined);
    udp.on('message', (bytes, { address, port }) => this.#packet(bytes, { host: address, port }));
    server.on('connection', (socket) => this.#connection(socket));
  }

  send(to: Address, bytes: Uint8Array): void {
    if (this.#isClosed || to.port === 0) return;
    if (this.#udp.getSendQueueSize() > UNSENT_BYTES_MAX) return;
    const { label, keys } = this.#settings;
    const ring = keys();
    const sealed = ring.length > 0 ? seal(ring, bytes, Buffer.from(label)) : bytes;
    this.#udp.send(withLabel(label, sealed), to.port, to.host, ignore);
  }

  async exchange(to: Address, bytes: Uint8Array): Promise<StreamMessage> {
    if (this.#exchanges >= EXCHANGES_MAX) {
      throw new Failure('exhausted', `more than ${EXCHANGES_MAX} streams are open`);
    }
    this.#exchanges++;
    const socket = connect({ host: to.host, port: to.port });
    this.#keep(socket);
    try {
      socket.write(streamBytes(this.#settings, bytes));
      return await readStream(socket, this.#settings);
    } finally {
      this.#exchanges--;
      socket.destroy();
    }
  }

  answer(connection: number, bytes: Uint8Array): void {
    const socket = this.#asking.get(connection);
    this.#asking.delete(connection);
    if (socket?.writable === true) socket.end(streamBytes(this.#settings, bytes));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#open) socket.destroy();
    await Promise.all([
      new Promise<void>((done) => this.#udp.close(() => done())),
      new Promise<void>((done) => this.#server.close(() => done())),
    ]);
  }

  #packet(bytes: Uint8Array, from: Address): void {
    if (from.port === 0) return;
    try {
      const { label, keys } = this.#settings;
      const sealed = withoutLabel(label, bytes);
      if (sealed === undefined) throw new Failure('invalid', 'it ends in its label');
      const ring = keys();
      const opened = ring.length > 0 ? open(ring, sealed, Buffer.from(label)) : sealed;
      this.#hearer.onPacket(opened, from);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#drop(`a packet of ${addressText(from)}: ${error.message}`);
    }
  }

  #connection(socket: Socket): void {
    this.#keep(socket);
    const connection = this.#connections++;
    const from = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const { streamTimeoutMs } = this.#settings;
    // Also of an answer that is not taken.
    socket.setTimeout(streamTimeoutMs, () => socket.destroy());
    socket.once('close', () => this.#asking.delete(connection));
    readStream(socket, this.#settings)
      .then((message) => {
        if (this.#isClosed) return;
        this.#asking.set(connection, socket);
        this.#hearer.onStream(connection, from, message);
        // What asks for no answer has none.
        if (this.#asking.delete(connection)) socket.end();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        this.#drop(`a stream of ${addressText(from)}: ${explain(error)}`);
      });
    socket.resume();
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', ignore);
    socket.once('close', () => this.#open.delete(socket));
  }

  #drop(why: string): void {
    this.#dropped++;
    const now = performance.now();
    if (this.#isClosed || now - this.#toldAt < DROPPED_EVERY_MS) return;
    this.#toldAt = now;
    const others = this.#dropped > 1 ? ` (the last of ${this.#dropped})` : '';
    this.#dropped = 0;
    this.#hearer.onDropped(`dropped ${why}${others}`);
  }
}

function bindUdp(at: Address): Promise<UdpSocket> {
  const socket = createSocket({
    type: at.host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BYTES,
    // Hosts are addresses already: without this each packet would pass the resolver's queue.
    lookup: (host, _, callback) => callback(null, host, host.includes(':') ? 6 : 4),
  });
  return new Promise((done, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(cannotListen(at, cause));
    socket.once('error', fail);
    socket.bind(at.port, at.host, () => {
      socket.off('error', fail);
      done(socket);
    });
  });
}

function bindTcp(server: Server, at: Address): Promise<void> {
  server.maxConnections = STREAMS_MAX;
  return new Promise((done, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(cannotListen(at, cause));
    server.once('error', fail);
    server.listen(at.port, at.host, () => {
      server.off('error', fail);
      done();
    });
  });
}

function cannotListen(at: Address, cause: NodeJS.ErrnoException): Failure {
  const fault = LISTEN_FAULTS[cause.code ?? ''] ?? 'unavailable';
  return new Failure(fault, `cannot listen for gossip on ${addressText(at)}`, { cause });
}

function ignore(): void {
  // Of a packet nobody is told; of a stream its reader is.
}

const LISTEN_FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: 'conflict',
  EACCES: 'denied',
  EADDRNOTAVAIL: 'invalid',
  ENOTFOUND: 'invalid',
  EINVAL: 'invalid',
};
