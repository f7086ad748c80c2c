/** Whether an answer has the shape that Nomad's clients read: names, kinds, and what must be so. */
import type { Json } from '../../src/base/json.ts';

/** Says what is wrong with a value; `undefined`: nothing. */
export type Check = (value: Json | undefined) => string | undefined;

/** A literal, a check, an object whose fields must be there, or a list whose items must all match. */
export type Expected =
  | null
  | boolean
  | number
  | string
  | Check
  | readonly Expected[]
  | { readonly [name: string]: Expected };

const kind =
  (name: string, is: (value: Json | undefined) => boolean): Check =>
  (value) =>
    is(value)
      ? undefined
      : `expected ${name}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const text = kind('text', (value) => typeof value === 'string');
export const flag = kind('true or false', (value) => typeof value === 'boolean');
export const number = kind('a number', (value) => typeof value === 'number');
export const positive = kind(
  'a positive number',
  (value) => typeof value === 'number' && value > 0,
);
export const nanos = kind('nanoseconds', (value) => typeof value === 'number' && value > 1e18);
export const uuid = kind('an id', (value) => typeof value === 'string' && UUID.test(value));
export const list = kind('a list', Array.isArray);
export const time = kind(
  'a time',
  (value) => typeof value === 'string' && !isNaN(Date.parse(value)),
);
export const object = kind(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** A map whose values all match. */
export const mapOf =
  (each: Expected): Check =>
  (value) => {
    const wrong = object(value);
    if (wrong !== undefined) return wrong;
    return mismatches(Object.values(value as Record<string, Json>), [each])[0];
  };

/** Every difference, each with its path. */
export function mismatches(value: Json | undefined, expected: Expected, path = ''): string[] {
  if (typeof expected === 'function') {
    const wrong = expected(value);
    return wrong === undefined ? [] : [`${path}: ${wrong}`];
  }
  if (typeof expected !== 'object' || expected === null) {
    const same = value === expected;
    return same
      ? []
      : [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`];
  }
  if (isList(expected)) return listMismatches(value, expected, path);
  const wrong = object(value);
  if (wrong !== undefined) return [`${path}: ${wrong}`];
  const fields = value as Readonly<Record<string, Json>>;
  return Object.entries(expected).flatMap(([name, each]) =>
    mismatches(fields[name], each, `${path}.${name}`),
  );
}

function listMismatches(
  value: Json | undefined,
  expected: readonly Expected[],
  path: string,
): string[] {
  if (!Array.isArray(value)) return [`${path}: ${list(value) ?? ''}`];
  const [each] = expected;
  if (each === undefined) {
    return value.length === 0 ? [] : [`${path}: expected an empty list, got ${value.length} items`];
  }
  if (value.length === 0) return [`${path}: expected items, got none`];
  return value.flatMap((one: Json, i) => mismatches(one, each, `${path}[${i}]`));
}

function isList(expected: object): expected is readonly Expected[] {
  return Array.isArray(expected);
}
