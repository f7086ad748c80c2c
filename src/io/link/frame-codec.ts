/**
 * Frames as bytes: msgpack with records, each frame complete in itself. (One table of records for a
 * whole connection would save a microsecond or two and a third of a small frame's bytes, and would
 * let one bad frame spoil all that follow.)
 */
import { Packr, Unpackr } from 'msgpackr';
import { fromWire, toWire, type Frame, type FrameProblem } from '../../core/link/frame.ts';

const OPTIONS = { useRecords: true, moreTypes: true, int64AsType: 'bigint' } as const;
const packr = new Packr(OPTIONS);
const unpackr = new Unpackr(OPTIONS);

export function encodeFrame(frame: Frame): Buffer {
  return packr.pack(toWire(frame));
}

/** Never throws: whatever a stranger sends is a frame or a problem. */
export function decodeFrame(bytes: Uint8Array): Frame | FrameProblem {
  let wire: unknown;
  try {
    wire = unpackr.unpack(bytes);
  } catch {
    return { problem: 'bytes that are no message' };
  }
  return fromWire(wire, bytes.length);
}
