/** Keys and values on the wire. */
import { exactNumber } from '../../base/json.ts';
import { fromBase64 } from '../../base/base64.ts';
import type { Index } from '../../base/brand.ts';
import type { KvPair } from '../../core/model/kv.ts';
import type { KvDelta } from '../../core/state/kv-delta.ts';
import { describe, note, OMIT, shape, type Codec, type Shape } from '../codec/codec.ts';
import { instantText, int, list, listOf, maybe, nested, text, textCodec } from '../codec/fields.ts';
import type { QueryField } from '../query.ts';

const UINT64_MAX = 2n ** 64n - 1n;

/** An unsigned 64-bit number as decimal text, without leading zeros; `undefined`: it is none. */
function uint64(digits: string): string | undefined {
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const number = BigInt(digits);
  return number > UINT64_MAX ? undefined : number.toString();
}

/** An unsigned 64-bit number, held as decimal text: every digit counts. */
export const UINT64: Codec<string> = {
  encode: (value) => exactNumber(value as string),
  decode: (raw, path, to) => {
    const told =
      typeof raw === 'number' || typeof raw === 'string' ? uint64(String(raw)) : undefined;
    return told ?? note(to, path, `expected a number of 64 bits, got ${describe(raw)}`);
  },
  zero: () => '0',
};

/** A parameter that is an unsigned 64-bit number, held as decimal text. */
export function queryUint64(wire: string, about: string): QueryField<string> {
  return {
    wire,
    about,
    encode: (value) => value,
    decode: uint64,
    expected: 'a number of 64 bits',
  };
}

/** Bytes as Base64, held as Base64; `null` on the wire where there are none. */
export const BASE64: Codec<string> = {
  encode: (value) => (value === '' ? null : (value as string)),
  decode: (raw, path, to) =>
    typeof raw === 'string' && fromBase64(raw) !== undefined
      ? raw
      : note(to, path, `expected Base64, got ${describe(raw)}`),
  zero: () => '',
};

export const KV_PAIR: Shape<KvPair> = shape({
  lockIndex: int('LockIndex'),
  key: text('Key'),
  flags: nested('Flags', UINT64, 0),
  value: nested('Value', BASE64),
  session: maybe(text('Session', OMIT)),
  // Not Consul's: only keys that expire have it.
  expiresAt: maybe(instantText('ExpiresAt', OMIT)),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

/** What became of a key; without a pair it is gone. */
const KV_DELTA: Shape<KvDelta> = shape({
  key: text('Key'),
  pair: maybe(nested('Pair', KV_PAIR, OMIT)),
});

/**
 * One line of a stream of changes: all there is, or what one entry changed, or neither: up to this
 * index nothing else has changed.
 */
export interface KvWatchLine {
  readonly index: Index;
  readonly snapshot?: readonly KvPair[];
  readonly changes?: readonly KvDelta[];
}

export const KV_WATCH_LINE: Shape<KvWatchLine> = shape({
  index: int('Index'),
  snapshot: maybe(list('Snapshot', KV_PAIR, OMIT)),
  changes: maybe(list('Changes', KV_DELTA, OMIT)),
});

const PAIRS = listOf(KV_PAIR);
const KEYS = listOf(textCodec);

/** What a read of the store answers: pairs, or with `?keys` their keys. */
export type KvAnswer = readonly KvPair[] | readonly string[];

export const KV_ANSWER: Codec<KvAnswer> = {
  encode: (value, mode) => codecOf((value as KvAnswer)[0]).encode(value, mode),
  decode: (raw, path, to) =>
    codecOf(Array.isArray(raw) ? (raw as unknown[])[0] : undefined).decode(raw, path, to),
  zero: () => [],
};

function codecOf(first: unknown): Codec<unknown> {
  return typeof first === 'string' ? KEYS : PAIRS;
}
