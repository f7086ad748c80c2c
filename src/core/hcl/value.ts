/**
 * Values of the language. Collections of one type (list, set, map) and of mixed types (tuple,
 * object) differ, as conversion between them is where most surprises come from.
 *
 * V1: strings are in normal form C.
 * V2: entries of maps and objects are in the order of their keys; a set has no two equal items and
 * is in a fixed order.
 */
import type { Num } from './number.ts';
import { compare } from './number.ts';
import { ANY, BOOL, NUMBER, STRING } from './type.ts';
import type { Type } from './type.ts';

export type Value =
  | Readonly<{ kind: 'string'; value: string }>
  | Readonly<{ kind: 'number'; value: Num }>
  | Readonly<{ kind: 'bool'; value: boolean }>
  | Readonly<{ kind: 'null'; type: Type }>
  /** Not known yet, or not to be known because of an error that has been told. */
  | Readonly<{ kind: 'unknown'; type: Type }>
  | Readonly<{ kind: 'list' | 'set'; element: Type; items: readonly Value[] }>
  | Readonly<{ kind: 'tuple'; items: readonly Value[] }>
  | Readonly<{ kind: 'map'; element: Type; entries: ReadonlyMap<string, Value> }>
  | Readonly<{ kind: 'object'; entries: ReadonlyMap<string, Value> }>;

export type Sequence = Extract<Value, { items: readonly Value[] }>;
export type Mapping = Extract<Value, { entries: ReadonlyMap<string, Value> }>;

export const TRUE: Value = { kind: 'bool', value: true };
export const FALSE: Value = { kind: 'bool', value: false };
export const NULL: Value = { kind: 'null', type: ANY };
export const UNKNOWN: Value = { kind: 'unknown', type: ANY };

export function string(value: string): Value {
  return { kind: 'string', value: normalize(value) };
}

export function number(value: Num): Value {
  return { kind: 'number', value };
}

export function bool(value: boolean): Value {
  return value ? TRUE : FALSE;
}

export function tuple(items: readonly Value[]): Value {
  return { kind: 'tuple', items };
}

export function list(element: Type, items: readonly Value[]): Value {
  return { kind: 'list', element, items };
}

/** A set: equal items are one, in a fixed order (V2). */
export function set(element: Type, items: readonly Value[]): Value {
  const distinct = new Map<string, Value>();
  for (const item of items) distinct.set(identity(item), item);
  const sorted = [...distinct.values()].sort(order);
  return { kind: 'set', element, items: sorted };
}

export function map(element: Type, entries: Iterable<readonly [string, Value]>): Value {
  return { kind: 'map', element, entries: sortEntries(entries) };
}

/** An object; of entries with the same key the last one counts. */
export function object(entries: Iterable<readonly [string, Value]>): Value {
  return { kind: 'object', entries: sortEntries(entries) };
}

/** The type of a value. */
export function typeOf(value: Value): Type {
  switch (value.kind) {
    case 'string':
      return STRING;
    case 'number':
      return NUMBER;
    case 'bool':
      return BOOL;
    case 'null':
    case 'unknown':
      return value.type;
    case 'list':
    case 'set':
    case 'map':
      return { kind: value.kind, element: value.element };
    case 'tuple':
      return { kind: 'tuple', items: value.items.map(typeOf) };
    case 'object': {
      const attributes = new Map([...value.entries].map(([key, item]) => [key, typeOf(item)]));
      return { kind: 'object', attributes };
    }
  }
}

export function isSequence(value: Value): value is Sequence {
  return value.kind === 'list' || value.kind === 'set' || value.kind === 'tuple';
}

export function isMapping(value: Value): value is Mapping {
  return value.kind === 'map' || value.kind === 'object';
}

type Extent = Readonly<{ size: number; depth: number }>;

const SIMPLE: Extent = { size: 1, depth: 1 };
const extents = new WeakMap<Value, Extent>();

/**
 * How many values are in a value, itself and shared ones each time included, and how deep. What is
 * inside a value was measured before, so this looks at one level only.
 */
export function extentOf(value: Value): Extent {
  if (!isSequence(value) && !isMapping(value)) return SIMPLE;
  const known = extents.get(value);
  if (known !== undefined) return known;
  let [size, depth] = [1, 0];
  for (const inner of isSequence(value) ? value.items : value.entries.values()) {
    const extent = extentOf(inner);
    size += extent.size;
    depth = Math.max(depth, extent.depth);
  }
  const extent = { size, depth: depth + 1 };
  extents.set(value, extent);
  return extent;
}

/** Whether a value, with all inside it, is known. */
export function isWhollyKnown(value: Value): boolean {
  if (isSequence(value)) return value.items.every(isWhollyKnown);
  if (isMapping(value)) return [...value.entries.values()].every(isWhollyKnown);
  return value.kind !== 'unknown';
}

/** Whether two values are the same in type and content. Unknown values are equal to nothing. */
export function equal(a: Value, b: Value): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'number' && b.kind === 'number') return compare(a.value, b.value) === 0;
  if ('items' in a && 'items' in b) return equalItems(a.items, b.items);
  if ('entries' in a && 'entries' in b) return equalEntries(a.entries, b.entries);
  if ('value' in a && 'value' in b) return a.value === b.value;
  return a.kind === 'null';
}

function equalItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => equal(item, b[i] ?? UNKNOWN));
}

function equalEntries(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  return a.size === b.size && [...a].every(([key, item]) => equal(item, b.get(key) ?? UNKNOWN));
}

/** Keys and names in the order that iteration has: by code point. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Halves of surrogate pairs stand for code points above all others.
    const [wideX, wideY] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff];
    return wideX === wideY ? x - y : wideX ? 1 : -1;
  }
  return a.length - b.length;
}

/** Text in normal form C (V1). */
export function normalize(text: string): string {
  return /^[\x20-\x7e\n\t]*$/.test(text) ? text : text.normalize('NFC');
}

function sortEntries(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  const sorted = [...entries];
  sorted.sort(([a], [b]) => compareText(a, b));
  return new Map(sorted);
}

/** A text that is the same for equal values only. */
function identity(value: Value): string {
  switch (value.kind) {
    case 'string':
      return JSON.stringify(value.value);
    case 'number':
      return typeof value.value === 'number'
        ? String(value.value)
        : `${value.value.mantissa}p${value.value.exponent}`;
    case 'bool':
      return String(value.value);
    case 'null':
    case 'unknown':
      return value.kind;
    case 'list':
    case 'set':
    case 'tuple':
      return `${value.kind}[${value.items.map(identity).join(',')}]`;
    case 'map':
    case 'object': {
      const entries = [...value.entries].map(([k, v]) => `${JSON.stringify(k)}:${identity(v)}`);
      return `${value.kind}{${entries.join(',')}}`;
    }
  }
}

function order(a: Value, b: Value): number {
  if (a.kind === 'number' && b.kind === 'number') return compare(a.value, b.value);
  if (a.kind === 'string' && b.kind === 'string') return compareText(a.value, b.value);
  return compareText(identity(a), identity(b));
}
