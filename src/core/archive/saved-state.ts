/**
 * A state as it is saved: a tar of `meta.json` (what it is), `state.bin` (a row a line, as JSON:
 * table, key, row) and `SHA256SUMS` (of these two).
 *
 * SS1: bytes that are no such archive give a problem, never an exception.
 */
import type { Json } from '../../base/json.ts';
import { readTar, writeTar } from './tar.ts';

export const META = 'meta.json';
export const ROWS = 'state.bin';
const SUMS = 'SHA256SUMS';

/** The files that the third is about. */
export const SUMMED_FILES = [META, ROWS] as const;

/** Of the layout; another one is not read. */
export const SAVED_VERSION = 1;

export type SavedFile = (typeof SUMMED_FILES)[number];

/** An archive taken apart; whether its checksums are right is still to be seen. */
export interface SavedState {
  readonly files: Readonly<Record<SavedFile, Uint8Array>>;
  /** In hexadecimal, as `SHA256SUMS` has them; undefined: it says nothing of that file. */
  readonly sums: Readonly<Record<SavedFile, string | undefined>>;
}

export interface SavedMeta {
  readonly id: string;
  readonly index: number;
  readonly version: number;
}

type Problem = Readonly<{ problem: string }>;

/** @param digest SHA-256 in hexadecimal */
export function writeSaved(
  files: SavedState['files'],
  digest: (bytes: Uint8Array) => string,
): Uint8Array {
  const sums = SUMMED_FILES.map((name) => `${digest(files[name])}  ${name}\n`).join('');
  return writeTar([
    ...SUMMED_FILES.map((name) => ({ name, bytes: files[name] })),
    { name: SUMS, bytes: new TextEncoder().encode(sums) },
  ]);
}

/** Takes an archive apart (SS1). */
export function readSaved(archive: Uint8Array): SavedState | Problem {
  const read = readTar(archive);
  if ('problem' in read) return read;
  const found = new Map(read.map(({ name, bytes }) => [name, bytes]));
  const missing = [...SUMMED_FILES, SUMS].find((name) => !found.has(name));
  if (missing !== undefined) return { problem: `it has no ${missing}` };
  const bytesOf = (name: string): Uint8Array => found.get(name) ?? new Uint8Array();
  const files = { [META]: bytesOf(META), [ROWS]: bytesOf(ROWS) };
  const sums = text(bytesOf(SUMS)).split('\n');
  const sumOf = (name: string): string | undefined =>
    sums.find((line) => line.endsWith(`  ${name}`))?.slice(0, -name.length - 2);
  return { files, sums: { [META]: sumOf(META), [ROWS]: sumOf(ROWS) } };
}

/** What an archive says that it is (SS1). */
export function readMeta({ files }: Pick<SavedState, 'files'>): SavedMeta | Problem {
  const facts = parseLine(text(files[META]));
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) {
    return { problem: `${META}: expected an object` };
  }
  const { ID: id, Index: index, Version: version } = facts as Readonly<Record<string, Json>>;
  if (typeof id !== 'string' || typeof index !== 'number' || typeof version !== 'number') {
    return { problem: `${META}: expected ID, Index and Version` };
  }
  return { id, index, version };
}

const NEWLINE = 10;

/** A line of the rows. */
export interface SavedLine {
  /** Undefined: no JSON, or cut off. */
  readonly value: Json | undefined;
  /** With its end. */
  readonly bytes: number;
  /** From 1. */
  readonly line: number;
}

export function* linesOf(rows: Uint8Array): Generator<SavedLine> {
  let line = 0;
  for (let at = 0; at < rows.length;) {
    line += 1;
    const end = rows.indexOf(NEWLINE, at);
    if (end < 0) {
      yield { value: undefined, bytes: rows.length - at, line };
      return;
    }
    yield { value: parseLine(text(rows.subarray(at, end))), bytes: end + 1 - at, line };
    at = end + 1;
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function parseLine(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}
