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
  Deep: { a: { b: { 'c d': 1 } } },
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
    ['Unknown == ""', false],
    ['Unknown != "x"', true],
    ['Unknown matches ".*"', false],
    ['Unknown not matches ".*"', true],
    ['Meta["x.y"] == 1', true],
    ['Meta["x.y"] is not empty', true],
    ['Meta[team] == "a b"', true],
    ['Deep["a"].b["c d"] == 1', true],
    ['Deep.a["b"]["c d"] == 1', true],
    ['"/Deep/a/b/c d" == 1', true],
    ['"c d" in Deep.a.b', true],
    ['Deep.a.b contains "c d"', true],
    ['toString is empty', true],
    ['ID matches "^w" and ("dc1" in Datacenters or not Stop == false)', true],
    ['ID not matches "^w"', false],
    ['"no" not in ID', true],
    ['not not ID == web', true],
    ['`web` == `web`', false],
  ] as const) {
    assert.equal(result(expression), expected, expression);
  }
});

test('mistakes are told', () => {
  for (const [expression, expected] of [
    ['Status', 'expected an operator after "Status" at 7'],
    ['Status ==', 'expected a value at 10'],
    ['(Status == x', 'the parenthesis at 1 is not closed'],
    ['ID not == x', 'expected "in" after "not" at 8'],
    ['A..B == x', 'selector "A..B" at 1 is not valid'],
    ['ID == "x', 'unexpected character at 7'],
    ['', 'expected a name or a value at 1'],
    ['Status == x y', 'unexpected "y" at 13'],
    ['Status = x', 'unexpected character at 8'],
    ['Status is full', 'expected "empty" after "is" at 11'],
    ['not', 'expected a name or a value at 4'],
    [`${'('.repeat(99)}a == b`, 'is nested more than 32 levels deep'],
    ['x'.repeat(5000), 'is longer than 4096 characters'],
  ] as const) {
    assert.equal(result(expression), expected, expression.slice(0, 40));
  }
  assert.match(String(result('ID matches "("')), /^"\(" at 12: /);
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
    'matches',
    'contains',
    '!=',
    '"x"',
    'ID',
    'A["b"]',
    '[',
    '.',
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
