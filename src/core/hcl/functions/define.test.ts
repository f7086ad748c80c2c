import assert from 'node:assert/strict';
import test from 'node:test';
import { NUMBER, STRING } from '../type.ts';
import { NULL, TRUE, list, number, string, tuple } from '../value.ts';
import { itemsOf, listOrTuple, sameShape, textOf, textsOf, wholeOf } from './define.ts';

test('items of one type make a list, others a tuple', () => {
  assert.deepEqual(listOrTuple([number(1), string('a')]), list(STRING, [string('1'), string('a')]));
  assert.deepEqual(listOrTuple([number(1), TRUE]), tuple([number(1), TRUE]));
  assert.deepEqual(sameShape(list(NUMBER, []), [number(1)]), list(NUMBER, [number(1)]));
  assert.deepEqual(sameShape(tuple([]), [number(1)]), tuple([number(1)]));
});

test('arguments that do not fit are named', () => {
  assert.deepEqual(itemsOf([TRUE], 0), {
    problem: 'a list, set or tuple is required',
    argument: 0,
  });
  assert.equal(wholeOf([number(3)], 0), 3);
  assert.deepEqual(textsOf(tuple([string('a'), NULL])), ['a', undefined]);
  assert.throws(() => textOf(TRUE), /converted/);
});
