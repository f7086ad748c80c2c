import assert from 'node:assert/strict';
import test from 'node:test';
import { STRING } from './type.ts';
import { NULL, TRUE, UNKNOWN, list, map, number, object, set, string, tuple } from './value.ts';
import type { Value } from './value.ts';
import { attributeOf, elementOf, isComplaint } from './traverse.ts';
import type { Stepped } from './traverse.ts';

function shown(result: Stepped): unknown {
  return isComplaint(result) ? result.summary : result;
}

test('names lead into objects and maps', () => {
  const rows: readonly (readonly [Value, unknown])[] = [
    [object([['a', TRUE]]), TRUE],
    [map(STRING, [['a', string('x')]]), string('x')],
    [map(STRING, []), 'Missing map element'],
    [object([]), 'Unsupported attribute'],
    [tuple([]), 'Unsupported attribute'],
    [TRUE, 'Unsupported attribute'],
    [NULL, 'Attempt to get attribute from null value'],
    [UNKNOWN, UNKNOWN],
  ];
  for (const [of, expected] of rows) assert.deepEqual(shown(attributeOf(of, 'a')), expected);
});

test('keys lead into lists, tuples, maps and objects', () => {
  const rows: readonly (readonly [Value, Value, unknown])[] = [
    [tuple([TRUE]), number(0), TRUE],
    [list(STRING, [string('x')]), string('0'), string('x')],
    [tuple([TRUE]), number(-1), 'Invalid index'],
    [tuple([TRUE]), number(1), 'Invalid index'],
    [tuple([TRUE]), string('x'), 'Invalid index'],
    [object([['1', TRUE]]), number(1), TRUE],
    [object([]), tuple([]), 'Invalid index'],
    [set(STRING, [string('x')]), number(0), 'Invalid index'],
    [TRUE, number(0), 'Invalid index'],
    [tuple([]), NULL, 'Invalid index'],
    [NULL, number(0), 'Attempt to index null value'],
    [tuple([]), UNKNOWN, UNKNOWN],
  ];
  for (const [of, key, expected] of rows) assert.deepEqual(shown(elementOf(of, key)), expected);
});
