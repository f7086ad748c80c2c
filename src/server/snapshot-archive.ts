/**
 * The state as one file: a gzipped tar with `meta.json` (what it is), `state.bin` (a row a line, as
 * JSON) and `SHA256SUMS` (of these two).
 *
 * A1: a file that is damaged, cut off or of another kind is refused, and says why.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Failure } from '../base/failure.ts';
import { readTar, writeTar } from '../core/archive/tar.ts';
import { RESTORE_BYTES_MAX } from '../core/limits.ts';
import type { StateRestored } from '../core/state/entry.ts';
import { allRows } from '../core/state/persist.ts';
import type { State } from '../core/state/state.ts';
import { TABLE_NAMES } from '../core/state/tables.ts';

const VERSION = 1;
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
  const facts = { Version: VERSION, ID: `${index}-${at}`, Index: index, Size: body.length };
  const meta = Buffer.from(`${JSON.stringify({ ...facts, Rows: rows, Hash: hash })}\n`);
  const sums = `${digest(meta)}  meta.json\n${digest(body)}  state.bin\n`;
  const files = [
    { name: 'meta.json', bytes: meta },
    { name: 'state.bin', bytes: body },
    { name: 'SHA256SUMS', bytes: Buffer.from(sums) },
  ];
  return promisify(gzip)(writeTar(files));
}

/** Unpacks one (A1). Fails: `invalid`; `exhausted` it is larger than can be put back. */
export async function unpackSnapshot(bytes: Uint8Array): Promise<Rows> {
  const files = readTar(await inflated(bytes));
  if ('problem' in files) throw damaged(files.problem);
  const found = new Map(files.map(({ name, bytes: content }) => [name, content]));
  const [meta, body, sums] = ['meta.json', 'state.bin', 'SHA256SUMS'].map((name) => {
    const content = found.get(name);
    if (content === undefined) throw damaged(`it has no ${name}`);
    return content;
  });
  const told = text(sums);
  for (const [name, content] of [
    ['meta.json', meta],
    ['state.bin', body],
  ] as const) {
    const sum = content === undefined ? '' : digest(content);
    if (!told.includes(`${sum}  ${name}\n`)) throw damaged(`${name} is not what was written`);
  }
  const version = (json(text(meta), 'meta.json') as { readonly Version?: unknown } | null)?.Version;
  if (version !== VERSION) throw damaged(`version ${JSON.stringify(version)} is not known`);
  const lines = text(body).split('\n');
  return lines.slice(0, -1).map((line, i) => rowOf(line, i + 1));
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

function rowOf(line: string, n: number): Rows[number] {
  const row = json(line, `state.bin line ${n}`);
  const isRow =
    Array.isArray(row) &&
    row.length === 3 &&
    typeof row[0] === 'string' &&
    typeof row[1] === 'string' &&
    typeof row[2] === 'object' &&
    row[2] !== null;
  if (!isRow) throw damaged(`state.bin line ${n}: expected a table, a key and a row`);
  return row as unknown as Rows[number];
}

function json(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Failure('invalid', `cannot read the snapshot: ${where}: not JSON`, { cause });
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(why: string): Failure {
  return new Failure('invalid', `cannot read the snapshot: ${why}`);
}
