/**
 * The `HttpClient` port on node:http, for a program that makes a few requests and ends: it is ready
 * in 6 ms of processor time, where the client for long-lived processes takes 120. WebSockets are
 * that client's, loaded when the first is opened.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Failure } from '../../base/failure.ts';
import type { HttpClient, HttpIncoming, HttpOutgoing } from '../../ports/http.ts';
import { CONNECT_MS_MAX } from './limits.ts';

/**
 * A caller of one address.
 *
 * @param address `http://HOST:PORT`, `https://...`, or `unix:///PATH`
 *
 * Fails: `invalid` an address that is none of these, at the first request.
 */
export function connectLight(address: string): HttpClient {
  let whole: Promise<HttpClient> | undefined;
  let transport: Promise<Transport> | undefined;
  return {
    send: async (request, signal) => {
      transport ??= loadTransport(address);
      return send(await transport, request, signal);
    },
    open: async (request, signal) => {
      whole ??= import('./client.ts').then(({ connectHttp }) => connectHttp(address));
      return (await whole).open(request, signal);
    },
    close: async () => {
      await (await whole)?.close();
      (await transport)?.close();
    },
  };
}

interface Transport {
  readonly address: string;
  request(options: RequestOptions): ClientRequest;
  close(): void;
}

/** Loads what the address needs; one connection is kept for the next request. */
async function loadTransport(address: string): Promise<Transport> {
  const unix = address.startsWith('unix://');
  const url = parseUrl(unix ? 'http://localhost' : address);
  const { Agent, request } =
    url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const agent = new Agent({ keepAlive: true });
  const at: RequestOptions = unix
    ? { socketPath: address.slice('unix://'.length) }
    : { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port };
  return {
    address,
    request: (options) => request({ ...at, ...options, agent }),
    close: () => agent.destroy(),
  };
}

function parseUrl(address: string): URL {
  try {
    const url = new URL(address);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Told below, as any other address that is none.
  }
  throw new Failure('invalid', `"${address}" is not an address`);
}

async function send(
  transport: Transport,
  { method, path, headers, body }: HttpOutgoing,
  signal: AbortSignal | undefined,
): Promise<HttpIncoming> {
  const { address } = transport;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, path, headers: withLength(headers, body) };
    const request = transport.request(signal === undefined ? options : { ...options, signal });
    // Silence is allowed once there is a connection: a blocking query may say nothing for minutes.
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      socket.setTimeout(CONNECT_MS_MAX, () =>
        request.destroy(new Error('connecting took too long')),
      );
      socket.once('connect', () => socket.setTimeout(0));
    });
    request.once('response', resolve);
    request.once('error', (cause) => {
      reject(cannotReach(address, cause, signal));
    });
    request.end(body);
  });
  return {
    status: message.statusCode ?? 0,
    headers: message.headers as Readonly<Record<string, string | undefined>>,
    body: told(message, address, signal),
  };
}

function withLength(
  headers: HttpOutgoing['headers'],
  body: string | Uint8Array | undefined,
): HttpOutgoing['headers'] {
  return body === undefined
    ? headers
    : {
        ...headers,
        'Content-Length': String(typeof body === 'string' ? Buffer.byteLength(body) : body.length),
      };
}

async function* told(
  message: AsyncIterable<Uint8Array>,
  address: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* message;
  } catch (cause) {
    throw cannotReach(address, cause, signal);
  }
}

function cannotReach(address: string, cause: unknown, signal: AbortSignal | undefined): Failure {
  if (signal?.aborted === true) return new Failure('canceled', 'the request was given up');
  return new Failure('unavailable', `cannot reach the agent at ${address}`, { cause });
}
