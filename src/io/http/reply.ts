/** Sends answers: compressed where the sender takes it, streams as fast as their reader reads. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Soon } from '../../base/soon.ts';
import type { HttpReply } from '../../ports/http.ts';
import { GZIP_BYTES_MIN, STALLED_READER_MS } from './limits.ts';

const compress = promisify(gzip);

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: { readonly signal: AbortSignal };
}

/** Sends one answer; resolves when its last byte was handed on, or its reader is gone. */
export function sendReply(reply: HttpReply, exchange: Exchange): Soon<void> {
  const { message, response } = exchange;
  // Nobody reads to the end what was refused.
  if (!message.complete && hasBody(message)) response.setHeader('Connection', 'close');
  const { body } = reply;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    return sendStream(reply, body, exchange);
  }
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (size >= GZIP_BYTES_MIN) return sendLarge(reply, bytesOf(body), exchange);
  sendWhole(reply, { body, size }, exchange);
}

/** A request is told of before its end has come, even one that ends with its headers. */
function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Without copying what is bytes already. */
function bytesOf(body: string | Uint8Array): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function sendLarge(reply: HttpReply, plain: Buffer, exchange: Exchange): Soon<void> {
  const headers = { ...reply.headers, Vary: 'Accept-Encoding' };
  if (!acceptsGzip(exchange.message)) {
    sendWhole({ ...reply, headers }, { body: plain, size: plain.length }, exchange);
    return;
  }
  const packed = { ...reply, headers: { ...headers, 'Content-Encoding': 'gzip' } };
  return compress(plain, { level: constants.Z_BEST_SPEED }).then((body) => {
    sendWhole(packed, { body, size: body.length }, exchange);
  });
}

/** A text goes out in one write with its headers, at two thirds of the cost of bytes. */
function sendWhole(
  reply: HttpReply,
  { body, size }: { readonly body: string | Uint8Array; readonly size: number },
  { message, response }: Exchange,
): void {
  response.writeHead(reply.status, { ...reply.headers, 'Content-Length': size });
  response.end(message.method === 'HEAD' ? undefined : body);
}

async function sendStream(
  reply: HttpReply,
  body: AsyncIterable<Uint8Array | string>,
  { message, response, request }: Exchange,
): Promise<void> {
  const { signal } = request;
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  if (message.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    for await (const chunk of body) {
      if (signal.aborted) break;
      if (chunk.length > 0 && !response.write(chunk)) await drained(response, signal);
    }
    response.end();
  } catch {
    // The status is out already: a broken connection is the only way left to tell.
    response.destroy();
  }
}

/** Waits until the reader has taken what is buffered; one that takes nothing is cut off. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), STALLED_READER_MS);
    const done = (): void => {
      clearTimeout(stalled);
      response.off('drain', done);
      response.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function acceptsGzip(message: IncomingMessage): boolean {
  const accepted = message.headers['accept-encoding'] ?? '';
  const wanted = /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/;
  return wanted.test(accepted);
}
