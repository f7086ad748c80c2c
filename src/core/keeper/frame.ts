/**
 * Frames on the keeper's socket: four bytes of length, most significant first, then that many
 * bytes.
 *
 * F1: what was framed comes out again, whole and in order, however the bytes were cut on the way.
 * F2: a length beyond the bound is refused before anything is gathered for it.
 */
import { KEEPER_FRAME_MAX } from '../limits.ts';

const HEADER = 4;

/** Puts the length before a body of at most `KEEPER_FRAME_MAX` bytes; undefined: it is longer. */
export function frame(body: Uint8Array): Uint8Array | undefined {
  if (body.length > KEEPER_FRAME_MAX) return undefined;
  const framed = new Uint8Array(HEADER + body.length);
  new DataView(framed.buffer).setUint32(0, body.length);
  framed.set(body, HEADER);
  return framed;
}

/** What has arrived of a stream and is not yet a whole frame. */
export interface Pending {
  readonly pending: Uint8Array;
}

export const NOTHING_PENDING: Pending = { pending: new Uint8Array(0) };

/** The whole frames in what has arrived so far, and what is left; `tooLong`: give the stream up. */
export type Unframed =
  | { readonly ok: true; readonly bodies: readonly Uint8Array[]; readonly rest: Pending }
  | { readonly ok: false; readonly tooLong: number };

export function unframe(before: Pending, chunk: Uint8Array): Unframed {
  const bytes = joined(before.pending, chunk);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bodies: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER) {
    const length = view.getUint32(at);
    if (length > KEEPER_FRAME_MAX) return { ok: false, tooLong: length };
    if (bytes.length - at - HEADER < length) break;
    bodies.push(bytes.subarray(at + HEADER, at + HEADER + length));
    at += HEADER + length;
  }
  // A copy: the caller may use its buffer again.
  return { ok: true, bodies, rest: { pending: bytes.slice(at) } };
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
