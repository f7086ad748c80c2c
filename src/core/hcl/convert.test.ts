import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { convert, toText, unify } from './convert.ts';
import { ANY, BOOL, NUMBER, STRING, friendlyType, listOf, mapOf, sameType, setOf } from './type.ts';
import type { Type } from './type.ts';
import {
  NULL,
  TRUE,
  UNKNOWN,
  bool,
  equal,
  list,
  map,
  number,
  object,
  set,
  string,
  tuple,
  typeOf,
} from './value.ts';
import type { Value } from './value.ts';

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string().map(string),
    fc.integer().map(number),
    fc.boolean().map(bool),
    fc.array(tie('value'), { maxLength: 3 }).map(tuple),
    fc
      .dictionary(fc.string(), tie('value'), { maxKeys: 3 })
      .map((entries) => object(Object.entries(entries))),
  ),
})).value;

test('C1: converting to the type that a value has gives that value', () => {
  fc.assert(
    fc.property(value, (each) => {
      const converted = convert(each, typeOf(each));
      assert.ok('value' in converted && equal(converted.value, each));
      assert.ok(sameType(typeOf(each), typeOf(converted.value)));
    }),
  );
});

test('C2: what cannot be converted says what was required', () => {
  const rows: readonly (readonly [Value, Type, string])[] = [
    [string('x'), NUMBER, 'a number is required'],
    [string('yes'), BOOL, 'a bool is required'],
    [string('TRUE'), BOOL, 'a bool is required; to convert from string, use lowercase "true"'],
    [number(1), BOOL, 'bool required'],
    [tuple([]), STRING, 'string required'],
    [string('x'), listOf(STRING), 'list of string required'],
    [tuple([tuple([])]), listOf(STRING), 'element 0: string required'],
    [object([['a', tuple([])]]), mapOf(NUMBER), 'element "a": number required'],
    [
      tuple([string('a'), tuple([])]),
      listOf(ANY),
      'list of any single type required: all elements must have the same type',
    ],
    [
      object([]),
      { kind: 'object', attributes: new Map([['a', STRING]]) },
      'attribute "a" is required',
    ],
    [tuple([]), { kind: 'tuple', items: [STRING] }, 'tuple of 1 elements required'],
  ];
  for (const [from, to, expected] of rows) {
    const converted = convert(from, to);
    assert.equal('problem' in converted ? converted.problem : converted, expected);
  }
});

test('values become those of other types where that loses nothing', () => {
  const rows: readonly (readonly [Value, Type, Value])[] = [
    [number(5), STRING, string('5')],
    [TRUE, STRING, string('true')],
    [string('1.5e1'), NUMBER, number(15)],
    [string('1'), BOOL, TRUE],
    [tuple([number(1), string('a')]), listOf(ANY), list(STRING, [string('1'), string('a')])],
    [
      list(STRING, [string('b'), string('a'), string('b')]),
      setOf(STRING),
      set(STRING, [string('a'), string('b')]),
    ],
    [object([['b', number(1)]]), mapOf(STRING), map(STRING, [['b', string('1')]])],
    [NULL, STRING, { kind: 'null', type: STRING }],
    [UNKNOWN, STRING, { kind: 'unknown', type: STRING }],
  ];
  for (const [from, to, expected] of rows) assert.deepEqual(convert(from, to), { value: expected });
});

test('a common type is found where there is one', () => {
  assert.deepEqual(unify([STRING, NUMBER]), STRING);
  assert.equal(unify([BOOL, NUMBER]), undefined);
  assert.deepEqual(unify([]), ANY);
  assert.deepEqual(unify([typeOf(tuple([number(1)])), listOf(STRING)]), listOf(STRING));
  assert.equal(unify([typeOf(tuple([])), typeOf(object([]))]), undefined);
});

test('types have names, values texts', () => {
  assert.equal(friendlyType(mapOf(listOf(ANY))), 'map of list of any single type');
  assert.equal(toText(NULL), undefined);
  assert.equal(toText(TRUE), 'true');
});
