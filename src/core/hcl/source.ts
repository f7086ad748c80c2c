/**
 * Text with positions: what every message about a configuration file points into.
 *
 * P1: offsets inside the parser count UTF-16 units; lines, columns and bytes are worked out only
 * for what is shown to somebody.
 * P2: a column is one character as a person sees it (a grapheme cluster), a byte is one of UTF-8.
 */

/** A place in a file. `line` and `column` count from 1, `byte` from 0. */
export type Position = Readonly<{ line: number; column: number; byte: number }>;

/** A stretch of a file, `end` exclusive. Rendered as `file:line,col-col`. */
export type Range = Readonly<{ file: string; start: Position; end: Position }>;

/** A stretch of a source in UTF-16 offsets, `end` exclusive: the cheap form, kept in the tree. */
export type Span = Readonly<{ source: Source; start: number; end: number }>;

/** One text to parse, with its name and, made when first asked for, the table of its lines. */
export class Source {
  readonly name: string;
  readonly text: string;
  readonly #origin: Span | undefined;
  #lines: LineTable | undefined;

  /**
   * @param origin where this text was taken from, if it has no positions of its own (the decoded
   *   text of a JSON string): all its ranges are then those of the origin.
   */
  constructor(name: string, text: string, origin?: Span) {
    this.name = name;
    // A byte order mark says nothing in UTF-8; editors on some systems write one all the same.
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#origin = origin;
  }

  /** The span from `start` to `end`. */
  span(start: number, end: number): Span {
    return { source: this, start, end };
  }

  /** The printable range of a span of this source. */
  range(start: number, end: number): Range {
    if (this.#origin !== undefined) return toRange(this.#origin);
    return { file: this.name, start: this.position(start), end: this.position(end) };
  }

  /** Line, column and byte of an offset. */
  position(offset: number): Position {
    const lines = (this.#lines ??= tableLines(this.text));
    const index = lineAt(lines.starts, offset);
    const start = lines.starts[index] ?? 0;
    if (lines.ascii) return { line: index + 1, column: offset - start + 1, byte: offset };
    const before = this.text.slice(start, offset);
    const byte = (lines.bytes[index] ?? 0) + utf8Length(before);
    return { line: index + 1, column: countCharacters(before) + 1, byte };
  }

  /** The text of a line (counted from 1) without its newline; undefined past the end. */
  line(line: number): string | undefined {
    if (this.#origin !== undefined) return this.#origin.source.line(line);
    const lines = (this.#lines ??= tableLines(this.text));
    const start = lines.starts[line - 1];
    if (start === undefined) return undefined;
    const end = lines.starts[line] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }
}

/** The printable range of a span. */
export function toRange(span: Span): Range {
  return span.source.range(span.start, span.end);
}

/** The span that begins where `first` does and ends where `last` does. Both of one source. */
export function between(first: Span, last: Span): Span {
  return { source: first.source, start: first.start, end: Math.max(last.end, first.start) };
}

/** The text that a span covers. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

type LineTable = Readonly<{ ascii: boolean; starts: readonly number[]; bytes: readonly number[] }>;

function tableLines(text: string): LineTable {
  const ascii = /^[\u0000-\u007f]*$/.test(text);
  const starts = [0];
  const bytes = [0];
  let byte = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (!ascii) byte += utf8Length(text.slice(starts[starts.length - 1], at + 1));
    starts.push(at + 1);
    bytes.push(byte);
  }
  return { ascii, starts, bytes };
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The number of bytes that a text has in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    // Each half of a surrogate pair counts two: four for the pair.
    else length += code >= 0xd800 && code <= 0xdfff ? 2 : 3;
  }
  return length;
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many characters a reader sees in a text (grapheme clusters). */
export function countCharacters(text: string): number {
  if (/^[\x20-\x7e\t]*$/.test(text)) return text.length;
  let count = 0;
  for (const segment of characters.segment(text)) count += segment.segment === '' ? 0 : 1;
  return count;
}
