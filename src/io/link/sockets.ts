/**
 * The `LinkSockets` port on WebSockets.
 *
 * WS1: whoever has not proved itself sends little, is one of few, and is let go first.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { Failure, type Fault } from '../../base/failure.ts';
import { formatAgentAddress } from '../../core/link/address.ts';
import { isFrame, type Frame } from '../../core/link/frame.ts';
import {
  LINK_FRAME_BYTES_MAX,
  LINK_HELLO_BYTES_MAX,
  LINK_SEND_BYTES_MAX,
  LINK_SESSIONS_MAX,
  LINK_STRANGERS_MAX,
} from '../../core/limits.ts';
import type {
  LinkAddress,
  LinkListener,
  LinkSocket,
  LinkSocketListener,
  LinkSockets,
} from '../../ports/link.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';

/** Time to connect and to be let in as a WebSocket; a machine that is there takes milliseconds. */
const CONNECT_MS_MAX = 5_000;
/** Of the close frame; a peer that does not answer it is cut off [ms]. */
const CLOSE_MS_MAX = 1_000;
/** Bytes of words that a close frame holds. Source: RFC 6455 section 5.5. */
const CLOSE_WORDS_MAX = 120;
/** Connections that wait to be accepted: a fleet's clients come back at once. */
const BACKLOG_MAX = 4_096;
const PATH = '/v1/link';

export const systemLinkSockets: LinkSockets = { dial, listen };

function dial(at: LinkAddress, signal: AbortSignal): Promise<LinkSocket> {
  const name = formatAgentAddress(at);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Failure('canceled', `gave up dialling ${name}`));
      return;
    }
    const socket = new WebSocket(`ws://${name}${PATH}`, {
      maxPayload: LINK_FRAME_BYTES_MAX,
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_MS_MAX,
      followRedirects: false,
    });
    let connection: Socket | undefined;
    const giveUp = (): void => socket.terminate();
    const fail = (cause: unknown): void => {
      signal.removeEventListener('abort', giveUp);
      reject(
        signal.aborted
          ? new Failure('canceled', `gave up dialling ${name}`)
          : new Failure('unavailable', `cannot reach the agent at ${name}`, { cause }),
      );
    };
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('upgrade', (response) => (connection = response.socket));
    socket.once('error', fail);
    socket.once('open', () => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', fail);
      connection?.setNoDelay(true);
      resolve(new WebSocketLink(socket, connection, name));
    });
  });
}

async function listen(
  at: LinkAddress,
  accept: (socket: LinkSocket) => void,
): Promise<LinkListener> {
  const open = new Set<WebSocketLink>();
  let strangers = 0;
  const server = new WebSocketServer({
    ...{ host: at.host, port: at.port, path: PATH, backlog: BACKLOG_MAX },
    maxPayload: LINK_FRAME_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
    verifyClient: () => strangers < LINK_STRANGERS_MAX && open.size < LINK_SESSIONS_MAX,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(at, error)));
    server.once('listening', resolve);
  });
  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    request.socket.setNoDelay(true);
    const link = new WebSocketLink(
      socket,
      request.socket,
      formatAgentAddress({ host: remoteAddress, port: remotePort }),
    );
    open.add(link);
    strangers += 1;
    link.onTrust = () => (strangers -= 1);
    socket.once('close', () => {
      open.delete(link);
      if (!link.isTrusted) strangers -= 1;
    });
    accept(link);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: at.host,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of open) link.close('the agent stops');
      await closed;
    },
  };
}

class WebSocketLink implements LinkSocket {
  readonly remote: string;
  readonly #socket: WebSocket;
  readonly #connection: Socket | undefined;
  readonly #countStranger: (chunk: Buffer) => void;
  #listener: LinkSocketListener | undefined;
  /** What came before anybody listened. */
  #early: Frame[] = [];
  #bytesOfStranger = 0;
  #why = '';
  #cut: NodeJS.Timeout | undefined;
  isTrusted = false;
  onTrust: () => void = () => undefined;

  constructor(socket: WebSocket, connection: Socket | undefined, remote: string) {
    this.#socket = socket;
    this.#connection = connection;
    this.remote = remote;
    this.#countStranger = (chunk) => {
      this.#bytesOfStranger += chunk.length;
      if (this.#bytesOfStranger > LINK_HELLO_BYTES_MAX) this.close('too long a greeting');
    };
    connection?.on('data', this.#countStranger);
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    // A broken connection ends in 'close', too.
    socket.on('error', (error) => (this.#why ||= error.message));
    socket.on('close', (code, reason) => {
      clearTimeout(this.#cut);
      const words = reason.toString('utf8');
      this.#listener?.closed(this.#why || words || `the other side closed it (${code})`);
    });
  }

  listen(listener: LinkSocketListener): void {
    this.#listener = listener;
    for (const frame of this.#early.splice(0)) listener.frame(frame);
    if (this.#socket.readyState === WebSocket.CLOSED) listener.closed(this.#why || 'it was closed');
  }

  send(frame: Frame): void {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > LINK_SEND_BYTES_MAX) {
      this.close('the other side takes too little of what it asked for');
      return;
    }
    socket.send(encodeFrame(frame));
  }

  trust(): void {
    if (this.isTrusted) return;
    this.isTrusted = true;
    this.#connection?.off('data', this.#countStranger);
    this.onTrust();
  }

  close(why: string): void {
    const socket = this.#socket;
    if (socket.readyState >= WebSocket.CLOSING) return;
    this.#why ||= why;
    socket.close(1000, wordsOf(why));
    this.#cut = setTimeout(() => socket.terminate(), CLOSE_MS_MAX);
  }

  #take(data: RawData, isBinary: boolean): void {
    if (!isBinary || !(data instanceof Uint8Array)) {
      this.close('text instead of frames');
      return;
    }
    // What was under way when the connection was ended counts for nothing.
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const frame = decodeFrame(data);
    if (!isFrame(frame)) this.close(frame.problem);
    else if (this.#listener === undefined) this.#early.push(frame);
    else this.#listener.frame(frame);
  }
}

function wordsOf(why: string): string {
  return Buffer.from(why)
    .subarray(0, CLOSE_WORDS_MAX)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
}

const LISTEN_FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: 'conflict',
  EACCES: 'denied',
  EADDRNOTAVAIL: 'invalid',
  ENOTFOUND: 'invalid',
};

function cannotListen(at: LinkAddress, cause: NodeJS.ErrnoException): Failure {
  const fault = LISTEN_FAULTS[cause.code ?? ''] ?? 'unavailable';
  return new Failure(fault, `cannot listen on ${formatAgentAddress(at)}`, { cause });
}
