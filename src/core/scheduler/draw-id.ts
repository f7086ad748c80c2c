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
    const b = next(state);
    const c = next(state);
    const d = next(state);
    return (
      hex32(a) +
      '-' +
      hex16(b >>> 16) +
      '-' +
      hex16((b & 0x0fff) | 0x4000) +
      '-' +
      hex16(((c >>> 16) & 0x3fff) | 0x8000) +
      '-' +
      hex16(c & 0xffff) +
      hex32(d)
    );
  };
}

const HEX = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(4, '0'));

function hex16(value: number): string {
  return HEX[value] ?? '';
}

function hex32(value: number): string {
  return hex16(value >>> 16) + hex16(value & 0xffff);
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
