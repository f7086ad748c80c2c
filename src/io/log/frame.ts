/**
 * The bytes of the embedded log (format version 1; all numbers little endian).
 *
 * A segment file is one header sector and then frames. A frame is one group commit:
 *
 *     0 u32 payload bytes   4 u32 CRC of the payload   8 u64 index of its first entry
 *    16 u32 entries        20 u32 term                24 u32 CRC of bytes 0-23    28 mark
 *    32 payload: chunks, one for each append: u32 bytes, u32 entries, the codec's bytes
 *       0xA5, then zeros up to the next multiple of 32
 *
 * F1: bytes after the last frame are zeros or absent, so what was never written reads as zero.
 * F2: a header lies in one 512-byte sector, which a disk writes wholly or not at all; header and
 *     frame end in a byte that is not zero. A frame cut short by a crash therefore always shows
 *     zeros where something should be, and damage that shows none is not a crash's doing.
 * F3: a frame is written only after the one before it is durable, so at most the last is torn.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { SECTOR } from './sector.ts';

/** Where the first frame of a segment begins: the header fills one sector. */
export const SEGMENT_HEADER_BYTES = SECTOR;
export const FRAME_HEADER_BYTES = 32;
export const CHUNK_HEADER_BYTES = 8;
/** As the last byte of the payload's frame: proves that the end was written (F2). */
export const FRAME_END = 0xa5;
/** Ends a frame's header; also what a search for later frames looks for. */
export const FRAME_MARK: Buffer = Buffer.from('MFrm', 'latin1');

const SEGMENT_MARK = Buffer.from('MusterLg', 'latin1');
const FORMAT_VERSION = 1;
const SEGMENT_CRC_AT = 24;

/** What a frame's header says. */
export type FrameHeader = Readonly<{
  payloadBytes: number;
  payloadCrc: number;
  index: Index;
  entries: number;
  term: number;
}>;

/** One append's share of a frame: its encoded entries and how many they are. */
export type Chunk = Readonly<{ bytes: Uint8Array; entries: number }>;

/** The length on disk of a frame with this payload [bytes]. */
export function frameBytes(payloadBytes: number): number {
  return Math.ceil((FRAME_HEADER_BYTES + payloadBytes + 1) / 32) * 32;
}

/** The length of the payload that holds these chunks [bytes]. */
export function payloadBytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, chunk) => sum + CHUNK_HEADER_BYTES + chunk.bytes.length, 0);
}

/** Lays the frame out at the start of `into`, which must be long enough; answers its length. */
export function writeFrame(
  into: Buffer,
  chunks: readonly Chunk[],
  at: { readonly index: Index; readonly term: number },
): number {
  let end = FRAME_HEADER_BYTES;
  let entries = 0;
  for (const chunk of chunks) {
    into.writeUInt32LE(chunk.bytes.length, end);
    into.writeUInt32LE(chunk.entries, end + 4);
    into.set(chunk.bytes, end + CHUNK_HEADER_BYTES);
    end += CHUNK_HEADER_BYTES + chunk.bytes.length;
    entries += chunk.entries;
  }
  const total = frameBytes(end - FRAME_HEADER_BYTES);
  assert(total <= into.length, 'the caller sizes the buffer with frameBytes');
  into[end] = FRAME_END;
  into.fill(0, end + 1, total);
  into.writeUInt32LE(end - FRAME_HEADER_BYTES, 0);
  into.writeUInt32LE(crc32(into.subarray(FRAME_HEADER_BYTES, end)), 4);
  writeIndex(into, at.index, 8);
  into.writeUInt32LE(entries, 16);
  into.writeUInt32LE(at.term >>> 0, 20);
  into.writeUInt32LE(crc32(into.subarray(0, 24)), 24);
  into.set(FRAME_MARK, 28);
  return total;
}

/** Reads the header at `offset`, or undefined if there is no intact one wholly inside `bytes`. */
export function readFrameHeader(bytes: Buffer, offset: number): FrameHeader | undefined {
  if (offset + FRAME_HEADER_BYTES > bytes.length) return undefined;
  if (bytes.compare(FRAME_MARK, 0, 4, offset + 28, offset + 32) !== 0) return undefined;
  if (bytes.readUInt32LE(offset + 24) !== crc32(bytes.subarray(offset, offset + 24))) {
    return undefined;
  }
  return {
    payloadBytes: bytes.readUInt32LE(offset),
    payloadCrc: bytes.readUInt32LE(offset + 4),
    index: readIndex(bytes, offset + 8),
    entries: bytes.readUInt32LE(offset + 16),
    term: bytes.readUInt32LE(offset + 20),
  };
}

/** Whether the payload and the end mark behind an intact header at `offset` are as written. */
export function frameIsIntact(bytes: Buffer, offset: number, header: FrameHeader): boolean {
  const start = offset + FRAME_HEADER_BYTES;
  const end = start + header.payloadBytes;
  if (end >= bytes.length || bytes[end] !== FRAME_END) return false;
  return crc32(bytes.subarray(start, end)) === header.payloadCrc;
}

/** The chunks of an intact payload, in order. */
export function* chunksOf(payload: Buffer): Generator<Chunk> {
  for (let at = 0; at < payload.length;) {
    const start = at + CHUNK_HEADER_BYTES;
    const bytes = payload.readUInt32LE(at);
    yield { bytes: payload.subarray(start, start + bytes), entries: payload.readUInt32LE(at + 4) };
    at = start + bytes;
  }
}

/** The header sector of a segment whose first entry will be `first`. */
export function segmentHeader(first: Index, term: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.set(SEGMENT_MARK, 0);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.writeUInt32LE(term >>> 0, 12);
  writeIndex(header, first, 16);
  header.writeUInt32LE(crc32(header.subarray(0, SEGMENT_CRC_AT)), SEGMENT_CRC_AT);
  header[SECTOR - 1] = FRAME_END;
  return header;
}

/**
 * What a segment's first sector is: intact, `unwritten` (a crash during its creation, F2),
 * `damaged`, or of a `version` that this program does not read.
 */
export type SegmentHeader =
  | Readonly<{ kind: 'intact'; first: Index; term: number }>
  | Readonly<{ kind: 'unwritten' | 'damaged' }>
  | Readonly<{ kind: 'version'; version: number }>;

/** Reads a segment's first sector, of which fewer bytes may exist. */
export function readSegmentHeader(bytes: Buffer): SegmentHeader {
  if (bytes.length < SECTOR || bytes[SECTOR - 1] === 0) return { kind: 'unwritten' };
  const crc = crc32(bytes.subarray(0, SEGMENT_CRC_AT));
  if (bytes.readUInt32LE(SEGMENT_CRC_AT) !== crc) return { kind: 'damaged' };
  if (bytes.compare(SEGMENT_MARK, 0, 8, 0, 8) !== 0) return { kind: 'damaged' };
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) return { kind: 'version', version };
  return { kind: 'intact', first: readIndex(bytes, 16), term: bytes.readUInt32LE(12) };
}

/** The file name of the segment that begins with `first`. Names sort as their indexes do. */
export function segmentName(first: Index): string {
  return `${String(first).padStart(16, '0')}.seg`;
}

/** The first index that a file name claims, or undefined if the file is no segment. */
export function segmentFirst(name: string): Index | undefined {
  const digits = /^(\d{16})\.seg$/.exec(name)?.[1];
  return digits === undefined ? undefined : (Number(digits) as Index);
}

function writeIndex(into: Buffer, index: Index, at: number): void {
  into.writeUInt32LE(index % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(index / 2 ** 32), at + 4);
}

function readIndex(bytes: Buffer, at: number): Index {
  return (bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32) as Index;
}
