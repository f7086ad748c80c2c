/**
 * UUIDs from a seed that the edge drew: every replica of a decision, and every replay of a
 * simulation, draws the same ones.
 *
 * The stream has 128 bits of state (xoshiro128**), so that two evaluations never share a piece of
 * it; `Random` with its 32 would, after some ten thousand of them.
 */

/**
 * Answers a function that draws one unused UUID (version 4 in form) after another.
 *
 * @param seed must itself be unlike all others: a UUID of the edge's
 */
export function createIdSource(seed: string): () => string {
  const state = hash128(seed);
  return () => {
    const a = next(state);
    const b = (next(state) & 0xffff0fff) | 0x4000;
    const c = (next(state) & 0x3fffffff) | 0x80000000;
    return formatUuid(a, b, c, next(state));
  };
}

/** One flat string. Pieces put together would be flattened again wherever it becomes a key. */
function formatUuid(a: number, b: number, c: number, d: number): string {
  // prettier-ignore
  return String.fromCharCode(
    hex(a, 28), hex(a, 24), hex(a, 20), hex(a, 16), hex(a, 12), hex(a, 8), hex(a, 4), hex(a, 0),
    DASH, hex(b, 28), hex(b, 24), hex(b, 20), hex(b, 16),
    DASH, hex(b, 12), hex(b, 8), hex(b, 4), hex(b, 0),
    DASH, hex(c, 28), hex(c, 24), hex(c, 20), hex(c, 16),
    DASH, hex(c, 12), hex(c, 8), hex(c, 4), hex(c, 0),
    hex(d, 28), hex(d, 24), hex(d, 20), hex(d, 16), hex(d, 12), hex(d, 8), hex(d, 4), hex(d, 0),
  );
}

const DASH = 0x2d;

/** The character of four bits. */
function hex(word: number, shift: number): number {
  const digit = (word >>> shift) & 0xf;
  return digit < 10 ? 0x30 + digit : 0x57 + digit;
}

/** Source: Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c */
function next(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = state;
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  const c1 = c ^ a;
  const d1 = d ^ b;
  state[0] = a ^ d1;
  state[1] = b ^ c1;
  state[2] = c1 ^ (b << 9);
  state[3] = rotate(d1, 11);
  return result;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** Four FNV-like hashes that feed each other; never all zero. */
function hash128(text: string): Uint32Array {
  const words = Uint32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (let w = 0; w < 4; w++) {
      words[w] = Math.imul(
        (words[w] ?? 0) ^ code ^ ((words[(w + 1) & 3] ?? 0) >>> 13),
        PRIMES[w] ?? 1,
      );
    }
  }
  for (let i = 0; i < 8; i++) next(words);
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}

const PRIMES = [0x01000193, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
