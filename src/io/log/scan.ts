/**
 * Reads a segment from its first frame on, tells a torn tail from damage, and gives out frames.
 *
 * S1: a frame is given out only if every byte of it is as written.
 * S2: `torn` is answered only for what can be the one frame in flight at a crash (F2, F3 of
 *     frame.ts); everything else that is not as written is a Failure that names file, offset,
 *     index.
 */
import { Failure } from '../../base/failure.ts';
import type { Index } from '../../base/brand.ts';
import type { DiskFile } from '../../ports/disk.ts';
import {
  FRAME_HEADER_BYTES,
  FRAME_MARK,
  frameBytes,
  frameIsIntact,
  readFrameHeader,
} from './frame.ts';
import { SECTOR } from './sector.ts';
import type { FrameHeader } from './frame.ts';
import { READ_BYTES } from './limits.ts';

/**
 * An intact frame, its place in the file, and its payload (valid until the next one is asked for).
 */
export type Frame = Readonly<{
  offset: number;
  bytes: number;
  header: FrameHeader;
  payload: Buffer;
}>;

/** Where reading starts: a frame's offset and the index that must stand there. */
export type Position = Readonly<{ offset: number; index: Index }>;

/** Where the intact frames end, and the index the next frame would have. */
export type ScanEnd = Position;

/**
 * Hands each intact frame from `from` on to `take`, and stops at the first place that is none, at
 * `until`, or when `take` answers false. Does not judge what stands there; see `judgeTail`.
 *
 * @param until where durable frames end [offset in bytes]; undefined reads to the end of the file
 */
export async function scanFrames(
  file: DiskFile,
  from: Position,
  take: (frame: Frame) => boolean | undefined,
  until?: number,
): Promise<ScanEnd> {
  let { offset, index } = from;
  let want = READ_BYTES;
  for (;;) {
    const length = until === undefined ? want : Math.min(want, until - offset);
    const window = asBuffer(await file.read(offset, length));
    let at = 0;
    let header = readFrameHeader(window, at);
    while (header?.index === index && frameIsIntact(window, at, header)) {
      const bytes = frameBytes(header.payloadBytes);
      const start = at + FRAME_HEADER_BYTES;
      const payload = window.subarray(start, start + header.payloadBytes);
      const more = take({ offset: offset + at, bytes, header, payload });
      at += bytes;
      index = (index + header.entries) as Index;
      if (more === false) return { offset: offset + at, index };
      header = readFrameHeader(window, at);
    }
    offset += at;
    const short = window.length < length || length < want;
    if (short || (at === 0 && header === undefined)) return { offset, index };
    // A frame that runs over the window's end is read again from its start, and whole.
    const bytes = header === undefined ? 0 : frameBytes(header.payloadBytes);
    if (at === 0 && bytes <= window.length) return { offset, index };
    want = Math.max(READ_BYTES, bytes);
  }
}

/**
 * Says what follows the last intact frame of the newest segment: nothing (`clean`), or a frame that
 * a crash cut short (`torn`, to be cut off).
 *
 * Fails: `internal` the log is damaged there: acknowledged entries would be lost by cutting (S2).
 */
export async function judgeTail(file: DiskFile, end: ScanEnd): Promise<'clean' | 'torn'> {
  const rest = asBuffer(await file.read(end.offset, (await file.size()) - end.offset));
  if (isZero(rest, 0, rest.length)) return 'clean';
  const header = readFrameHeader(rest, 0);
  const searchFrom = header === undefined ? 32 : frameBytes(header.payloadBytes);
  const later = findLaterFrame(rest, searchFrom, end);
  if (later !== undefined) {
    throw damaged(file.path, end, `but an intact entry ${later.index} follows at ${later.offset}`);
  }
  if (header === undefined) {
    if (rest.length >= FRAME_HEADER_BYTES && rest[FRAME_HEADER_BYTES - 1] !== 0) {
      throw damaged(file.path, end, 'its header is complete but does not match its checksum');
    }
    return 'torn';
  }
  if (header.index !== end.index) {
    throw damaged(file.path, end, `entry ${header.index} stands in its place`);
  }
  if (!showsMissingSector(rest, end.offset, header)) {
    throw damaged(file.path, end, 'it is complete but does not match its checksum');
  }
  return 'torn';
}

/** The error of a log that is not as it was written. */
export function damaged(path: string, at: Position, why: string): Failure {
  return new Failure(
    'internal',
    `log damaged: file "${path}", offset ${at.offset}, index ${at.index}: ${why}`,
    { facts: { file: path, offset: at.offset, index: at.index } },
  );
}

/**
 * Whether a crash can explain the frame at the start of `rest`: part of it was never written (F2).
 */
function showsMissingSector(rest: Buffer, offset: number, header: FrameHeader): boolean {
  const end = FRAME_HEADER_BYTES + header.payloadBytes + 1;
  if (end > rest.length || rest[end - 1] === 0) return true;
  for (let at = 0; at < end;) {
    const next = Math.min(end, at + SECTOR - ((offset + at) % SECTOR));
    if (isZero(rest, at, next)) return true;
    at = next;
  }
  return false;
}

function findLaterFrame(rest: Buffer, from: number, end: ScanEnd): Position | undefined {
  const markAt = FRAME_HEADER_BYTES - FRAME_MARK.length;
  for (let at = rest.indexOf(FRAME_MARK, from); at >= 0; at = rest.indexOf(FRAME_MARK, at + 1)) {
    const start = at - markAt;
    if (start < from || start % 32 !== 0) continue;
    const header = readFrameHeader(rest, start);
    if (header === undefined || header.index <= end.index) continue;
    if (frameIsIntact(rest, start, header)) {
      return { offset: end.offset + start, index: header.index };
    }
  }
  return undefined;
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
