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

/** Compresses; the answer may be longer than what it was given. */
export function compressLzw(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter();
  let table = new Map<number, number>();
  let next = END;
  let width = 9;
  out.write(CLEAR, width);
  // A new entry is made for each code that is written, and counts before the one that follows.
  const grow = (): boolean => {
    next++;
    if (next === 1 << width && width < 12) width++;
    if (next < CODES_MAX - 1) return true;
    out.write(CLEAR, width);
    table = new Map();
    next = END;
    width = 9;
    return false;
  };
  let code = bytes[0] ?? -1;
  for (let i = 1; i < bytes.length; i++) {
    const key = (code << 8) | (bytes[i] ?? 0);
    const known = table.get(key);
    if (known !== undefined) {
      code = known;
      continue;
    }
    out.write(code, width);
    if (grow()) table.set(key, next);
    code = bytes[i] ?? 0;
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
  const out = new Output(most);
  const prefix = new Uint16Array(CODES_MAX);
  const suffix = new Uint8Array(CODES_MAX);
  const piece = new Uint8Array(CODES_MAX);
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
    let at = CODES_MAX;
    let walk = isNew ? last : code;
    if (isNew) at--;
    while (walk > END) {
      piece[--at] = suffix[walk] ?? 0;
      walk = prefix[walk] ?? 0;
    }
    piece[--at] = walk;
    if (isNew) piece[CODES_MAX - 1] = walk;
    out.write(piece.subarray(at));
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

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  write(code: number, width: number): void {
    this.#held |= code << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.#bytes.push(this.#held & 0xff);
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  take(): Uint8Array {
    if (this.#count > 0) this.#bytes.push(this.#held & 0xff);
    return Uint8Array.from(this.#bytes);
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
  #bytes = new Uint8Array(4096);
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  write(piece: Uint8Array): void {
    const size = this.#size + piece.length;
    if (size > this.#most) throw malformed(`it becomes longer than ${this.#most} bytes`);
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#size);
    this.#size = size;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}

function malformed(why: string): Failure {
  return new Failure('invalid', `malformed compressed message: ${why}`);
}
