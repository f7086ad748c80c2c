/**
 * What a packet is made of once it is decrypted: messages, put together, compressed, under a
 * checksum.
 *
 * P1: wrappings inside each other are bounded by `WRAP_DEPTH_MAX`, what they unpack to by
 *     `UNPACKED_BYTES_MAX`; a compound's parts lie inside it.
 */
import { Failure } from '../../../base/failure.ts';
import { PACKET_BYTES, UNPACKED_BYTES_MAX, WRAP_DEPTH_MAX } from '../limits.ts';
import { crc32 } from './crc32.ts';
import { compressLzw, unpackLzw } from './lzw.ts';
import { KIND } from './messages.ts';
import { Fields, PackReader, PackWriter } from './msgpack.ts';

/** Bytes that a compound has of its own, and for each part. */
const COMPOUND_BYTES = 2;
export const PART_BYTES = 2;
const PARTS_MAX = 255;
const CHECKSUM_BYTES = 5;
/** What is shorter becomes no shorter. */
const COMPRESSIBLE_BYTES = 128;

/** Room for parts in a packet that is sent as a compound, encryption allowed for. */
export const COMPOUND_ROOM = PACKET_BYTES - COMPOUND_BYTES - 45;

/** Some messages as one, or as few as they can be. */
export function compound(messages: readonly Uint8Array[]): readonly Uint8Array[] {
  if (messages.length <= 1) return messages;
  const packets: Uint8Array[] = [];
  for (let from = 0; from < messages.length; from += PARTS_MAX) {
    const parts = messages.slice(from, from + PARTS_MAX);
    const out = new PackWriter().byte(KIND.compound).byte(parts.length);
    for (const { length } of parts) out.byte(length >> 8).byte(length & 0xff);
    for (const part of parts) out.bare(part);
    packets.push(out.take());
  }
  return packets;
}

/** Compressed where that makes it shorter. */
export function compressed(message: Uint8Array): Uint8Array {
  if (message.length < COMPRESSIBLE_BYTES) return message;
  const out = new PackWriter().byte(KIND.compressed).map(2);
  out.text('Algo').int(0).text('Buf').raw(compressLzw(message));
  const packed = out.take();
  return packed.length < message.length ? packed : message;
}

/** Under a checksum, which members understand from protocol 5 on. */
export function withChecksum(message: Uint8Array): Uint8Array {
  const out = new PackWriter().byte(KIND.checksum);
  const crc = crc32(message);
  for (const shift of [24, 16, 8, 0]) out.byte((crc >>> shift) & 0xff);
  return out.bare(message).take();
}

/**
 * The messages of a packet, unwrapped, in their order.
 *
 * Fails: `invalid` and `exhausted` for what is malformed or too much.
 */
export function unwrap(packet: Uint8Array): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  const budget = { left: UNPACKED_BYTES_MAX };
  into(messages, packet, { depth: 0, budget });
  return messages;
}

interface Unwrapping {
  readonly depth: number;
  readonly budget: { left: number };
}

function into(messages: Uint8Array[], bytes: Uint8Array, { depth, budget }: Unwrapping): void {
  if (depth > WRAP_DEPTH_MAX) throw new Failure('invalid', 'malformed packet: wrapped too often');
  const inner = { depth: depth + 1, budget };
  const kind = bytes[0] ?? -1;
  switch (kind) {
    case KIND.checksum:
      into(messages, checked(bytes), inner);
      return;
    case KIND.compressed: {
      const unpacked = decompressed(bytes, budget.left);
      budget.left -= unpacked.length;
      into(messages, unpacked, inner);
      return;
    }
    case KIND.compound:
      for (const part of parts(bytes)) into(messages, part, inner);
      return;
    default:
      messages.push(bytes);
  }
}

function checked(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= CHECKSUM_BYTES) throw new Failure('invalid', 'malformed packet: no checksum');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rest = bytes.subarray(CHECKSUM_BYTES);
  if (view.getUint32(1) !== crc32(rest)) throw new Failure('invalid', 'the checksum does not fit');
  return rest;
}

/** What a compressed message holds. Fails: `invalid`, `exhausted`. */
export function decompressed(bytes: Uint8Array, most: number): Uint8Array {
  const fields = new Fields(new PackReader(bytes, 1).value());
  const algorithm = fields.uint('Algo');
  if (algorithm !== 0) throw new Failure('invalid', `no compression has the number ${algorithm}`);
  return unpackLzw(fields.raw('Buf'), most);
}

function parts(bytes: Uint8Array): readonly Uint8Array[] {
  const count = bytes[1] ?? 0;
  let at = COMPOUND_BYTES + count * PART_BYTES;
  const found: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const length = ((bytes[2 + i * 2] ?? 0) << 8) | (bytes[3 + i * 2] ?? 0);
    if (at + length > bytes.length) {
      throw new Failure('exhausted', `a compound of ${count} ends in its part ${i}`);
    }
    found.push(bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}
