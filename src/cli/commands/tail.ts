/** The end of a file or of a task's output, counted in lines or bytes. */
import type { Frame } from '../../api/nomad/file-codec.ts';
import type { FlagValues } from '../command.ts';
import { flag, type Flag } from '../command.ts';

export interface Tail {
  /** How far from the end to begin [bytes]. */
  readonly bytes: number;
  /** Absent: all of these bytes; else only the last lines of them. */
  readonly lines: number | undefined;
}

/** A guess at the length of a line; too short a guess is doubled and tried again. */
const LINE_BYTES = 120;

const LINES_DEFAULT = 10;

export const TAIL_FLAGS: readonly Flag[] = [
  flag.boolean('tail', 'Begin near the end: the last 10 lines unless -n or -c say otherwise.'),
  flag.number('n', '<lines>', 'With -tail: how many lines.'),
  flag.number('c', '<bytes>', 'With -tail: how many bytes.'),
];

/** What the flags ask for; undefined: from the beginning. */
export function tailOf(flags: FlagValues): Tail | undefined {
  const lines = flags.number('n');
  const bytes = flags.number('c');
  if (bytes !== undefined) return { bytes: Math.max(0, bytes), lines };
  if (lines === undefined && !flags.has('tail')) return undefined;
  const wanted = Math.max(0, lines ?? LINES_DEFAULT);
  return { bytes: Math.max(1, wanted) * LINE_BYTES, lines: wanted };
}

/** The last lines of some bytes; `enough` is false when there may be more of them before. */
export function lastLines(
  bytes: Uint8Array,
  lines: number,
): { readonly bytes: Uint8Array; readonly enough: boolean } {
  let at = bytes.length;
  // The newline that ends the last line does not begin another.
  if (bytes[at - 1] === NEWLINE) at--;
  for (let left = lines; left > 0; left--) {
    const before = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1);
    if (before < 0) return { bytes, enough: false };
    at = before;
  }
  return { bytes: lines === 0 ? new Uint8Array() : bytes.subarray(at + 1), enough: true };
}

const NEWLINE = 10;

/** Collects the bytes of frames. */
export async function collect(frames: AsyncIterable<Frame>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const { bytes } of frames) {
    parts.push(bytes);
    size += bytes.length;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Where to begin to read, and whether to go on. */
export interface Around {
  readonly offset: number;
  readonly origin: 'start' | 'end';
  readonly follow: boolean;
}

/**
 * Shows a stream from its beginning or near its end. Lines are counted before the stream is opened,
 * in bytes from the end: what is printed meanwhile cuts into the first of them, and is never lost.
 */
export async function showTail(
  read: (around: Around) => AsyncIterable<Frame>,
  tail: Tail | undefined,
  follow: boolean,
  show: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (tail?.lines !== undefined) {
    const last = await linesAtEnd(read, tail.bytes, tail.lines);
    if (!follow) return show(last);
    return showAll(read({ offset: last.length, origin: 'end', follow }), show);
  }
  const from = tail === undefined ? FROM_START : ({ offset: tail.bytes, origin: 'end' } as const);
  return showAll(read({ ...from, follow }), show);
}

const FROM_START = { offset: 0, origin: 'start' } as const;

async function showAll(
  frames: AsyncIterable<Frame>,
  show: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  for await (const { bytes } of frames) if (bytes.length > 0) await show(bytes);
}

async function linesAtEnd(
  read: (around: Around) => AsyncIterable<Frame>,
  bytes: number,
  lines: number,
): Promise<Uint8Array> {
  for (let offset = bytes; ; offset *= 2) {
    const got = await collect(read({ offset, origin: 'end', follow: false }));
    const last = lastLines(got, lines);
    if (last.enough || got.length < offset) return last.bytes;
  }
}
