/**
 * The kinds of values that stand on the wire, and the fields made of them.
 *
 * Every constructor takes the wire name and what stands there when the model has nothing.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import type { Draft } from '../../core/model/draft.ts';
import { describe, isObject, note } from './codec.ts';
import type { Absent, Codec, Decoding, Field, Mode, Presence, Shape } from './codec.ts';
import { parseDuration } from '../../base/duration.ts';

/** Deeper free-form configuration is an attack or a mistake; Go's own limit is 10,000. */
export const MAX_FREE_FORM_DEPTH = 100;

const NS_PER_MS = 1_000_000;
/** Go keeps durations and instants in an int64 of nanoseconds. */
const INT64_MAX = 2 ** 63;

const TEXT: Codec<never> = {
  encode: (value) => value as string,
  decode: (raw, path, to) =>
    typeof raw === 'string' ? raw : note(to, path, `expected a string, got ${describe(raw)}`),
  zero: () => '',
};

const INT: Codec<never> = {
  encode: (value) => value as number,
  decode: (raw, path, to) => {
    if (typeof raw !== 'number') return note(to, path, `expected a number, got ${describe(raw)}`);
    return Number.isSafeInteger(raw)
      ? raw
      : note(to, path, `expected a whole number, got ${describe(raw)}`);
  },
  zero: () => 0,
};

const FLOAT: Codec<never> = {
  encode: (value) => value as number,
  decode: (raw, path, to) =>
    Number.isFinite(raw) ? raw : note(to, path, `expected a number, got ${describe(raw)}`),
  zero: () => 0,
};

const BOOL: Codec<never> = {
  encode: (value) => value as boolean,
  decode: (raw, path, to) =>
    typeof raw === 'boolean' ? raw : note(to, path, `expected true or false, got ${describe(raw)}`),
  zero: () => false,
};

/** Nanoseconds on the wire, milliseconds here. Text such as `30s` is read too, as Nomad does. */
const DURATION: Codec<never> = {
  encode: (value) => Math.round((value as number) * NS_PER_MS),
  decode: (raw, path, to) => {
    if (typeof raw === 'number' && Math.abs(raw) <= INT64_MAX) return raw / NS_PER_MS;
    const parsed = typeof raw === 'string' ? parseDuration(raw) : undefined;
    return (
      parsed ??
      note(to, path, `expected a duration in nanoseconds or like "30s", got ${describe(raw)}`)
    );
  },
  zero: () => 0,
};

/** An instant as nanoseconds since the epoch. */
const INSTANT_NS: Codec<never> = {
  encode: (value) => (value as number) * NS_PER_MS,
  decode: (raw, path, to) =>
    typeof raw === 'number' && Math.abs(raw) <= INT64_MAX
      ? Math.round(raw / NS_PER_MS)
      : note(to, path, `expected nanoseconds, got ${describe(raw)}`),
  zero: () => 0,
};

/** An instant as seconds since the epoch. */
const INSTANT_SECONDS: Codec<never> = {
  encode: (value) => Math.floor((value as number) / 1000),
  decode: (raw, path, to) =>
    Number.isFinite(raw)
      ? Number(raw) * 1000
      : note(to, path, `expected seconds, got ${describe(raw)}`),
  zero: () => 0,
};

/** What Go writes for an instant that never was. */
export const GO_ZERO_TIME = '0001-01-01T00:00:00Z';

/** An instant as RFC 3339 text. */
const INSTANT_TEXT: Codec<never> = {
  encode: (value) => new Date(value as number).toISOString(),
  decode: (raw, path, to) => {
    if (raw === GO_ZERO_TIME || raw === '') return 0;
    const at = typeof raw === 'string' ? Date.parse(raw) : Number.NaN;
    return Number.isNaN(at) ? note(to, path, `expected a time, got ${describe(raw)}`) : at;
  },
  zero: () => 0,
};

const FREE_FORM: Codec<never> = {
  encode: (value) => value as JsonObject,
  decode: (raw, path, to) => {
    if (!isObject(raw)) return note(to, path, `expected an object, got ${describe(raw)}`);
    return isShallow(raw, MAX_FREE_FORM_DEPTH)
      ? raw
      : note(to, path, `is nested more than ${MAX_FREE_FORM_DEPTH} levels deep`);
  },
  zero: () => ({}),
};

const ANY: Codec<never> = {
  encode: (value) => value as Json,
  decode: (raw, path, to) =>
    isShallow(raw, MAX_FREE_FORM_DEPTH)
      ? raw
      : note(to, path, `is nested more than ${MAX_FREE_FORM_DEPTH} levels deep`),
  zero: () => null,
};

function isShallow(raw: unknown, left: number): boolean {
  if (typeof raw !== 'object' || raw === null) return true;
  if (left === 0) return false;
  return Object.values(raw).every((child) => isShallow(child, left - 1));
}

export const textCodec: Codec<string> = TEXT;
export const intCodec: Codec<number> = INT;
export const floatCodec: Codec<number> = FLOAT;
export const boolCodec: Codec<boolean> = BOOL;

/** Text; `T` narrows it to a branded or enumerated kind, whose values are checked by validation. */
export function text<T extends string>(wire: string, absent: Absent = ''): Field<T> {
  return field(wire, TEXT as Codec<unknown>, absent) as Field<T>;
}

/** A whole number. */
export function int<T extends number>(wire: string, absent: Absent = 0): Field<T> {
  return field(wire, INT as Codec<unknown>, absent) as Field<T>;
}

/** Any number. */
export function float(wire: string, absent: Absent = 0): Field<number> {
  return field(wire, FLOAT as Codec<unknown>, absent) as Field<number>;
}

/** True or false. */
export function bool(wire: string, absent: Absent = false): Field<boolean> {
  return field(wire, BOOL as Codec<unknown>, absent) as Field<boolean>;
}

/** A duration [ms]; nanoseconds on the wire. */
export function duration(wire: string, absent: Absent = 0): Field<number> {
  return field(wire, DURATION as Codec<unknown>, absent) as Field<number>;
}

/** An instant; nanoseconds since the epoch on the wire. */
export function instantNs<T extends number>(wire: string, absent: Absent = 0): Field<T> {
  return field(wire, INSTANT_NS as Codec<unknown>, absent) as Field<T>;
}

/** An instant; seconds since the epoch on the wire. */
export function instantSeconds<T extends number>(wire: string, absent: Absent = 0): Field<T> {
  return field(wire, INSTANT_SECONDS as Codec<unknown>, absent) as Field<T>;
}

/** An instant; RFC 3339 on the wire, Go's year 1 when absent. */
export function instantText<T extends number>(
  wire: string,
  absent: Absent = GO_ZERO_TIME,
): Field<T> {
  return field(wire, INSTANT_TEXT as Codec<unknown>, absent) as Field<T>;
}

/** An object of the user's own making, kept as written. */
export function freeForm(wire: string, absent: Absent = null): Field<JsonObject> {
  return field(wire, FREE_FORM as Codec<unknown>, absent) as Field<JsonObject>;
}

/** An object of a known shape. */
export function nested<T>(wire: string, codec: Codec<T>, absent: Absent = null): Field<T> {
  return field(wire, codec, absent);
}

/** A list of text. */
export function texts<T extends string>(wire: string, absent: Absent = null): Field<readonly T[]> {
  return list(wire, TEXT as unknown as Codec<T>, absent);
}

/** A list. */
export function list<T>(wire: string, item: Codec<T>, absent: Absent = null): Field<readonly T[]> {
  return field(wire, listOf(item), absent);
}

/** A map with text values. */
export function textMap(
  wire: string,
  absent: Absent = null,
): Field<Readonly<Record<string, string>>> {
  return map(wire, textCodec, absent);
}

/** A map with numbers. */
export function intMap(
  wire: string,
  absent: Absent = null,
): Field<Readonly<Record<string, number>>> {
  return map(wire, intCodec, absent);
}

/** A map of anything with a codec. */
export function map<T>(
  wire: string,
  item: Codec<T>,
  absent: Absent = null,
): Field<Readonly<Record<string, T>>> {
  return field(wire, mapOf(item), absent);
}

/** Marks a field that a finished value may lack. */
export function maybe<T>(base: Field<T>): Field<T, 'maybe'> {
  return { ...base, presence: 'maybe' };
}

/** The codec of a list. */
export function listOf<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    encode: (value, mode) => (value as readonly unknown[]).map((one) => item.encode(one, mode)),
    decode: (raw, path, to) => {
      if (!Array.isArray(raw)) return note(to, path, `expected a list, got ${describe(raw)}`);
      return raw.map((one, i) => decodeItem(item, one, `${path}[${i}]`, to));
    },
    zero: () => [],
  };
}

/** The codec of a map. Keys such as `__proto__` are plain keys. */
export function mapOf<T>(item: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    encode: (value, mode) =>
      mapValues(value as Readonly<Record<string, unknown>>, (one) => item.encode(one, mode)),
    decode: (raw, path, to) => {
      if (!isObject(raw)) return note(to, path, `expected an object, got ${describe(raw)}`);
      return Object.fromEntries(
        Object.entries(raw).map(([key, one]) => [
          key,
          decodeItem(item, one, `${path}[${JSON.stringify(key)}]`, to),
        ]),
      );
    },
    zero: () => ({}),
  };
}

/**
 * Wraps a shape whose wire form is not one name for each field.
 *
 * @param out rewrites what was encoded
 * @param back rewrites what is about to be decoded; gets any JSON object
 */
export function rewritten<T>(
  inner: Shape<T>,
  out: (wire: JsonObject, mode: Mode) => JsonObject,
  back: (wire: JsonObject) => JsonObject,
): Shape<T> {
  return {
    encode: (value, mode) => out(inner.encode(value, mode), mode),
    decode: (raw, path, to) =>
      inner.decode(isObject(raw) ? back(raw as JsonObject) : raw, path, to),
    zero: inner.zero,
  };
}

/** A codec that reads and writes another codec's wire form of a derived value. */
export function converted<T, Inner>(
  inner: Codec<Inner>,
  toInner: (value: T) => Inner,
  fromInner: (value: Inner) => T,
): Codec<T> {
  return {
    encode: (value, mode) => inner.encode(toInner(value as T), mode),
    decode: (raw, path, to) => {
      const decoded = inner.decode(raw, path, to);
      return decoded === undefined ? undefined : fromInner(decoded as Inner);
    },
    zero: inner.zero === undefined ? undefined : () => fromInner(inner.zero?.() as Inner),
  };
}

function decodeItem(item: Codec<unknown>, raw: unknown, path: string, to: Decoding): unknown {
  // Go decodes null into the zero value of an element.
  if (raw === null && item.zero !== undefined) return item.zero();
  return item.decode(raw, path, to);
}

function mapValues(
  from: Readonly<Record<string, unknown>>,
  change: (value: unknown) => Json,
): JsonObject {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}

function field<T>(wire: string, codec: Codec<T>, absent: Absent): Field<T> {
  return { wire, codec, absent, presence: 'always' satisfies Presence };
}

/** Reads and writes an object as its author wrote it, inside a finished value. */
export function asDraft<T, D extends Draft<T>>(inner: Shape<T>): Codec<D> {
  return {
    encode: (value) => inner.encode(value, 'draft'),
    decode: (raw, path, to) => inner.decode(raw, path, { mode: 'draft', issues: to.issues }),
    // What was not sent at all says nothing.
    zero: () => ({}),
  };
}

/** A value that is kept exactly as it stands on the wire. */
export function verbatim<T>(zero?: () => T): Codec<T> {
  return { ...(ANY as Codec<unknown>), zero } as Codec<T>;
}
