/**
 * Reads the parts of a DNS message, of whatever bytes.
 *
 * K1: nothing is read beyond the end, nothing takes longer than the message has bytes: a pointer
 * leads backwards only, and each further one of the same name before the one before.
 */
import { BYTE_TEXTS, LABEL_BYTES_MAX, NAME_BYTES_MAX, type Name } from './name.ts';

/** The head of a record; its data lie at `dataStart`, `dataLength` bytes inside the message. */
export interface RecordEnvelope {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly dataStart: number;
  readonly dataLength: number;
}

export class PacketReader {
  readonly packet: Uint8Array;
  /** Where the next part begins. Means nothing once something could not be read. */
  offset: number;

  constructor(packet: Uint8Array, offset: number) {
    this.packet = packet;
    this.offset = offset;
  }

  /** Undefined: the message ends before, or the name is none. */
  name(): Name | undefined {
    const { packet } = this;
    const starts: number[] = [];
    let text = '';
    let bytes = 1;
    const begin = this.offset;
    let at = begin;
    let jumped = false;
    let before = at;
    for (;;) {
      const length = packet[at];
      if (length === undefined) return undefined;
      if (length === 0) break;
      if (length > LABEL_BYTES_MAX) {
        const target = pointerAt(packet, at);
        if (target === undefined || target >= before) return undefined;
        if (!jumped) this.offset = at + 2;
        jumped = true;
        at = before = target;
        continue;
      }
      const end = at + 1 + length;
      bytes += length + 1;
      if (end >= packet.length || bytes > NAME_BYTES_MAX) return undefined;
      if (text !== '') text += '.';
      starts.push(text.length);
      for (let i = at + 1; i < end; i++) text += BYTE_TEXTS[packet[i] ?? 0] ?? '';
      at = end;
    }
    if (jumped) return { text, wire: gather(packet, begin, bytes), starts };
    const wire = packet.subarray(begin, at + 1);
    this.offset = at + 1;
    return { text, wire, starts };
  }

  /** A 16-bit number; undefined: the message ends before. */
  uint16(): number | undefined {
    const { packet, offset } = this;
    if (offset + 2 > packet.length) return undefined;
    this.offset = offset + 2;
    return uint16At(packet, offset);
  }

  /** The head of a record; the next part begins behind its data. */
  record(): RecordEnvelope | undefined {
    const name = this.name();
    if (name === undefined) return undefined;
    const { packet, offset } = this;
    const dataStart = offset + 10;
    if (dataStart > packet.length) return undefined;
    const dataLength = uint16At(packet, offset + 8);
    if (dataStart + dataLength > packet.length) return undefined;
    this.offset = dataStart + dataLength;
    return {
      name,
      type: uint16At(packet, offset),
      class: uint16At(packet, offset + 2),
      ttl: uint16At(packet, offset + 4) * 0x10000 + uint16At(packet, offset + 6),
      dataStart,
      dataLength,
    };
  }
}

/** The number at a place that the caller knows to be inside. */
export function uint16At(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}

/** The bytes of a name that was found good, without its pointers. */
function gather(packet: Uint8Array, begin: number, bytes: number): Uint8Array {
  const wire = new Uint8Array(bytes);
  let at = begin;
  let to = 0;
  while (to < bytes - 1) {
    const length = packet[at] ?? 0;
    if (length > LABEL_BYTES_MAX) {
      at = pointerAt(packet, at) ?? 0;
      continue;
    }
    for (const end = at + 1 + length; at < end; at++) wire[to++] = packet[at] ?? 0;
  }
  return wire;
}

/** Where a pointer leads; undefined: it is none, or the message ends inside it. */
function pointerAt(packet: Uint8Array, at: number): number | undefined {
  const high = packet[at] ?? 0;
  const low = packet[at + 1];
  return high < POINTER || low === undefined ? undefined : ((high & 0x3f) << 8) | low;
}

const POINTER = 0xc0;
