/**
 * Reads the head of a target's answer.
 *
 * A1: one strict reading: a line that HTTP does not know, a second length, a length beside a
 *     transfer coding, or a coding other than `chunked` make the whole answer malformed. So where
 *     its body ends is never a guess.
 *
 * Source: RFC 9112 sections 4, 5 and 6.
 */

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
  /** How long the target says it keeps an idle connection [ms]. */
  readonly keepsMs?: number;
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const DIGITS = /^\d{1,15}$/;

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
 * @param text without the empty line at its end
 * @param method of the request: an answer to HEAD has no body
 */
export function readAnswerHead(text: string, method: string): AnswerHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const start = STATUS_LINE.exec(first);
  const [, minor, digits, message = ''] = start ?? [];
  const status = Number(digits);
  if (start === null || status < 100 || CONTROL.test(message)) return undefined;
  const told: Told = {
    ...{ length: undefined, chunked: false, close: false, keepAlive: false, keepsMs: undefined },
  };
  const headers = readHeaders(lines, told);
  if (headers === undefined || (told.chunked && told.length !== undefined)) return undefined;
  const body = framingOf(status, method, told);
  const keeps = body !== 'close' && !told.close && (minor === '1' || told.keepAlive);
  return {
    ...{ status, message, headers, body, keeps },
    ...(told.keepsMs === undefined ? {} : { keepsMs: told.keepsMs }),
  };
}

function readHeaders(lines: readonly string[], told: Told): string[] | undefined {
  const headers: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !TOKEN.test(name) || CONTROL.test(line)) return undefined;
    const value = line.slice(colon + 1).trim();
    if (!note(told, name, value)) return undefined;
    headers.push(name, value);
  }
  return headers;
}

/** Takes note of a header that matters; false: it cannot stand. */
function note(told: Told, name: string, value: string): boolean {
  // By length first: most headers are none of these.
  switch (name.length) {
    case 10:
      return noteConnection(told, name.toLowerCase(), value);
    case 14: {
      if (name.toLowerCase() !== 'content-length') return true;
      if (told.length !== undefined || !DIGITS.test(value)) return false;
      told.length = Number(value);
      return true;
    }
    case 17: {
      if (name.toLowerCase() !== 'transfer-encoding') return true;
      if (told.chunked || value.toLowerCase() !== 'chunked') return false;
      told.chunked = true;
      return true;
    }
    default:
      return true;
  }
}

function noteConnection(told: Told, lower: string, value: string): boolean {
  if (lower === 'connection') {
    for (const word of value.toLowerCase().split(',')) {
      if (word.trim() === 'close') told.close = true;
      else if (word.trim() === 'keep-alive') told.keepAlive = true;
    }
  } else if (lower === 'keep-alive') {
    const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) told.keepsMs = Number(seconds) * 1_000;
  }
  return true;
}

function framingOf(status: number, method: string, { length, chunked }: Told): Framing {
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 0;
  return chunked ? 'chunked' : (length ?? 'close');
}
