/** What a saved state holds: how many rows of each kind, and how many bytes they take. */
import type { Json } from '../../base/json.ts';
import { linesOf, readMeta, ROWS, type SavedMeta, type SavedState } from './saved-state.ts';

/** Rows of one kind, or keys under one path. */
export interface Share {
  readonly name: string;
  readonly count: number;
  /** As they stand in the file. */
  readonly bytes: number;
}

export interface SnapshotSummary extends SavedMeta {
  /** Of `state.bin` [bytes]. */
  readonly size: number;
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

/** The table of the key/value store. */
const KEYS_TABLE = 'kv';

/** Counts the rows of a saved state; what is no row gives a problem. */
export function summarize(
  { files }: Pick<SavedState, 'files'>,
  { depth, filter }: KeyDetails,
): SnapshotSummary | Readonly<{ problem: string }> {
  const meta = readMeta({ files });
  if ('problem' in meta) return meta;
  const tables = new Map<string, Share>();
  const keys = new Map<string, Share>();
  for (const { value, bytes, line } of linesOf(files[ROWS])) {
    if (!Array.isArray(value)) return { problem: `${ROWS} line ${line}: expected a row` };
    const [table, key] = value as readonly Json[];
    if (typeof table !== 'string' || typeof key !== 'string') {
      return { problem: `${ROWS} line ${line}: expected a table and a key` };
    }
    add(tables, table, bytes);
    if (table === KEYS_TABLE && key.startsWith(filter)) {
      add(keys, key.split('/').slice(0, depth).join('/'), bytes);
    }
  }
  const size = files[ROWS].length;
  return { ...meta, size, tables: largestFirst(tables), keys: largestFirst(keys) };
}

function add(to: Map<string, Share>, name: string, bytes: number): void {
  const before = to.get(name);
  to.set(name, { name, count: (before?.count ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes });
}

function largestFirst(shares: ReadonlyMap<string, Share>): readonly Share[] {
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}
