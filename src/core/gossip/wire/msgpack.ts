/**
 * The part of msgpack that memberlist and Serf use, in the old form of the specification: text and
 * bytes are both "raw", there are no extensions.
 *
 * M1: reading is bounded by the bytes that are there and by `MSGPACK_DEPTH_MAX`; what is malformed
 *     is a `Failure` that says where.
 * M2: integers beyond 2^53 are refused: they are no time or length that anybody means.
 *
 * It is written here, not taken from a library, because the core reaches none, and because those
 * that exist write text in the newer form, which Serf's readers do not know.
 *
 * Source: https://github.com/msgpack/msgpack/blob/master/spec-old.md
 */
import { Failure } from '../../../base/failure.ts';
import { MSGPACK_DEPTH_MAX } from '../limits.ts';

/** A value as read. Text is bytes until somebody asks for it as text. */
export type Packed =
  null | boolean | number | Uint8Array | readonly Packed[] | ReadonlyMap<string, Packed>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Puts bytes together; each method answers the writer itself. */
export class PackWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  /** What was written: a copy. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#size++] = value;
    return this;
  }

  /** Bytes as they are, without a length before them. */
  bare(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
    return this;
  }

  nil(): this {
    return this.byte(0xc0);
  }

  flag(value: boolean): this {
    return this.byte(value ? 0xc3 : 0xc2);
  }

  /** A whole number within +-2^53. */
  int(value: number): this {
    if (value < 0) return this.#negative(value);
    if (value < 0x80) return this.byte(value);
    if (value < 0x100) return this.byte(0xcc).byte(value);
    if (value < 0x10000) return this.byte(0xcd).#uint(value, 2);
    if (value < 0x1_0000_0000) return this.byte(0xce).#uint(value, 4);
    return this.byte(0xcf).#wide(BigInt(value));
  }

  float(value: number): this {
    this.byte(0xcb).#room(8);
    this.#view.setFloat64(this.#size, value);
    this.#size += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    const { length } = bytes;
    if (length < 32) this.byte(0xa0 | length);
    else if (length < 0x10000) this.byte(0xda).#uint(length, 2);
    else this.byte(0xdb).#uint(length, 4);
    return this.bare(bytes);
  }

  text(text: string): this {
    return this.raw(encoder.encode(text));
  }

  /** The values follow. */
  list(count: number): this {
    if (count < 16) return this.byte(0x90 | count);
    return count < 0x10000 ? this.byte(0xdc).#uint(count, 2) : this.byte(0xdd).#uint(count, 4);
  }

  /** Pairs of text and value follow. */
  map(count: number): this {
    if (count < 16) return this.byte(0x80 | count);
    return count < 0x10000 ? this.byte(0xde).#uint(count, 2) : this.byte(0xdf).#uint(count, 4);
  }

  #negative(value: number): this {
    if (value >= -32) return this.byte(value & 0xff);
    if (value >= -0x80) return this.byte(0xd0).byte(value & 0xff);
    return this.byte(0xd3).#wide(BigInt.asUintN(64, BigInt(value)));
  }

  #uint(value: number, size: 2 | 4): this {
    this.#room(size);
    if (size === 2) this.#view.setUint16(this.#size, value);
    else this.#view.setUint32(this.#size, value);
    this.#size += size;
    return this;
  }

  #wide(value: bigint): this {
    this.#room(8);
    this.#view.setBigUint64(this.#size, value);
    this.#size += 8;
    return this;
  }

  #room(size: number): void {
    if (this.#size + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + size));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads one value after the other. */
export class PackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** Fails: `exhausted` where the bytes end too soon, `invalid` for what is no msgpack. */
  value(depth = 0): Packed {
    if (depth > MSGPACK_DEPTH_MAX) throw this.#bad('values lie too deep inside each other');
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 0x100;
    if (tag < 0x90) return this.#map(tag & 15, depth);
    if (tag < 0xa0) return this.#list(tag & 15, depth);
    if (tag < 0xc0) return this.#raw(tag & 31);
    return this.#long(tag, depth);
  }

  #long(tag: number, depth: number): Packed {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return tag === 0xc3;
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(tag === 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(tag === 0xde ? 2 : 4), depth);
      default:
        return this.#longRaw(tag);
    }
  }

  #longRaw(tag: number): Packed {
    switch (tag) {
      case 0xc4:
      case 0xd9:
        return this.#raw(this.#uint(1));
      case 0xc5:
      case 0xda:
        return this.#raw(this.#uint(2));
      case 0xc6:
      case 0xdb:
        return this.#raw(this.#uint(4));
      default:
        return this.#number(tag);
    }
  }

  #number(tag: number): number {
    switch (tag) {
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return this.#exact(this.#view.getBigUint64(this.#skip(8)));
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return this.#exact(this.#view.getBigInt64(this.#skip(8)));
      default:
        throw this.#bad(`0x${tag.toString(16)} begins no value`);
    }
  }

  #exact(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.#bad('a number is too large');
    return number;
  }

  #raw(size: number): Uint8Array {
    const from = this.#skip(size);
    return this.#bytes.subarray(from, from + size);
  }

  #list(count: number, depth: number): readonly Packed[] {
    // Each value has a byte at least.
    if (count > this.#bytes.length - this.at) throw this.#short();
    const values: Packed[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(depth + 1));
    return values;
  }

  #map(count: number, depth: number): ReadonlyMap<string, Packed> {
    if (count * 2 > this.#bytes.length - this.at) throw this.#short();
    const values = new Map<string, Packed>();
    for (let i = 0; i < count; i++) {
      const key = this.value(depth + 1);
      if (!(key instanceof Uint8Array)) throw this.#bad('a name in a map is no text');
      values.set(decoder.decode(key), this.value(depth + 1));
    }
    return values;
  }

  #uint(size: 1 | 2 | 4): number {
    const at = this.#skip(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** Answers where the bytes lie that were passed over. */
  #skip(size: number): number {
    if (size > this.#bytes.length - this.at) throw this.#short();
    const from = this.at;
    this.at += size;
    return from;
  }

  #bad(why: string): Failure {
    return new Failure('invalid', `malformed message at byte ${this.at}: ${why}`);
  }

  #short(): Failure {
    return new Failure('exhausted', `the message ends too soon, at byte ${this.#bytes.length}`);
  }
}

/**
 * The fields of a structure. What is absent or nil has its kind's empty value, as in Go; what is of
 * another kind fails.
 */
export class Fields {
  readonly #map: ReadonlyMap<string, Packed>;

  /** Fails: `invalid` for anything but a map. */
  constructor(value: Packed) {
    if (!(value instanceof Map)) throw new Failure('invalid', 'malformed message: expected a map');
    this.#map = value;
  }

  entries(): Iterable<readonly [string, Packed]> {
    return this.#map;
  }

  /** A whole number from 0 to `most`. */
  uint(name: string, most: number = 0xffff_ffff): number {
    const value = this.#map.get(name) ?? 0;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
      throw wrong(name, `a number from 0 to ${most}`);
    }
    return value;
  }

  /** Lamport times, durations: whole numbers. */
  whole(name: string): number {
    return this.uint(name, Number.MAX_SAFE_INTEGER);
  }

  float(name: string): number {
    const value = this.#map.get(name) ?? 0;
    if (typeof value !== 'number') throw wrong(name, 'a number');
    return value;
  }

  flag(name: string): boolean {
    const value = this.#map.get(name) ?? false;
    if (typeof value !== 'boolean') throw wrong(name, 'true or false');
    return value;
  }

  raw(name: string): Uint8Array {
    const value = this.#map.get(name) ?? EMPTY;
    if (value instanceof Uint8Array) return value;
    // Without a special case for bytes, writers send them as a list of numbers.
    if (Array.isArray(value) && value.every((each) => typeof each === 'number')) {
      return Uint8Array.from(value);
    }
    throw wrong(name, 'bytes');
  }

  text(name: string): string {
    return textOf(this.raw(name));
  }

  list(name: string): readonly Packed[] {
    const value = this.#map.get(name) ?? [];
    if (!Array.isArray(value)) throw wrong(name, 'a list');
    return value as readonly Packed[];
  }

  map(name: string): ReadonlyMap<string, Packed> {
    const value = this.#map.get(name) ?? new Map<string, Packed>();
    if (!(value instanceof Map)) throw wrong(name, 'a map');
    return value as ReadonlyMap<string, Packed>;
  }
}

const EMPTY = new Uint8Array(0);

function wrong(name: string, expected: string): Failure {
  return new Failure('invalid', `malformed message: ${name}: expected ${expected}`);
}
