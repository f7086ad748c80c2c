/**
 * The wire described by tables: one generic encoder and decoder serve every body of the API.
 *
 * A `Shape` lists, for each field of a model, its name on the wire, its kind, and what stands there
 * when the model has nothing (`null` where Go has a pointer, a zero value where it has none, or
 * nothing at all). The same shape serves finished values and drafts.
 *
 * K1: what `encode` writes, `decode` reads back to an equal value.
 * K2: unknown names are ignored, names are matched as Go's JSON does (exactly, else in any case).
 * K3: no input throws; mistakes are issues with a path, at most `MAX_ISSUES`.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import type { Draft } from '../../core/model/draft.ts';
import { MAX_ISSUES, type Issue } from './issue.ts';

/** Nothing is written for an absent value. */
export const OMIT: unique symbol = Symbol('omit');
export type Absent = Json | typeof OMIT;

/** `draft`: an absent field stays absent. `full`: it gets the zero value of its kind. */
export type Mode = 'draft' | 'full';

/** What a decoder hands down: how to treat absence, and where mistakes are collected. */
export interface Decoding {
  readonly mode: Mode;
  readonly issues: Issue[];
}

/** Translates one kind of value. `undefined` from `decode` means that an issue was noted. */
export interface Codec<T> {
  encode(value: unknown, mode: Mode): Json;
  decode(raw: unknown, path: string, to: Decoding): unknown;
  /** What a finished value holds where the wire has nothing. */
  readonly zero: (() => unknown) | undefined;
  /** Exists for the type checker only. */
  readonly of?: T;
}

export type Presence = 'always' | 'maybe';

/** One field of a model on the wire. `maybe` marks fields that a finished value may lack. */
export interface Field<T, P extends Presence = 'always'> {
  readonly wire: string;
  readonly codec: Codec<T>;
  readonly absent: Absent;
  readonly presence: P;
}

type FieldOf<T, K extends keyof T> = undefined extends T[K]
  ? Field<Exclude<T[K], undefined>, 'maybe'>
  : Field<T[K]>;

/** A field for every property of `T`: what the wire has not is named, with `undefined`. */
export type Fields<T> = { readonly [K in keyof T]-?: FieldOf<T, K> | undefined };

/** The codec of an object. */
export interface Shape<T> extends Codec<T> {
  encode(value: unknown, mode: Mode): JsonObject;
}

interface Row {
  readonly key: string;
  readonly field: Field<unknown, Presence>;
}

/**
 * Describes an object.
 *
 * @param fields by model property; `undefined` keeps a property off the wire
 * @param constants what the wire has and the model has not, written as is and ignored when read
 */
export function shape<T extends object>(
  fields: NoInfer<Fields<T>>,
  constants: JsonObject = {},
): Shape<T> {
  const rows: Row[] = [];
  for (const [key, field] of Object.entries(fields)) {
    if (field !== undefined) rows.push({ key, field: field as Field<unknown, Presence> });
  }
  const exact = new Map(rows.map((row) => [row.field.wire, row]));
  const folded = new Map(rows.map((row) => [row.field.wire.toLowerCase(), row]));

  const decode = (raw: unknown, path: string, to: Decoding): unknown => {
    if (!isObject(raw)) return note(to, path, `expected an object, got ${describe(raw)}`);
    const out: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(raw)) {
      const row = exact.get(name) ?? folded.get(name.toLowerCase());
      if (row === undefined || value === null || value === undefined) continue;
      if (meansAbsent(row.field, value, to.mode)) continue;
      const decoded = row.field.codec.decode(value, join(path, row.field.wire), to);
      if (decoded !== undefined) out[row.key] = decoded;
    }
    if (to.mode === 'full') fillZeros(rows, out);
    return out;
  };
  return {
    encode: (value, mode) => ({ ...encodeRows(rows, value, mode), ...constants }),
    decode,
    zero: () => decode({}, '', { mode: 'full', issues: [] }),
  };
}

function encodeRows(rows: readonly Row[], value: unknown, mode: Mode): JsonObject {
  const model = value as Readonly<Record<string, unknown>>;
  const out: Record<string, Json> = {};
  for (const { key, field } of rows) {
    const held = model[key];
    if (held === undefined || held === null || (mode === 'full' && isEmpty(held))) {
      if (field.absent !== OMIT) out[field.wire] = field.absent;
      continue;
    }
    out[field.wire] = field.codec.encode(held, mode);
  }
  return out;
}

/** Go writes `""`, `0` and `false` where nothing was said: they read as nothing again. */
function meansAbsent(field: Field<unknown, Presence>, raw: unknown, mode: Mode): boolean {
  if (mode === 'full' && field.presence === 'always') return false;
  return typeof raw !== 'object' && raw === field.absent;
}

function fillZeros(rows: readonly Row[], out: Record<string, unknown>): void {
  for (const { key, field } of rows) {
    if (field.presence === 'always' && out[key] === undefined && field.codec.zero !== undefined) {
      out[key] = field.codec.zero();
    }
  }
}

/** Encodes a finished value: what is empty looks as Go's nil does. */
export function encodeFull<T>(codec: Shape<T>, value: T): JsonObject {
  return codec.encode(value, 'full');
}

/** Encodes a draft: an explicitly empty list stays an empty list. */
export function encodeDraft<T>(codec: Shape<T>, value: Draft<T>): JsonObject {
  return codec.encode(value, 'draft');
}

/**
 * Decodes a finished value, or answers the mistakes.
 *
 * @param path what the body is called in messages: `Job`
 */
export function decodeFull<T>(codec: Codec<T>, raw: unknown, path = ''): T | readonly Issue[] {
  return run(codec, raw, path, 'full') as T | readonly Issue[];
}

/** Decodes a draft: only what was said is there. */
export function decodeDraft<T>(
  codec: Codec<T>,
  raw: unknown,
  path = '',
): Draft<T> | readonly Issue[] {
  return run(codec, raw, path, 'draft') as Draft<T> | readonly Issue[];
}

function run(codec: Codec<unknown>, raw: unknown, path: string, mode: Mode): unknown {
  const issues: Issue[] = [];
  const value = codec.decode(raw, path, { mode, issues });
  return issues.length > 0 ? issues : value;
}

/** Notes a mistake and answers `undefined`, so that a decoder can return it. */
export function note(to: Decoding, path: string, message: string): unknown {
  if (to.issues.length < MAX_ISSUES) to.issues.push({ path, message });
  return undefined;
}

/** Names a value in a message, short whatever its size. */
export function describe(raw: unknown): string {
  if (raw === null) return 'null';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object') return 'an object';
  if (typeof raw === 'string') {
    return JSON.stringify(raw.length > 40 ? `${raw.slice(0, 40)}...` : raw);
  }
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : 'nothing';
}

/** True for a JSON object, as against a list, a scalar or null. */
export function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null) return false;
  for (const _ in value) return false;
  return true;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
