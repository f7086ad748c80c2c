/** The `HttpClient` port on undici, with ws for WebSockets. */
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { Failure } from '../../base/failure.ts';
import type { ClientSocket, HttpClient, HttpIncoming, HttpOutgoing } from '../../ports/http.ts';
import { CLIENT_CONNECTIONS_MAX, CONNECT_MS_MAX, SOCKET_MESSAGE_BYTES_MAX } from './limits.ts';
import { sendMessage, socketMessages } from './socket-messages.ts';

/**
 * A caller of one address.
 *
 * @param address `http://HOST:PORT`, `https://...`, or `unix:///PATH`
 *
 * Fails: `invalid` an address that is none of these.
 */
export function connectHttp(address: string): HttpClient {
  const { origin, socketPath } = parseAddress(address);
  const connect = {
    timeout: CONNECT_MS_MAX,
    ...(socketPath === undefined ? {} : { socketPath }),
  };
  const pool = new Pool(origin, {
    connections: CLIENT_CONNECTIONS_MAX,
    // A blocking query may say nothing for ten minutes and more.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
  });
  return {
    send: (request, signal) => send(pool, address, request, signal),
    open: (request, signal) => open({ origin, socketPath, address }, request, signal),
    close: () => pool.destroy(),
  };
}

function parseAddress(address: string): { origin: string; socketPath: string | undefined } {
  if (address.startsWith('unix://')) {
    return { origin: 'http://localhost', socketPath: address.slice('unix://'.length) };
  }
  const full = /^https?:\/\//.test(address) ? address : `http://${address}`;
  try {
    return { origin: new URL(full).origin, socketPath: undefined };
  } catch (cause) {
    throw new Failure('invalid', `"${address}" is not an address`, { cause });
  }
}

async function send(
  pool: Pool,
  address: string,
  request: HttpOutgoing,
  signal: AbortSignal | undefined,
): Promise<HttpIncoming> {
  try {
    const answer = await pool.request({
      method: request.method,
      path: request.path,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers as Readonly<Record<string, string | undefined>>,
      body: told(answer.body, address, signal),
    };
  } catch (cause) {
    throw cannotReach(address, cause, signal);
  }
}

async function* told(
  body: AsyncIterable<Uint8Array>,
  address: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw cannotReach(address, cause, signal);
  }
}

function cannotReach(address: string, cause: unknown, signal: AbortSignal | undefined): Failure {
  if (signal?.aborted === true) return new Failure('canceled', 'the request was given up');
  return new Failure('unavailable', `cannot reach the agent at ${address}`, { cause });
}

interface Target {
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly address: string;
}

function open(
  target: Target,
  request: Pick<HttpOutgoing, 'path' | 'headers'>,
  signal: AbortSignal | undefined,
): Promise<ClientSocket> {
  const base = target.origin.replace(/^http/, 'ws');
  const url =
    target.socketPath === undefined
      ? base + request.path
      : `ws+unix://${target.socketPath}:${request.path}`;
  const socket = new WebSocket(url, {
    headers: request.headers,
    handshakeTimeout: CONNECT_MS_MAX,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
  });
  const abort = (): void => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', abort));
  // Made before the socket opens, so that no early message is missed.
  const messages = socketMessages(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(opened(socket, messages)));
    socket.on('error', (cause) => reject(cannotReach(target.address, cause, signal)));
    socket.once('unexpected-response', (_, answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const status = answer.statusCode ?? 0;
        const text = Buffer.concat(chunks).toString('utf8').trim();
        const message = text === '' ? `unexpected response code: ${status}` : text;
        const fault = status === 404 ? 'not_found' : 'invalid';
        reject(new Failure(fault, message, { facts: { status } }));
        socket.terminate();
      });
    });
  });
}

function opened(socket: WebSocket, messages: AsyncIterable<string>): ClientSocket {
  return {
    messages,
    send: (text) => sendMessage(socket, text),
    close: () =>
      new Promise((resolve) => {
        if (socket.readyState === socket.CLOSED) {
          resolve();
          return;
        }
        socket.once('close', () => resolve());
        socket.close(1000);
      }),
  };
}
