/**
 * Hashes of rows, summed without regard to order: two replicas that hold the same rows have the
 * same sum, and a changed row costs one subtraction and one addition.
 *
 * H1: equal rows hash alike, whatever the order of their fields; an absent field is like an
 *     undefined one.
 */

/** A sum of row hashes in two lanes of 32 bits. */
export type HashSum = Readonly<{ a: number; b: number }>;

export const NO_ROWS: HashSum = { a: 0, b: 0 };

/** Both lanes of the last hash; read at once after `hashRow`, which allocates nothing. */
export const lanes = { a: 0, b: 0 };

/** Hashes one row of one table into `lanes`. */
export function hashRow(seed: number, row: object): void {
  const mixed = hashObject(row) ^ seed;
  lanes.a = finish(mixed);
  lanes.b = finish(Math.imul(mixed, 0x9e3779b1) ^ lowerLane);
}

/** Sixteen hexadecimal digits. */
export function hashText(sum: HashSum): string {
  return hex(sum.a) + hex(sum.b);
}

/** A seed from a table's name. */
export function hashSeed(name: string): number {
  return hashString(name);
}

// A second, independent accumulation over the same walk, so that 64 bits come of one pass.
let lowerLane = 0;

function hashObject(value: object): number {
  lowerLane = 0;
  return walk(value);
}

function walk(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return hashString(value);
    case 'number':
      return hashNumber(value);
    case 'boolean':
      return value ? 0x2545f491 : 0x4f6cdd1d;
    case 'object':
      if (value === null) return 0x7feb352d;
      return Array.isArray(value) ? walkArray(value) : walkRecord(value as Record<string, unknown>);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return 0;
  }
}

function walkArray(items: readonly unknown[]): number {
  let h = items.length + 0x51ed270b;
  for (const item of items) h = Math.imul(h ^ walk(item), 0x85ebca6b) ^ (h >>> 15);
  return h | 0;
}

function walkRecord(record: Record<string, unknown>): number {
  let sum = 0x1b873593;
  for (const key in record) {
    const value = record[key];
    if (value === undefined) continue;
    const walked = typeof value === 'object' ? walkShared(key, value) : walk(value);
    const field = finish(hashKey(key) ^ Math.imul(walked, 0xc2b2ae35));
    sum = (sum + field) | 0;
    lowerLane = (lowerLane + Math.imul(field ^ 0x27d4eb2f, 0x165667b1)) | 0;
  }
  return sum;
}

/** The last value seen in fields whose values many rows in succession share by reference. */
const SHARED = new Map<string, { value: object | null; walked: number; lower: number }>([
  ['metrics', { value: null, walked: 0, lower: 0 }],
  ['resources', { value: null, walked: 0, lower: 0 }],
]);

function walkShared(key: string, value: object | null): number {
  const last = SHARED.get(key);
  if (last === undefined) return walk(value);
  if (last.value !== value) {
    const before = lowerLane;
    last.walked = walk(value);
    last.lower = (lowerLane - before) | 0;
    last.value = value;
    return last.walked;
  }
  lowerLane = (lowerLane + last.lower) | 0;
  return last.walked;
}

function hashString(text: string): number {
  let h = 0x811c9dc5 ^ text.length;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);

function hashNumber(value: number): number {
  if ((value | 0) === value) return Math.imul(value ^ 0x68e31da4, 0xb5297a4d);
  FLOAT[0] = value;
  return Math.imul((WORDS[0] ?? 0) ^ Math.imul(WORDS[1] ?? 0, 0x1b56c4e9), 0xb5297a4d);
}

// Field names come from a small vocabulary, except where a row holds a free-form record.
const KEY_HASHES = new Map<string, number>();
const KEY_HASHES_MAX = 10_000;

function hashKey(key: string): number {
  const known = KEY_HASHES.get(key);
  if (known !== undefined) return known;
  const h = hashString(key);
  if (KEY_HASHES.size < KEY_HASHES_MAX) KEY_HASHES.set(key, h);
  return h;
}

function finish(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
