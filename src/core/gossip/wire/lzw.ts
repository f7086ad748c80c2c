/**
 * Lempel-Ziv-Welch as memberlist uses it: literals of eight bits, codes of 9 to 12 bits with the
 * least significant bit first, a clear code at the beginning and whenever the table is full.
 *
 * Source: https://pkg.go.dev/compress/lzw (order LSB, width 8)
 */
import { Failure } from '../../../base/failure.ts';

const CLEAR = 256;
const END = 257;
const CODES_MAX = 4096;
/** A place of a table that holds nothing. */
const FREE = 0;

/** Compresses; the answer may be longer than what it was given. */
export function compressLzw(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter(bytes.length);
  const table = new CodeTable(bytes.length);
  let next = END;
  let width = 9;
  out.write(CLEAR, width);
  // A new entry is made for each code that is written, and counts before the one that follows.
  const grow = (): boolean => {
    next++;
    if (next === 1 << width && width < 12) width++;
    if (next < CODES_MAX - 1) return true;
    out.write(CLEAR, width);
    table.clear();
    next = END;
    width = 9;
    return false;
  };
  let code = bytes[0] ?? -1;
  for (let i = 1; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const known = table.find(((code << 8) | byte) + 1);
    if (known !== undefined) {
      code = known;
      continue;
    }
    out.write(code, width);
    if (grow()) table.setMissing(next);
    code = byte;
  }
  if (code >= 0) {
    out.write(code, width);
    grow();
  }
  out.write(END, width);
  return out.take();
}

/**
 * Unpacks.
 *
 * @param most bytes that the answer may have
 * Fails: `invalid` for what is not compressed so, or becomes larger.
 */
export function unpackLzw(bytes: Uint8Array, most: number): Uint8Array {
  const input = new BitReader(bytes);
  const out = new Output(bytes.length, most);
  // A code takes more than a byte, so there are fewer of them, and no piece has more bytes.
  const codes = Math.min(CODES_MAX, END + 1 + bytes.length);
  const prefix = new Uint16Array(codes);
  const suffix = new Uint8Array(codes);
  const piece = new Uint8Array(codes);
  let next = END;
  let width = 9;
  let last = -1;
  for (;;) {
    const code = input.read(width);
    if (code === END) return out.take();
    if (code === CLEAR) {
      next = END;
      width = 9;
      last = -1;
      continue;
    }
    if (code > next) throw malformed('an unknown code');
    const isNew = code === next && last >= 0;
    // Each piece is found from its end; the code just being made ends as its beginning does.
    let at = codes;
    let walk = isNew ? last : code;
    if (isNew) at--;
    while (walk > END) {
      piece[--at] = suffix[walk] ?? 0;
      walk = prefix[walk] ?? 0;
    }
    piece[--at] = walk;
    if (isNew) piece[codes - 1] = walk;
    out.write(piece, at);
    if (last >= 0) {
      suffix[next] = walk;
      prefix[next] = last;
    }
    // A full table stays as it is until it is cleared.
    if (next < CODES_MAX - 1) {
      next++;
      last = code;
    } else last = -1;
    width = widened(next, width);
  }
}

/** Bits of the next code. */
function widened(next: number, width: number): number {
  return next >= 1 << width && width < 12 ? width + 1 : width;
}

/**
 * The code of each sequence, by the code of all but its last byte and that byte. A hash table in
 * two arrays, at most half full: each packet is compressed, and a `Map` took most of that time.
 */
class CodeTable {
  readonly #keys: Int32Array;
  readonly #codes: Uint16Array;
  readonly #mask: number;
  #missing = 0;
  #missingKey = 0;

  /** @param length of what is compressed: it has fewer sequences than bytes */
  constructor(length: number) {
    const slots = 1 << Math.ceil(Math.log2(2 * Math.min(Math.max(length, 16), CODES_MAX)));
    this.#keys = new Int32Array(slots);
    this.#codes = new Uint16Array(slots);
    this.#mask = slots - 1;
  }

  /** @param key above 0; undefined: it has none, its place is kept for `setMissing` */
  find(key: number): number | undefined {
    const keys = this.#keys;
    let at = Math.imul(key, 0x9e37_79b1) >>> 12;
    for (;;) {
      at &= this.#mask;
      const held = keys[at];
      if (held === key) return this.#codes[at];
      if (held === FREE) break;
      at++;
    }
    this.#missing = at;
    this.#missingKey = key;
    return undefined;
  }

  /** Gives the sequence that was just not found its code. */
  setMissing(code: number): void {
    this.#keys[this.#missing] = this.#missingKey;
    this.#codes[this.#missing] = code;
  }

  clear(): void {
    this.#keys.fill(FREE);
  }
}

class BitWriter {
  /** Nine bits for each byte, the codes around them, and a clear code now and then. */
  readonly #bytes: Uint8Array;
  #size = 0;
  #held = 0;
  #count = 0;

  /** @param length of what is compressed */
  constructor(length: number) {
    this.#bytes = new Uint8Array(length * 1.5 + 16);
  }

  write(code: number, width: number): void {
    this.#held |= code << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.#bytes[this.#size++] = this.#held & 0xff;
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  take(): Uint8Array {
    if (this.#count > 0) this.#bytes[this.#size++] = this.#held & 0xff;
    return this.#bytes.slice(0, this.#size);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(width: number): number {
    while (this.#count < width) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw malformed('it ends too soon');
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    const code = this.#held & ((1 << width) - 1);
    this.#held >>>= width;
    this.#count -= width;
    return code;
  }
}

class Output {
  readonly #most: number;
  #bytes: Uint8Array;
  #size = 0;

  /** @param packed bytes of what is unpacked */
  constructor(packed: number, most: number) {
    this.#most = most;
    this.#bytes = new Uint8Array(Math.min(4 * packed, most));
  }

  /** Writes the rest of a piece, from one of its bytes on. */
  write(piece: Uint8Array, from: number): void {
    const size = this.#size + piece.length - from;
    if (size > this.#most) throw malformed(`it becomes longer than ${this.#most} bytes`);
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    // Pieces are short: this is faster than a view of each.
    for (let at = from; at < piece.length; at++) this.#bytes[this.#size++] = piece[at] ?? 0;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}

function malformed(why: string): Failure {
  return new Failure('invalid', `malformed compressed message: ${why}`);
}
