/**
 * What a saved state holds: how many rows of each kind, and how many bytes of the file they are.
 *
 * S1: files that are no such archive give a problem, never an exception.
 */
import type { Json } from '../../base/json.ts';
import type { TarFile } from './tar.ts';

/** Rows of one kind, or keys under one path. */
export interface Share {
  readonly name: string;
  readonly count: number;
  /** As they stand in the file. */
  readonly bytes: number;
}

export interface SnapshotSummary {
  readonly id: string;
  /** Of `state.bin`. */
  readonly size: number;
  readonly index: number;
  readonly version: number;
  /** By table, the largest first. */
  readonly tables: readonly Share[];
  /** By path, the largest first; only keys that begin with the filter. */
  readonly keys: readonly Share[];
}

/** Which keys are told apart. */
export interface KeyDetails {
  /** Parts of a path, between slashes; at least 1. */
  readonly depth: number;
  readonly filter: string;
}

/** The files that the third, `SHA256SUMS`, is about. */
export const SUMMED_FILES = ['meta.json', 'state.bin'] as const;

/** What `SHA256SUMS` says of a file in hexadecimal; undefined: nothing. */
export function sumOf(files: readonly TarFile[], name: string): string | undefined {
  const sums = files.find((one) => one.name === 'SHA256SUMS');
  const lines = new TextDecoder().decode(sums?.bytes).split('\n');
  const line = lines.find((each) => each.endsWith(`  ${name}`));
  return line?.slice(0, -name.length - 2);
}

/** Counts the rows of a saved state (S1). */
export function summarize(
  files: readonly TarFile[],
  details: KeyDetails,
): SnapshotSummary | Readonly<{ problem: string }> {
  const [meta, state] = SUMMED_FILES.map((name) => files.find((one) => one.name === name)?.bytes);
  if (meta === undefined || state === undefined) return { problem: 'it is no saved state' };
  const facts = parse(new TextDecoder().decode(meta));
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) {
    return { problem: 'meta.json: expected an object' };
  }
  const { ID: id, Index: index, Version: version } = facts as Readonly<Record<string, Json>>;
  if (typeof id !== 'string' || typeof index !== 'number' || typeof version !== 'number') {
    return { problem: 'meta.json: expected ID, Index and Version' };
  }
  const counted = count(state, details);
  if ('problem' in counted) return counted;
  return { id, size: state.length, index, version, ...counted };
}

const NEWLINE = 10;
/** The table of the key/value store. */
const KEYS_TABLE = 'kv';

function count(
  state: Uint8Array,
  { depth, filter }: KeyDetails,
): Pick<SnapshotSummary, 'tables' | 'keys'> | Readonly<{ problem: string }> {
  const tables = new Map<string, Share>();
  const keys = new Map<string, Share>();
  const decoder = new TextDecoder();
  let line = 0;
  for (let at = 0; at < state.length;) {
    line += 1;
    const end = state.indexOf(NEWLINE, at);
    const row = end < 0 ? undefined : parse(decoder.decode(state.subarray(at, end)));
    if (!Array.isArray(row)) return { problem: `state.bin line ${line}: expected a row` };
    const [table, key] = row as readonly Json[];
    if (typeof table !== 'string' || typeof key !== 'string') {
      return { problem: `state.bin line ${line}: expected a table and a key` };
    }
    const bytes = end + 1 - at;
    add(tables, table, bytes);
    if (table === KEYS_TABLE && key.startsWith(filter)) {
      add(keys, key.split('/').slice(0, depth).join('/'), bytes);
    }
    at = end + 1;
  }
  return { tables: largestFirst(tables), keys: largestFirst(keys) };
}

function add(to: Map<string, Share>, name: string, bytes: number): void {
  const before = to.get(name);
  to.set(name, { name, count: (before?.count ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes });
}

function largestFirst(shares: ReadonlyMap<string, Share>): readonly Share[] {
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
