/** What follows the question mark: named, typed parameters, written and read in one place. */
import { formatDuration, parseDuration } from '../base/duration.ts';
import type { Issue } from './codec/issue.ts';

/** One parameter. */
export interface QueryField<T> {
  readonly wire: string;
  /** What it does, for the documentation. */
  readonly about: string;
  encode(value: T): string;
  /** `undefined`: not a value of this kind. */
  decode(raw: string): T | undefined;
  readonly expected: string;
}

/** A parameter of any kind. */
export interface AnyQueryField extends Omit<QueryField<never>, 'decode'> {
  decode(raw: string): unknown;
}

export type QueryFields = Readonly<Record<string, AnyQueryField>>;

/** The values of a table of parameters; all of them optional. */
export type QueryOf<F> = {
  readonly [K in keyof F]?: F[K] extends { decode(raw: string): infer T }
    ? Exclude<T, undefined> | undefined
    : never;
};

/** Text, empty included. */
export function queryText(wire: string, about: string): QueryField<string> {
  return {
    wire,
    about,
    encode: (value) => value,
    decode: (raw) => raw,
    expected: 'text',
  };
}

/** `true` or `false`; the bare name means true. */
export function queryFlag(wire: string, about: string): QueryField<boolean> {
  const words: Readonly<Record<string, boolean>> = {
    '': true,
    '1': true,
    t: true,
    true: true,
    '0': false,
    f: false,
    false: false,
  };
  return {
    wire,
    about,
    encode: String,
    decode: (raw) => words[raw.toLowerCase()],
    expected: 'true or false',
  };
}

/** A whole number. */
export function queryInt(wire: string, about: string): QueryField<number> {
  return {
    wire,
    about,
    encode: String,
    decode: (raw) => {
      const value = /^-?\d{1,16}$/.test(raw) ? Number(raw) : Number.NaN;
      return Number.isSafeInteger(value) ? value : undefined;
    },
    expected: 'a whole number',
  };
}

/** A duration [ms], as Go writes it: `30s`. */
export function queryDuration(wire: string, about: string): QueryField<number> {
  return {
    wire,
    about,
    encode: formatDuration,
    // Go clients write milliseconds as `1000ms`; a bare number is seconds in older ones.
    decode: (raw) => parseDuration(raw) ?? (/^\d{1,9}$/.test(raw) ? Number(raw) * 1000 : undefined),
    expected: 'a duration such as "30s"',
  };
}

/** A parameter that may be repeated. */
export function queryTexts(wire: string, about: string): QueryField<readonly string[]> {
  return {
    wire,
    about,
    encode: (value) => value.join(REPEAT),
    decode: (raw) => raw.split(REPEAT),
    expected: 'text',
  };
}

/** Joins repeated values in transit between `parseQuery` and a field; no value may hold it. */
const REPEAT = '\0';

/** Most parameters that a request may carry; the rest are ignored. */
const PARAMETERS_MAX = 100;

/** Raw parameters by name; a repeated one holds all its values. Broken escapes stay as they are. */
export type RawQuery = ReadonlyMap<string, string>;

/** Splits a query string, without its question mark. */
export function parseQuery(text: string): RawQuery {
  const out = new Map<string, string>();
  if (text === '') return out;
  for (const part of text.split('&', PARAMETERS_MAX)) {
    const equals = part.indexOf('=');
    const name = unescape(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : unescape(part.slice(equals + 1)).replaceAll(REPEAT, '');
    const before = out.get(name);
    out.set(name, before === undefined ? value : `${before}${REPEAT}${value}`);
  }
  return out;
}

/** Reads the parameters of a table, or answers the mistakes. */
export function decodeQuery<F extends QueryFields>(
  fields: F,
  raw: RawQuery,
): QueryOf<F> | readonly Issue[] {
  const out: Record<string, unknown> = {};
  const issues: Issue[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const text = raw.get(field.wire);
    if (text === undefined) continue;
    const value = field.decode(text);
    if (value !== undefined) out[key] = value;
    else {
      const shown = JSON.stringify(text.slice(0, 40));
      issues.push({ path: `?${field.wire}`, message: `expected ${field.expected}, got ${shown}` });
    }
  }
  return issues.length > 0 ? issues : (out as QueryOf<F>);
}

/** Writes parameters, in the table's order, with the question mark if there are any. */
export function encodeQuery(
  fields: QueryFields,
  values: Readonly<Record<string, unknown>>,
): string {
  const parts: string[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const value = values[key];
    if (value === undefined) continue;
    for (const one of field.encode(value as never).split(REPEAT)) {
      parts.push(`${encodeURIComponent(field.wire)}=${encodeURIComponent(one)}`);
    }
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
