/**
 * The state as one file: a gzipped archive as `core/archive/saved-state.ts` has it.
 *
 * A1: a file that is damaged, cut off or of another kind is refused, and says why.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Failure } from '../base/failure.ts';
import {
  linesOf,
  META,
  readMeta,
  readSaved,
  ROWS,
  SAVED_VERSION,
  SUMMED_FILES,
  writeSaved,
  type SavedLine,
} from '../core/archive/saved-state.ts';
import { RESTORE_BYTES_MAX } from '../core/limits.ts';
import type { StateRestored } from '../core/state/entry.ts';
import { allRows } from '../core/state/persist.ts';
import type { State } from '../core/state/state.ts';
import { TABLE_NAMES } from '../core/state/tables.ts';

/** Rows written between two turns of the event loop: some 5 ms. */
const ROWS_PER_TURN = 1_000;
/** What surrounds the rows in an archive is far smaller. */
const OVERHEAD_BYTES = 64 * 1024;

type Rows = StateRestored['rows'];

/** Packs a state. Holds the event loop for no more than some milliseconds at a time. */
export async function packSnapshot(state: State): Promise<Uint8Array> {
  const names = new Set<string>(TABLE_NAMES);
  const pieces: string[] = [];
  let rows = 0;
  for (const row of allRows(state)) {
    if (!names.has(row[0])) continue;
    pieces.push(`${JSON.stringify(row)}\n`);
    rows += 1;
    if (rows % ROWS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const body = Buffer.from(pieces.join(''));
  const { index, at, hash } = state;
  const facts = { Version: SAVED_VERSION, ID: `${index}-${at}`, Index: index, Size: body.length };
  const meta = Buffer.from(`${JSON.stringify({ ...facts, Rows: rows, Hash: hash })}\n`);
  return promisify(gzip)(writeSaved({ [META]: meta, [ROWS]: body }, digest));
}

/** Unpacks one (A1). Fails: `invalid`; `exhausted` it is larger than can be put back. */
export async function unpackSnapshot(bytes: Uint8Array): Promise<Rows> {
  const saved = readSaved(await inflated(bytes));
  if ('problem' in saved) throw damaged(saved.problem);
  const { files, sums } = saved;
  for (const name of SUMMED_FILES) {
    if (digest(files[name]) !== sums[name]) throw damaged(`${name} is not what was written`);
  }
  const meta = readMeta(saved);
  if ('problem' in meta) throw damaged(meta.problem);
  if (meta.version !== SAVED_VERSION) throw damaged(`version ${meta.version} is not known`);
  return Array.from(linesOf(files[ROWS]), rowOf);
}

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    const options = { maxOutputLength: RESTORE_BYTES_MAX + OVERHEAD_BYTES };
    return await promisify(gunzip)(bytes, options);
  } catch (cause) {
    if (cause instanceof RangeError) {
      const why = `the snapshot holds more than ${RESTORE_BYTES_MAX} bytes`;
      throw new Failure('exhausted', why, { cause, facts: { status: 413 } });
    }
    throw new Failure('invalid', 'cannot read the snapshot: it is not gzipped', { cause });
  }
}

function rowOf({ value: row, line }: SavedLine): Rows[number] {
  if (row === undefined) throw damaged(`${ROWS} line ${line}: not JSON`);
  const isRow =
    Array.isArray(row) &&
    row.length === 3 &&
    typeof row[0] === 'string' &&
    typeof row[1] === 'string' &&
    typeof row[2] === 'object' &&
    row[2] !== null;
  if (!isRow) throw damaged(`${ROWS} line ${line}: expected a table, a key and a row`);
  return row as unknown as Rows[number];
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(why: string): Failure {
  return new Failure('invalid', `cannot read the snapshot: ${why}`);
}
