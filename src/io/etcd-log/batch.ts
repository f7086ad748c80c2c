/**
 * A batch of entries as the value of one key: a head, then one chunk for each append.
 *
 *     version u8 | term f64 | further pieces u32 | chunks: (entries u32, bytes u32, payload)*
 *
 * B1: a batch decodes with nothing but its own bytes (and those of its further pieces, which hold
 *     the rest of the chunks).
 */
import { Failure } from '../../base/failure.ts';
import type { EntryCodec } from '../../ports/log.ts';
import type { Chunk } from '../log/frame.ts';
import { BATCH_BYTES_MAX } from './limits.ts';

const VERSION = 1;
const HEAD_BYTES = 13;
const CHUNK_HEAD_BYTES = 8;

export interface EncodedBatch {
  /** The value of the batch's own key. */
  readonly value: Buffer;
  /** What did not fit, to be written before it. */
  readonly pieces: readonly Buffer[];
}

/** @param term of the leader that writes it */
export function encodeBatch(chunks: readonly Chunk[], term: number): EncodedBatch {
  const parts: Uint8Array[] = [Buffer.alloc(HEAD_BYTES)];
  for (const { entries, bytes } of chunks) {
    const head = Buffer.alloc(CHUNK_HEAD_BYTES);
    head.writeUInt32LE(entries, 0);
    head.writeUInt32LE(bytes.length, 4);
    parts.push(head, bytes);
  }
  const whole = Buffer.concat(parts);
  const pieces: Buffer[] = [];
  for (let at = BATCH_BYTES_MAX; at < whole.length; at += BATCH_BYTES_MAX) {
    pieces.push(whole.subarray(at, at + BATCH_BYTES_MAX));
  }
  whole.writeUInt8(VERSION, 0);
  whole.writeDoubleLE(term, 1);
  whole.writeUInt32LE(pieces.length, 9);
  return { value: whole.subarray(0, BATCH_BYTES_MAX), pieces };
}

/** What the head of a batch says. Fails: `internal` it is none, or a later version's. */
export function readBatchHead(value: Buffer): { readonly term: number; readonly pieces: number } {
  if (value.length < HEAD_BYTES) throw damaged('it is too short');
  const version = value.readUInt8(0);
  if (version !== VERSION) throw damaged(`it has version ${version}, this build reads ${VERSION}`);
  return { term: value.readDoubleLE(1), pieces: value.readUInt32LE(9) };
}

/**
 * The entries of a batch, in order.
 *
 * @param whole the batch's value with its further pieces behind it
 *
 * Fails: `internal` the bytes are damaged.
 */
export function decodeBatch<Entry>(whole: Buffer, codec: EntryCodec<Entry>): readonly Entry[] {
  const entries: Entry[] = [];
  let at = HEAD_BYTES;
  while (at < whole.length) {
    if (at + CHUNK_HEAD_BYTES > whole.length) throw damaged('it ends within an append');
    const count = whole.readUInt32LE(at);
    const end = at + CHUNK_HEAD_BYTES + whole.readUInt32LE(at + 4);
    if (end > whole.length) throw damaged('it ends within an append');
    const decoded = codec.decode(whole.subarray(at + CHUNK_HEAD_BYTES, end));
    if (decoded.length !== count) throw damaged('an append has lost entries');
    for (const entry of decoded) entries.push(entry);
    at = end;
  }
  return entries;
}

function damaged(why: string): Failure {
  return new Failure('internal', `cannot read a batch of the log in etcd: ${why}`);
}
