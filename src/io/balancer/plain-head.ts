/**
 * Reads a plain request: HTTP/1.1, one `Host`, no body, nothing about the connection beyond keeping
 * it, in one piece.
 *
 * P1: it says yes only to what every reader of HTTP reads alike; all else is for somebody else.
 *
 * Source: RFC 9112 sections 3 and 5.
 */
import { HeaderNames } from '../../core/balancer/header-names.ts';
import { readHeaderLines } from './header-lines.ts';

export interface PlainHead {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'DELETE'];
const AFTER_TARGET = ' HTTP/1.1\r\n';
const END = '\r\n\r\n';
/** With any of these it is not plain. */
const NOT_PLAIN: readonly string[] = [
  ...['content-length', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer'],
  ...['proxy-connection', 'http2-settings', 'keep-alive'],
];
const NAMES = new HeaderNames<'host' | 'connection' | 'not-plain'>([
  ['host', 'host'],
  ['connection', 'connection'],
  ...NOT_PLAIN.map((name) => [name, 'not-plain'] as const),
]);
/** Longer heads are rare. */
const BYTES_MAX = 8_192;

/** Undefined: it is not plain, or not whole, or more came with it. */
export function readPlainHead(piece: Buffer): PlainHead | undefined {
  if (piece.length > BYTES_MAX) return undefined;
  const text = piece.toString('latin1');
  const method = METHODS.find((each) => text.startsWith(each));
  if (method === undefined || !text.endsWith(END)) return undefined;
  const from = method.length + 1;
  const end = endOfTarget(text, from);
  const isOne = text.charCodeAt(from - 1) === BLANK && end > from;
  if (!isOne || !text.startsWith(AFTER_TARGET, end)) return undefined;
  // An empty line in the middle is no header: more came with it.
  const headers = readHeaderLines(text, end + AFTER_TARGET.length, text.length - END.length);
  if (headers === undefined || !isPlain(headers)) return undefined;
  return { method, target: text.slice(from, end), headers };
}

const BLANK = 32;
const DELETE = 127;

function endOfTarget(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= BLANK || code >= DELETE) break;
  }
  return at;
}

function isPlain(headers: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < headers.length; i += 2) {
    switch (NAMES.get(headers[i] ?? '')) {
      case 'not-plain':
        return false;
      case 'connection':
        if (headers[i + 1]?.toLowerCase() !== 'keep-alive') return false;
        break;
      case 'host':
        hosts += 1;
        break;
      case undefined:
    }
  }
  return hosts === 1;
}
