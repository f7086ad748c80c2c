import assert from 'node:assert/strict';
import test from 'node:test';
import {
  NULL,
  UNKNOWN,
  compareText,
  equal,
  isWhollyKnown,
  list,
  map,
  number,
  object,
  set,
  string,
  tuple,
} from './value.ts';
import { STRING } from './type.ts';

test('V1: texts are in normal form C', () => {
  assert.deepEqual(string('an\u0303os'), string('a\u00f1os'));
});

test('V2: entries are in the order of their keys, sets have no two equal items', () => {
  assert.deepEqual(
    [
      ...keys(
        object([
          ['b', NULL],
          ['a', NULL],
          ['b', UNKNOWN],
        ]),
      ),
    ],
    ['a', 'b'],
  );
  assert.deepEqual(
    [
      ...keys(
        map(STRING, [
          ['b', NULL],
          ['a', NULL],
        ]),
      ),
    ],
    ['a', 'b'],
  );
  const items = ['b', 'a', 'b'].map(string);
  assert.deepEqual(set(STRING, items), {
    kind: 'set',
    element: STRING,
    items: [string('a'), string('b')],
  });
  assert.ok(compareText('\uffff', '\u{10000}') < 0);
});

function keys(value: ReturnType<typeof object>): Iterable<string> {
  return 'entries' in value ? value.entries.keys() : [];
}

test('values are equal in type and content', () => {
  assert.ok(equal(object([['a', number(1)]]), object([['a', number(1)]])));
  assert.ok(!equal(tuple([string('a')]), list(STRING, [string('a')])));
  assert.ok(!equal(UNKNOWN, UNKNOWN));
  assert.ok(equal(NULL, { kind: 'null', type: STRING }));
  assert.ok(!isWhollyKnown(tuple([object([['a', UNKNOWN]])])));
});
