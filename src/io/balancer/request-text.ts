/** A request as it goes to a target, and which of its caller's bytes are its body. */
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Attempt } from '../../ports/balancer.ts';

export type Caller = IncomingMessage | Http2ServerRequest;

/** Beyond Latin-1 a character would be written as another one, perhaps as the end of a line. */
const UNSENDABLE = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/**
 * The head with its blank line; undefined where it holds what no head may.
 *
 * @param chunked the end of the body is marked in it, since nobody said its length
 */
export function requestText(
  method: string,
  attempt: Attempt,
  chunked: boolean,
): string | undefined {
  const { path, headers } = attempt;
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  }
  text += chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
  return UNSENDABLE.test(text) ? undefined : text;
}

export function hasBody(caller: Caller): boolean {
  if ('stream' in caller && caller.httpVersionMajor === 2) return !caller.complete;
  const { headers } = caller;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}

/** Whether the body's end has to be marked, since nobody said its length. */
export function isChunked(caller: Caller): boolean {
  return caller.headers['content-length'] === undefined;
}
