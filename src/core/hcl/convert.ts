/**
 * Conversion between types: what a configuration may write where another type is wanted.
 *
 * C1: converting to the type that a value has gives that value.
 * C2: a conversion that cannot be done answers with what was required, for a message.
 */
import { formatNumber, parseNumber } from './number.ts';
import { ANY, STRING, friendlyType, sameType } from './type.ts';
import type { Type } from './type.ts';
import {
  FALSE,
  TRUE,
  bool,
  isMapping,
  isSequence,
  list,
  map,
  number,
  object,
  set,
  string,
  tuple,
  typeOf,
} from './value.ts';
import type { Mapping, Sequence, Value } from './value.ts';

/** A value, or why there is none: `a number is required`. */
export type Converted = Readonly<{ value: Value }> | Readonly<{ problem: string }>;

/** The value as the wanted type. */
export function convert(value: Value, want: Type): Converted {
  if (want.kind === 'any') return { value };
  if (value.kind === 'null') return { value: { kind: 'null', type: want } };
  if (value.kind === 'unknown') return { value: { kind: 'unknown', type: want } };
  return isSequence(value) || isMapping(value)
    ? convertCollection(value, want)
    : convertScalar(value, want);
}

function convertScalar(value: Value, want: Type): Converted {
  switch (want.kind) {
    case 'string':
      return convertToString(value);
    case 'number':
      return convertToNumber(value);
    case 'bool':
      return convertToBool(value);
    case 'any':
    case 'list':
    case 'set':
    case 'map':
    case 'tuple':
    case 'object':
      return mismatch(want);
  }
}

function convertCollection(value: Sequence | Mapping, want: Type): Converted {
  switch (want.kind) {
    case 'any':
    case 'string':
    case 'number':
    case 'bool':
      return mismatch(want);
    case 'list':
    case 'set':
      return isSequence(value) ? convertItems(value, want.kind, want.element) : mismatch(want);
    case 'map':
      return isMapping(value) ? convertEntries(value, want.element) : mismatch(want);
    case 'tuple':
      return isSequence(value) ? convertToTuple(value, want.items) : mismatch(want);
    case 'object':
      return isMapping(value) ? convertToObject(value, want) : mismatch(want);
  }
}

/** The text of a string, number or bool; undefined for anything else. */
export function toText(value: Value): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'number':
      return formatNumber(value.value);
    case 'bool':
      return String(value.value);
    case 'null':
    case 'unknown':
    case 'list':
    case 'set':
    case 'tuple':
    case 'map':
    case 'object':
      return undefined;
  }
}

/** The one type that all of these convert to, or undefined if there is none. */
export function unify(types: readonly Type[]): Type | undefined {
  const known = types.filter((type) => type.kind !== 'any');
  const first = known[0];
  if (first === undefined) return ANY;
  if (known.every((type) => sameType(type, first))) return first;
  if (known.every(isPrimitive)) {
    return known.some((type) => type.kind === 'string') ? STRING : undefined;
  }
  return unifyKind(known, ['list', 'set', 'tuple']) ?? unifyKind(known, ['map', 'object']);
}

function isPrimitive(type: Type): boolean {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool';
}

function unifyKind(types: readonly Type[], kinds: readonly Type['kind'][]): Type | undefined {
  if (!types.every((type) => kinds.includes(type.kind))) return undefined;
  const element = unify(types.flatMap(elementTypes));
  if (element === undefined) return undefined;
  if (kinds.includes('map')) return { kind: 'map', element };
  const sets = types.every((type) => type.kind === 'set');
  return { kind: sets ? 'set' : 'list', element };
}

function elementTypes(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return [type.element];
    case 'tuple':
      return type.items;
    case 'object':
      return [...type.attributes.values()];
    case 'any':
    case 'string':
    case 'number':
    case 'bool':
      return [];
  }
}

function mismatch(want: Type): Converted {
  return { problem: `${friendlyType(want)} required` };
}

function convertToString(value: Value): Converted {
  if (value.kind === 'string') return { value };
  const text = toText(value);
  return text === undefined ? { problem: 'string required' } : { value: string(text) };
}

function convertToNumber(value: Value): Converted {
  if (value.kind === 'number') return { value };
  if (value.kind !== 'string') return { problem: 'number required' };
  const parsed = parseNumber(value.value);
  return parsed === undefined ? { problem: 'a number is required' } : { value: number(parsed) };
}

const BOOLS: ReadonlyMap<string, Value> = new Map([
  ['true', TRUE],
  ['1', TRUE],
  ['false', FALSE],
  ['0', FALSE],
]);

function convertToBool(value: Value): Converted {
  if (value.kind === 'bool') return { value };
  if (value.kind !== 'string') return { problem: 'bool required' };
  const parsed = BOOLS.get(value.value);
  if (parsed !== undefined) return { value: bool(parsed === TRUE) };
  const lower = value.value.toLowerCase();
  if (lower !== 'true' && lower !== 'false') return { problem: 'a bool is required' };
  return { problem: `a bool is required; to convert from string, use lowercase "${lower}"` };
}

function convertItems(value: Sequence, kind: 'list' | 'set', wanted: Type): Converted {
  const element = wanted.kind === 'any' ? unify(value.items.map(typeOf)) : wanted;
  if (element === undefined) {
    return { problem: `${kind} of any single type required: all elements must have the same type` };
  }
  const items: Value[] = [];
  for (const [i, item] of value.items.entries()) {
    const converted = convert(item, element);
    if ('problem' in converted) return { problem: `element ${i}: ${converted.problem}` };
    items.push(converted.value);
  }
  return { value: kind === 'list' ? list(element, items) : set(element, items) };
}

function convertEntries(value: Mapping, wanted: Type): Converted {
  const element = wanted.kind === 'any' ? unify([...value.entries.values()].map(typeOf)) : wanted;
  if (element === undefined) {
    return { problem: 'map of any single type required: all map elements must have the same type' };
  }
  const entries: [string, Value][] = [];
  for (const [key, item] of value.entries) {
    const converted = convert(item, element);
    if ('problem' in converted) {
      return { problem: `element ${JSON.stringify(key)}: ${converted.problem}` };
    }
    entries.push([key, converted.value]);
  }
  return { value: map(element, entries) };
}

function convertToTuple(value: Sequence, want: readonly Type[]): Converted {
  if (value.kind === 'set' || value.items.length !== want.length) {
    return { problem: `tuple of ${want.length} elements required` };
  }
  const items: Value[] = [];
  for (const [i, item] of value.items.entries()) {
    const converted = convert(item, want[i] ?? ANY);
    if ('problem' in converted) return { problem: `element ${i}: ${converted.problem}` };
    items.push(converted.value);
  }
  return { value: tuple(items) };
}

function convertToObject(value: Mapping, want: Extract<Type, { kind: 'object' }>): Converted {
  const entries: [string, Value][] = [];
  for (const [name, type] of want.attributes) {
    const item = value.entries.get(name);
    if (item === undefined) {
      if (want.optional?.has(name) !== true) {
        return { problem: `attribute ${JSON.stringify(name)} is required` };
      }
      entries.push([name, { kind: 'null', type }]);
      continue;
    }
    const converted = convert(item, type);
    if ('problem' in converted) {
      return { problem: `attribute ${JSON.stringify(name)}: ${converted.problem}` };
    }
    entries.push([name, converted.value]);
  }
  return { value: object(entries) };
}
