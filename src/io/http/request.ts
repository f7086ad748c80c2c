/** Requests of node:http as the port has them. */
import type { IncomingMessage } from 'node:http';
import type { EventEmitter } from 'node:events';
import { Failure } from '../../base/failure.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { BODY_BYTES_MAX } from './limits.ts';

/** A request, and how to let go of what watches over it. */
export interface Incoming extends HttpRequest {
  release(): void;
}

/**
 * Wraps a request.
 *
 * @param peer closes when the sender goes away: the response, or the socket of an upgrade
 * @param open holds what is to be aborted when the listener closes
 */
export function incoming(
  message: IncomingMessage,
  peer: EventEmitter,
  open: Set<AbortController>,
): Incoming {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  peer.once('close', abort);
  open.add(gone);
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    params: {},
    headers: message.headers as Readonly<Record<string, string | undefined>>,
    remoteAddress: message.socket.remoteAddress ?? '',
    body: () => readBody(message),
    signal: gone.signal,
    release: () => {
      peer.off('close', abort);
      open.delete(gone);
    },
  };
}

async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('canceled', 'the request was broken off', { cause });
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function tooLarge(): Failure {
  const facts = { status: 413, limit: BODY_BYTES_MAX };
  return new Failure('exhausted', `request body is larger than ${BODY_BYTES_MAX} bytes`, { facts });
}
