/** Looks at answers whose shape no type knows: only what the test names counts. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

/** What a value is to be: text by a pattern, an object by some of its members, the rest as it is. */
export type Likeness =
  | RegExp
  | ((value: unknown) => boolean)
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Likeness[]
  | { readonly [name: string]: Likeness };

/** Fails where `value` is not like that; a list must be as long, an object may have more. */
export function like(value: unknown, likeness: Likeness, path = 'answer'): void {
  if (likeness instanceof RegExp) {
    assert.match(String(value), likeness, path);
  } else if (typeof likeness === 'function') {
    assert.ok(likeness(value), `${path} is ${inspect(value, { depth: 1 })}`);
  } else if (Array.isArray(likeness)) {
    assert.ok(Array.isArray(value), `${path} is no list: ${inspect(value, { depth: 1 })}`);
    assert.equal(
      value.length,
      likeness.length,
      `length of ${path} is ${inspect(value, { depth: 1 })}`,
    );
    likeness.forEach((each: Likeness, at) => like(value[at], each, `${path}[${at}]`));
  } else if (typeof likeness === 'object' && likeness !== null) {
    assert.ok(
      typeof value === 'object' && value !== null,
      `${path} is ${inspect(value, { depth: 1 })}`,
    );
    for (const [name, each] of Object.entries(likeness)) {
      like(member(value, name), each, `${path}.${name}`);
    }
  } else {
    assert.equal(value, likeness, path);
  }
}

/** What is found by going down the names; undefined where there is no such thing. */
export function member(value: unknown, ...names: readonly (string | number)[]): unknown {
  return names.reduce<unknown>(
    (at, name) => (at as Readonly<Record<string | number, unknown>> | null | undefined)?.[name],
    value,
  );
}

/** Fails unless it is text; answers it. */
export function textOf(value: unknown): string {
  assert.equal(typeof value, 'string');
  return String(value);
}

export function listOf(value: unknown): readonly unknown[] {
  assert.ok(Array.isArray(value), `no list: ${inspect(value, { depth: 1 })}`);
  return value;
}

export function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

export function isNull(value: unknown): boolean {
  return value === null;
}

export function isAbsent(value: unknown): boolean {
  return value === undefined;
}
