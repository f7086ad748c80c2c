/**
 * Reads a plain request: HTTP/1.1, one `Host`, no body, nothing about the connection beyond keeping
 * it, in one piece.
 *
 * P1: it says yes only to what every reader of HTTP reads alike; all else is for somebody else.
 *
 * Source: RFC 9112 sections 3 and 5.
 */

export interface PlainHead {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

const REQUEST_LINE = /^(GET|HEAD|OPTIONS|DELETE) ([\x21-\x7e]+) HTTP\/1\.1$/;
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** With any of these it is not plain. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'upgrade', 'expect', 'te', 'trailer'],
  ...['proxy-connection', 'http2-settings', 'keep-alive'],
]);
/** Longer heads are rare. */
const BYTES_MAX = 8_192;

/** Undefined: it is not plain, or not whole, or more came with it. */
export function readPlainHead(piece: Buffer): PlainHead | undefined {
  if (piece.length > BYTES_MAX || piece.length < 18) return undefined;
  const text = piece.toString('latin1');
  if (!text.endsWith('\r\n\r\n')) return undefined;
  const lines = text.slice(0, -4).split('\r\n');
  const start = REQUEST_LINE.exec(lines[0] ?? '');
  if (start === null) return undefined;
  const headers = plainHeaders(lines);
  if (headers === undefined) return undefined;
  const [, method = '', target = ''] = start;
  return { method, target, headers };
}

/** Of all lines but the first. */
function plainHeaders(lines: readonly string[]): readonly string[] | undefined {
  const headers: string[] = [];
  let hosts = 0;
  for (let i = 1; i < lines.length; i++) {
    // An empty line in the middle matches nothing: more came with it.
    const [, name = '', blanks = ''] = HEADER.exec(lines[i] ?? '') ?? [];
    const value = blanks.trimEnd();
    if (name === '' || !isPlain(name.toLowerCase(), value)) return undefined;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    headers.push(name, value);
  }
  return hosts === 1 ? headers : undefined;
}

function isPlain(name: string, value: string): boolean {
  if (name === 'connection') return value.toLowerCase() === 'keep-alive';
  return !NOT_PLAIN.has(name);
}
