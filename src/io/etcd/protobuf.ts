/**
 * The protobuf wire format, as far as etcd's messages use it.
 *
 * P1: fields at their zero value are left out, and come back as zero, as proto3 has it.
 * P2: unknown fields are skipped, so that newer peers are understood.
 * P3: bytes that are no message are told as a Failure and never read beyond their end.
 *
 * Source: the encoding chapter of the Protocol Buffers documentation.
 */
import { Failure } from '../../base/failure.ts';

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** A varint of 64 bits takes at most this many bytes. */
const VARINT_BYTES_MAX = 10;

/** Builds one message, field after field. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  /** A whole number from 0 to 2^53 - 1. */
  number(tag: number, value = 0): this {
    return value === 0 ? this : this.big(tag, BigInt(value));
  }

  /** Any whole number of 64 bits; negative ones as their two's complement. */
  big(tag: number, value = 0n): this {
    if (value === 0n) return this;
    this.#parts.push(varint(BigInt(tag * 8 + VARINT)), varint(BigInt.asUintN(64, value)));
    return this;
  }

  flag(tag: number, value = false): this {
    return this.number(tag, value ? 1 : 0);
  }

  text(tag: number, value = ''): this {
    return this.bytes(tag, Buffer.from(value, 'utf8'));
  }

  bytes(tag: number, value: Uint8Array = EMPTY): this {
    return value.length === 0 ? this : this.message(tag, value);
  }

  /** A message within this one; unlike the others it is there even where it is empty. */
  message(tag: number, encoded: Uint8Array): this {
    const head = [varint(BigInt(tag * 8 + DELIMITED)), varint(BigInt(encoded.length))];
    this.#parts.push(...head, encoded);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** The value of one field: a number where it is a varint, else bytes. */
export class FieldValue {
  readonly #value: bigint | Buffer;

  constructor(value: bigint | Buffer) {
    this.#value = value;
  }

  get big(): bigint {
    if (typeof this.#value !== 'bigint') throw malformed('a number was expected');
    return this.#value;
  }

  /** Only for what stays below 2^53; negative where the sender's was. */
  get number(): number {
    return Number(BigInt.asIntN(64, this.big));
  }

  get flag(): boolean {
    return this.big !== 0n;
  }

  get bytes(): Buffer {
    if (typeof this.#value === 'bigint') throw malformed('bytes were expected');
    return this.#value;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }
}

/** Hands every field of a message to `take`, in the order in which they were sent. */
export function readFields(
  message: Uint8Array,
  take: (tag: number, value: FieldValue) => void,
): void {
  const reader = new Reader(message);
  while (!reader.isAtEnd) {
    const key = Number(reader.varint());
    const value = reader.value(key % 8);
    if (value !== undefined) take(Math.floor(key / 8), new FieldValue(value));
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let small = 0;
    // Numbers below 2^49, which are nearly all, need no BigInt on the way.
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte();
      small += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (let i = 7; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number does not end');
  }

  /** Undefined for what no message of etcd holds. */
  value(wire: number): bigint | Buffer | undefined {
    switch (wire) {
      case VARINT:
        return this.varint();
      case DELIMITED:
        return this.#take(Number(this.varint()));
      case FIXED64:
        this.#take(8);
        return undefined;
      case FIXED32:
        this.#take(4);
        return undefined;
      default:
        throw malformed(`a field has the unknown type ${wire}`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed('it ends within a number');
    this.#at += 1;
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed('it ends within a field');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

function varint(value: bigint): Uint8Array {
  if (value < 0x80n) return Uint8Array.of(Number(value));
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function malformed(what: string): Failure {
  return new Failure('internal', `cannot read a message of etcd: ${what}`);
}

const EMPTY = new Uint8Array(0);
