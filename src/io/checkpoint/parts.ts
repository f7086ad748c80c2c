/**
 * How rows lie in the store: many in one value, in the order they were written, so that a batch is
 * some long writes rather than a page here and there for each of its rows.
 */
import { Packr } from 'msgpackr';
import { CHECKPOINT_PART_BYTES, CHECKPOINT_PART_ROWS } from '../../core/limits.ts';

/** A row as bytes of the row codec; null: it was deleted. */
export type StoredRow = readonly [table: string, key: string, bytes: Uint8Array | null];

const packr = new Packr({ useRecords: false });

/** Packs rows into parts of a bounded size (but for a row that is longer by itself). */
export function partsOf(rows: Iterable<StoredRow>): readonly Buffer[] {
  const parts: Buffer[] = [];
  let part: (string | Uint8Array | null)[] = [];
  let bytes = 0;
  for (const row of rows) {
    part.push(...row);
    bytes += row[2]?.length ?? 0;
    if (bytes < CHECKPOINT_PART_BYTES && part.length < 3 * CHECKPOINT_PART_ROWS) continue;
    parts.push(packr.pack(part));
    part = [];
    bytes = 0;
  }
  if (part.length > 0) parts.push(packr.pack(part));
  return parts;
}

/** The rows of a part; their bytes are views of its own. Throws where it is none. */
export function* rowsOfPart(part: Uint8Array): Generator<StoredRow> {
  const flat = packr.unpack(part) as readonly unknown[];
  for (let at = 0; at < flat.length; at += 3) {
    yield [flat[at], flat[at + 1], flat[at + 2]] as unknown as StoredRow;
  }
}

/** The names of parts sort by their numbers. */
export class PartKeys {
  readonly #prefix: string;

  /** @param prefix one letter */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param major, minor below 2^48 */
  of(major: number, minor = 0): Buffer {
    const key = Buffer.alloc(14);
    key.write(`\0${this.#prefix}`, 'latin1');
    key.writeUIntBE(major, 2, 6);
    key.writeUIntBE(minor, 8, 6);
    return key;
  }

  /** Sorts behind all of them. */
  get end(): Buffer {
    const end = this.of(0);
    end.fill(0xff, 2);
    return end;
  }
}
