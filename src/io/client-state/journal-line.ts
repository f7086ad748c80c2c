/**
 * The lines of a client's journal: `CRC put NAME CONTENT` and `CRC cut NAME`, the CRC in eight
 * hexadecimal digits, over what follows it.
 *
 * JL1: a line is read as what was written, or as damaged: never as something else.
 * JL2: what follows the last line break was not written to its end, and so was acknowledged to
 *      nobody.
 */
import { crc32 } from 'node:zlib';

/** What a line does to the state. */
export type JournalLine =
  | Readonly<{
      do: 'put';
      name: string;
      /** Of the content, from the line's start. */ skip: number;
    }>
  /** Also everything below the name. */
  | Readonly<{ do: 'cut'; name: string }>
  /** `name` is what it seems to be about; undefined: not even that can be told. */
  | Readonly<{ do: 'damaged'; name: string | undefined }>;

/** A line and where it lies, its line break included [bytes]. */
export type PlacedLine = Readonly<{ line: JournalLine; at: number; length: number }>;

const BREAK = 0x0a;
const CRC_LENGTH = 9;

/** @param content one line of text */
export function putLine(name: string, content: Uint8Array): Buffer {
  return encoded(Buffer.concat([Buffer.from(`put ${name} `), content]));
}

export function cutLine(name: string): Buffer {
  return encoded(Buffer.from(`cut ${name}`));
}

/** Whether it can stand in a line. */
export function isOneLine(content: Uint8Array): boolean {
  return !content.includes(BREAK);
}

/** The lines of a file from `from` on; `end` is where the last whole one ends (JL2). */
export function readLines(
  file: Buffer,
  from: number,
): { readonly lines: readonly PlacedLine[]; readonly end: number } {
  const lines: PlacedLine[] = [];
  let at = from;
  for (;;) {
    const stop = file.indexOf(BREAK, at);
    if (stop < 0) return { lines, end: at };
    lines.push({ line: decoded(file.subarray(at, stop)), at, length: stop + 1 - at });
    at = stop + 1;
  }
}

function encoded(body: Buffer): Buffer {
  const crc = crc32(body).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${crc} `), body, Buffer.of(BREAK)]);
}

function decoded(line: Buffer): JournalLine {
  const body = line.subarray(CRC_LENGTH);
  // Names have no spaces, so the head ends at the second one, if there is one.
  const word = body.indexOf(0x20);
  const stop = body.indexOf(0x20, word + 1);
  const head = body.toString('utf8', 0, stop < 0 ? body.length : stop);
  const [verb, name] = head.split(' ');
  const isSound = line.toString('latin1', 0, 8) === crc32(body).toString(16).padStart(8, '0');
  if (!isSound || name === undefined) return { do: 'damaged', name };
  if (verb === 'put' && stop >= 0) return { do: 'put', name, skip: CRC_LENGTH + stop + 1 };
  if (verb === 'cut') return { do: 'cut', name };
  return { do: 'damaged', name };
}
