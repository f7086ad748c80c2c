/**
 * Reads the header lines of a message: of callers and targets alike, by one strict reading.
 *
 * L1: a line is a name, a colon right behind it, and a value; the name is a token, the value has no
 *     control character but tabs. Anything else makes all of it unreadable.
 *
 * Source: RFC 9110 section 5, RFC 9112 section 5.
 */

/** What a character (Latin-1) may be part of. */
const NAME = 1;
const VALUE = 2;
const CLASSES = new Uint8Array(256);
for (let code = 0x20; code < 256; code++) if (code !== 0x7f) CLASSES[code] = VALUE;
CLASSES[9] = VALUE;
for (let code = 0x21; code < 0x7f; code++) {
  if (/[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(code))) CLASSES[code] = NAME | VALUE;
}
const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const COLON = 58;

/**
 * Names and values in turn, without the blanks around values; undefined: unreadable.
 *
 * @param from where the first line begins
 * @param end where the last one ends, before its line end
 */
export function readHeaderLines(text: string, from: number, end: number): string[] | undefined {
  const headers: string[] = [];
  let at = from;
  while (at < end) {
    const colon = endOf(NAME, text, at, end);
    if (colon === at || colon === end || text.charCodeAt(colon) !== COLON) return undefined;
    const stop = endOf(VALUE, text, colon + 1, end);
    headers.push(text.slice(at, colon), valueOf(text, colon + 1, stop));
    if (stop === end) return headers;
    const isEnded = text.charCodeAt(stop) === CR && text.charCodeAt(stop + 1) === LF;
    if (!isEnded || stop + 2 >= end) return undefined;
    at = stop + 2;
  }
  return headers;
}

/** The first place from there on that is not of the class. */
function endOf(kind: number, text: string, from: number, end: number): number {
  let at = from;
  while (at < end && ((CLASSES[text.charCodeAt(at)] ?? 0) & kind) !== 0) at += 1;
  return at;
}

function valueOf(text: string, from: number, end: number): string {
  let first = from;
  let last = end;
  while (first < last && isBlank(text.charCodeAt(first))) first += 1;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(first, last);
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}
