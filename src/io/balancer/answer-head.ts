/**
 * Reads the head of a target's answer.
 *
 * A1: one strict reading: a line that HTTP does not know, a second length, a length beside a
 *     transfer coding, or a coding other than `chunked` make the whole answer malformed. So where
 *     its body ends is never a guess.
 *
 * Source: RFC 9112 sections 4, 5 and 6.
 */
import { HeaderNames } from '../../core/balancer/header-names.ts';
import { readHeaderLines } from './header-lines.ts';

/** Bytes that follow; or how their end is found. */
export type Framing = number | 'chunked' | 'close';

export interface AnswerHead {
  readonly status: number;
  readonly message: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Framing;
  /** Whether the connection can take another request afterwards. */
  readonly keeps: boolean;
  /** How long the target says it keeps an idle connection [ms]; undefined: it does not say. */
  readonly keepsMs: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const DIGITS = /^\d{1,15}$/;
const NAMES = new HeaderNames<'connection' | 'keep-alive' | 'length' | 'coding'>([
  ['connection', 'connection'],
  ['keep-alive', 'keep-alive'],
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
]);

/** What the headers say of the connection and the body. */
interface Told {
  length: number | undefined;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  keepsMs: number | undefined;
}

/**
 * Undefined where it is malformed.
 *
 * @param end where it ends in the text: before the empty line
 * @param method of the request: an answer to HEAD has no body
 */
export function readAnswerHead(text: string, end: number, method: string): AnswerHead | undefined {
  const newline = text.indexOf('\r\n');
  const lineEnd = newline < 0 || newline > end ? end : newline;
  const start = readStatusLine(text.slice(0, lineEnd));
  const headers = readHeaderLines(text, lineEnd + 2, end);
  if (start === undefined || headers === undefined) return undefined;
  const told: Told = {
    length: undefined,
    chunked: false,
    close: false,
    keepAlive: false,
    keepsMs: undefined,
  };
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!note(told, headers[i] ?? '', headers[i + 1] ?? '')) return undefined;
  }
  if (told.chunked && told.length !== undefined) return undefined;
  const { status, message, minor } = start;
  const body = framingOf(status, method, told);
  const keeps = body !== 'close' && !told.close && (minor === 1 || told.keepAlive);
  return { status, message, headers, body, keeps, keepsMs: told.keepsMs };
}

interface StatusLine {
  readonly status: number;
  readonly message: string;
  /** Of the version, behind the point. */
  readonly minor: number;
}

/** What most answers begin with. */
const USUAL: StatusLine = { status: 200, message: 'OK', minor: 1 };

function readStatusLine(line: string): StatusLine | undefined {
  if (line === 'HTTP/1.1 200 OK') return USUAL;
  const [, minor, digits, message = ''] = STATUS_LINE.exec(line) ?? [];
  const status = Number(digits);
  return status >= 100 ? { status, message, minor: Number(minor) } : undefined;
}

/** Takes note of a header that matters; false: it cannot stand. */
function note(told: Told, name: string, value: string): boolean {
  switch (NAMES.get(name)) {
    case 'connection':
      noteConnection(told, value);
      return true;
    case 'keep-alive': {
      const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(value)?.[1];
      if (seconds !== undefined) told.keepsMs = Number(seconds) * 1_000;
      return true;
    }
    case 'length':
      if (told.length !== undefined || !DIGITS.test(value)) return false;
      told.length = Number(value);
      return true;
    case 'coding':
      if (told.chunked || value.toLowerCase() !== 'chunked') return false;
      told.chunked = true;
      return true;
    case undefined:
      return true;
  }
}

function noteConnection(told: Told, value: string): void {
  if (value === 'keep-alive') {
    told.keepAlive = true;
    return;
  }
  for (const word of value.toLowerCase().split(',')) {
    if (word.trim() === 'close') told.close = true;
    else if (word.trim() === 'keep-alive') told.keepAlive = true;
  }
}

function framingOf(status: number, method: string, { length, chunked }: Told): Framing {
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 0;
  return chunked ? 'chunked' : (length ?? 'close');
}
