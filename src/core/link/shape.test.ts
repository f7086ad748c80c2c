import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flag, list, object, oneOf, optional, record, text } from './shape.ts';

interface Person {
  readonly name: string;
  readonly tall?: boolean;
  readonly pets: readonly ('cat' | 'dog')[];
}

const PERSON = object<Person>({
  name: text,
  tall: optional(flag),
  pets: list(oneOf('cat', 'dog'), 2),
});

const rows: readonly (readonly [unknown, string | undefined])[] = [
  [{ name: 'a', pets: [] }, undefined],
  [{ name: 'a', tall: true, pets: ['cat'], more: 1 }, undefined],
  [{ name: 'a', tall: 'yes', pets: [] }, '.tall is neither true nor false'],
  [{ name: 'a', tall: null, pets: [] }, '.tall is neither true nor false'],
  [{ name: 1, pets: [] }, '.name is no text'],
  [{ name: 'a' }, '.pets is no list'],
  [{ name: 'a', pets: ['cow'] }, '.pets[0] is none of cat, dog'],
  [{ name: 'a', pets: ['cat', 'cat', 'cat'] }, '.pets has more than 2 elements'],
  [[], 'is no object'],
  [null, 'is no object'],
];

for (const [value, problem] of rows) {
  test(`${JSON.stringify(value)}: ${problem ?? 'fine'}`, () => {
    assert.equal(PERSON(value), problem);
  });
}

test('a record names the key, cut short', () => {
  assert.equal(record(text)({ ['k'.repeat(200)]: 1 }), `.${'k'.repeat(64)} is no text`);
});
