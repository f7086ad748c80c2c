import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../base/json.ts';
import { filterBy } from './filter.ts';

const ROW: Json = {
  ID: 'web',
  Status: 'running',
  Priority: 50,
  Stop: false,
  Datacenters: ['dc1', 'dc2'],
  Meta: { team: 'a b', 'x.y': '1' },
  Empty: null,
};

function result(expression: string): boolean | string {
  const filter = filterBy(expression);
  return 'mistake' in filter ? filter.mistake : filter.test(ROW);
}

test('expressions are evaluated', () => {
  for (const [expression, expected] of [
    ['Status == "running"', true],
    ['Status == running', true],
    ['Status != running', false],
    ['Priority == 50', true],
    ['Stop == false', true],
    ['ID contains "we"', true],
    ['ID not contains "we"', false],
    ['"dc1" in Datacenters', true],
    ['dc3 not in Datacenters', true],
    ['Datacenters contains dc2', true],
    ['Meta contains team', true],
    ['Meta.team == "a b"', true],
    ['"/Meta/x.y" == 1', true],
    ['Meta.none is empty', true],
    ['Empty is empty', true],
    ['Datacenters is not empty', true],
    ['ID matches "^w.b$"', true],
    ['ID matches `^x`', false],
    ['Status == dead or ID == web', true],
    ['Status == dead or ID == web and Priority == 1', false],
    ['(Status == dead or ID == web) and not Priority == 1', true],
    ['not (ID == web)', false],
    ['Unknown == ""', true],
  ] as const) {
    assert.equal(result(expression), expected, expression);
  }
});

test('mistakes are told', () => {
  for (const [expression, expected] of [
    ['Status', 'expected an operator after "Status"'],
    ['Status ==', 'expected a value'],
    ['(Status == x', 'a parenthesis is not closed'],
    ['Status == x y', 'unexpected "y" at 13'],
    ['Status = x', 'unexpected character at 8'],
    ['Status is full', 'expected "empty" after "is"'],
    ['not', 'expected a name or a value'],
    [`${'('.repeat(99)}a == b`, 'is nested more than 32 levels deep'],
    ['x'.repeat(5000), 'is longer than 4096 characters'],
  ] as const) {
    assert.equal(result(expression), expected, expression.slice(0, 40));
  }
  assert.match(String(result('ID matches "("')), /^"\(": /);
});

test('no text makes it throw', () => {
  const word = fc.constantFrom(
    'and',
    'or',
    'not',
    'in',
    '(',
    ')',
    '==',
    'is',
    'empty',
    '"x"',
    'ID',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(' ')),
      ),
      (text) => {
        result(text);
      },
    ),
  );
});
