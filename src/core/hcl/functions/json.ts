/** Values as JSON text and back. */
import type { Problem } from '../function.ts';
import { formatNumber, parseNumber } from '../number.ts';
import { FALSE, NULL, TRUE, number, object, string, tuple } from '../value.ts';
import type { Value } from '../value.ts';
import { HCL_DEPTH_MAX } from '../../limits.ts';

/** A value as JSON. Characters that mean something to HTML are escaped, as Go does. */
export function encodeJson(value: Value): string {
  switch (value.kind) {
    case 'null':
    case 'unknown':
      return 'null';
    case 'string':
      return encodeText(value.value);
    case 'number':
      return formatNumber(value.value);
    case 'bool':
      return String(value.value);
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.items.map(encodeJson).join(',')}]`;
    case 'map':
    case 'object': {
      const entries = [...value.entries];
      return `{${entries.map(([key, item]) => `${encodeText(key)}:${encodeJson(item)}`).join(',')}}`;
    }
  }
}

function encodeText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** JSON text as a value: arrays are tuples, objects objects. */
export function decodeJson(text: string): Value | Problem {
  try {
    const parsed: unknown = JSON.parse(text);
    return asValue(parsed, 0);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'invalid JSON', argument: 0 };
  }
}

/** Plain data as a value. */
export function valueOfData(data: unknown): Value | Problem {
  return asValue(data, 0);
}

const TOO_DEEP: Problem = { problem: 'it is nested too deep', argument: 0 };

/** A value parsed from JSON as a value of the language. */
function asValue(parsed: unknown, depth: number): Value | Problem {
  if (depth > HCL_DEPTH_MAX) return TOO_DEEP;
  if (parsed === null || parsed === undefined) return NULL;
  if (typeof parsed === 'boolean') return parsed ? TRUE : FALSE;
  if (typeof parsed === 'string') return string(parsed);
  if (typeof parsed === 'number' || typeof parsed === 'bigint') {
    const num = parseNumber(String(parsed));
    return num === undefined ? { problem: 'a number is too large', argument: 0 } : number(num);
  }
  if (Array.isArray(parsed)) return allOf(parsed, depth, tuple);
  const keys = Object.keys(parsed);
  return allOf(Object.values(parsed), depth, (values) =>
    object(values.map((value, i): [string, Value] => [keys[i] ?? '', value])),
  );
}

function allOf(
  items: readonly unknown[],
  depth: number,
  make: (values: readonly Value[]) => Value,
): Value | Problem {
  const values: Value[] = [];
  for (const item of items) {
    const value = asValue(item, depth + 1);
    if ('problem' in value) return value;
    values.push(value);
  }
  return make(values);
}
