/** Files of allocations, and pieces of them, on the wire. */
import { fromBase64, toBase64 } from '../../base/base64.ts';
import type { Millis } from '../../base/brand.ts';
import { describe, note, OMIT, shape, type Codec, type Shape } from '../codec/codec.ts';
import {
  bool,
  converted,
  instantText,
  int,
  maybe,
  nested,
  text,
  textCodec,
} from '../codec/fields.ts';

export interface FileEntry {
  readonly name: string;
  readonly directory: boolean;
  readonly size: number;
  /** Octal bits. */
  readonly mode: number;
  readonly modifiedAt: Millis;
  readonly contentType: string;
}

/** The mode's text lacks the kind of file, which `IsDir` tells: it is the nine permissions. */
const MODE: Codec<number> = converted<number, string>(textCodec, formatMode, parseMode);

interface FileWire extends Omit<FileEntry, 'mode'> {
  readonly mode: number;
}

const WIRE: Shape<FileWire> = shape({
  name: text('Name'),
  directory: bool('IsDir'),
  size: int('Size'),
  mode: nested('FileMode', MODE, ''),
  modifiedAt: instantText('ModTime'),
  contentType: text('ContentType', OMIT),
});

export const FILE: Codec<FileEntry> = {
  ...WIRE,
  encode: (value, mode) => {
    const file = value as FileEntry;
    const kind = file.directory ? 'd' : '-';
    return { ...WIRE.encode(file, mode), FileMode: kind + formatMode(file.mode) };
  },
};

const RWX = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'] as const;

/** Prints permission bits: `rw-r--r--`. */
export function formatMode(mode: number): string {
  return [6, 3, 0].map((shift) => RWX[(mode >> shift) & 7] ?? '').join('');
}

function parseMode(shown: string): number {
  const letters = shown.slice(-9);
  let mode = 0;
  for (let i = 0; i < letters.length; i++) mode = (mode << 1) | (letters[i] === '-' ? 0 : 1);
  return mode;
}

/** A piece of a file. */
export interface Frame {
  readonly file: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** `file truncated`, `file deleted`. */
  readonly event?: string;
}

const BYTES: Codec<Uint8Array> = {
  encode: (value) => toBase64(value as Uint8Array),
  decode: (raw, path, to) => {
    const bytes = typeof raw === 'string' ? fromBase64(raw) : undefined;
    return bytes ?? note(to, path, `expected base64, got ${describe(raw)}`);
  },
  zero: () => new Uint8Array(),
};

export const FRAME: Shape<Frame> = shape({
  file: text('File', OMIT),
  offset: int('Offset', OMIT),
  bytes: nested('Data', BYTES, OMIT),
  event: maybe(text('FileEvent', OMIT)),
});

/** A piece of the agent's own log. */
export const LOG_FRAME = shape<{ readonly bytes: Uint8Array }>({
  bytes: nested('Data', BYTES, OMIT),
});
