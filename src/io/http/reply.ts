/** Sends answers: compressed where the sender takes it, streams as fast as their reader reads. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { HttpReply } from '../../ports/http.ts';
import { GZIP_BYTES_MIN, STALLED_READER_MS } from './limits.ts';

const compress = promisify(gzip);

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

/** Sends one answer; resolves when its last byte was handed on, or its reader is gone. */
export async function sendReply(reply: HttpReply, exchange: Exchange): Promise<void> {
  const { message, response } = exchange;
  // What was not read of the body must not be taken for the next request.
  if (!message.complete) response.setHeader('Connection', 'close');
  if (typeof reply.body === 'string' || reply.body instanceof Uint8Array) {
    await sendWhole(reply, Buffer.from(reply.body as string), exchange);
  } else {
    await sendStream(reply, reply.body, exchange);
  }
}

async function sendWhole(reply: HttpReply, body: Buffer, exchange: Exchange): Promise<void> {
  const { message, response } = exchange;
  const headers: Record<string, string | number> = { ...reply.headers };
  let bytes = body;
  if (body.length >= GZIP_BYTES_MIN) {
    headers['Vary'] = 'Accept-Encoding';
    if (acceptsGzip(message)) {
      bytes = await compress(body, { level: constants.Z_BEST_SPEED });
      headers['Content-Encoding'] = 'gzip';
    }
  }
  headers['Content-Length'] = bytes.length;
  response.writeHead(reply.status, headers);
  response.end(message.method === 'HEAD' ? undefined : bytes);
}

async function sendStream(
  reply: HttpReply,
  body: AsyncIterable<Uint8Array | string>,
  { message, response, signal }: Exchange,
): Promise<void> {
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
