/** Requests of node:http as the port has them. */
import type { IncomingMessage } from 'node:http';
import type { EventEmitter } from 'node:events';
import { Failure } from '../../base/failure.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { BODY_BYTES_MAX } from './limits.ts';

/** A request, and how to let go of what watches over it. */
export interface Incoming extends HttpRequest {
  params: Readonly<Record<string, string>>;
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
  open: Set<Abortable>,
): Incoming {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  // Made at its first use: most requests are answered before anybody could give up on them.
  let gone: AbortController | undefined;
  let isGone = false;
  const abort = (): void => {
    isGone = true;
    gone?.abort();
  };
  const abortable = { abort };
  peer.once('close', abort);
  open.add(abortable);
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    params: NO_PARAMS,
    headers: message.headers as Readonly<Record<string, string | undefined>>,
    get remoteAddress() {
      return message.socket.remoteAddress ?? '';
    },
    get signal() {
      gone ??= new AbortController();
      if (isGone) gone.abort();
      return gone.signal;
    },
    body: () => readBody(message),
    release: () => {
      peer.off('close', abort);
      open.delete(abortable);
    },
  };
}

const NO_PARAMS: Readonly<Record<string, string>> = {};

/** What can be told that nobody waits for it any more. */
export interface Abortable {
  abort(): void;
}

function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > BODY_BYTES_MAX) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const broken = (cause?: unknown): void => {
      reject(new Failure('canceled', 'the request was broken off', { cause }));
    };
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_BYTES_MAX) {
        message.pause();
        reject(tooLarge());
      } else {
        chunks.push(chunk);
      }
    });
    message.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    message.on('error', broken);
    message.on('close', () => {
      if (!message.complete) broken();
    });
  });
}

function tooLarge(): Failure {
  const facts = { status: 413, limit: BODY_BYTES_MAX };
  return new Failure('exhausted', `request body is larger than ${BODY_BYTES_MAX} bytes`, { facts });
}
