import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, type Comparison } from './compare.ts';

type Row = readonly [
  operand: Comparison,
  left: string | undefined,
  right: string | undefined,
  expected: boolean,
];

const rows: readonly Row[] = [
  ['=', 'linux', 'linux', true],
  ['=', 'linux', 'plan9', false],
  ['=', undefined, undefined, false],
  ['!=', 'linux', 'plan9', true],
  ['!=', undefined, 'plan9', true],
  ['!=', 'plan9', 'plan9', false],
  ['is_set', 'x', undefined, true],
  ['is_set', undefined, undefined, false],
  ['is_not_set', undefined, '', true],
  ['is_not_set', '', '', false],
  ['<', '9', '10', true],
  ['<', 'b9', 'b10', false],
  ['<=', '10', '10', true],
  ['>', '1.5', '1.25', true],
  ['>', '123456789012345678901', '123456789012345678900', true],
  ['>=', 'b', 'a', true],
  ['>=', undefined, 'a', false],
  ['regexp', 'node-17', '^node-[0-9]+$', true],
  ['regexp', 'Node', '(?i)^node$', true],
  ['regexp', 'node', '[', false],
  ['set_contains', 'a, b ,c', 'b,c', true],
  ['set_contains', 'a,b', 'b,d', false],
  ['set_contains_all', 'a,b', 'a', true],
  ['set_contains_any', 'a,b', 'd,b', true],
  ['set_contains_any', 'a,b', 'd', false],
  ['version', '1.2.3', '>= 1.2, < 2', true],
  ['version', '2.0', '>= 1.2, < 2', false],
  ['version', 'v1.1.9', '~> 1.1', true],
  ['version', '2.0.0', '~> 1.1', false],
  ['version', '1.1.9', '~> 1.1.5', true],
  ['version', '1.2.0', '~> 1.1.5', false],
  ['version', '1.3.0-beta1', '>= 0.6.1', false],
  ['version', '1.3.0-beta1', '>= 1.3.0-alpha', true],
  ['version', '1.7.0+ent', '= 1.7.0', true],
  ['version', '1.2.3.4', '> 1.2.3', true],
  ['version', 'x', '>= 0', false],
  ['version', '1', 'x', false],
  ['semver', '1.3.0-beta1', '>= 0.6.1', true],
  ['semver', '1.3.0-beta1', '< 1.3.0', true],
  ['semver', '1.3.0-beta.2', '> 1.3.0-beta.11', false],
  ['semver', '1.0.0-alpha', '< 1.0.0-alpha.1', true],
  ['semver', '1.0.0-1', '< 1.0.0-a', true],
  ['semver', '1.2.3', '~> 1.2', false],
  ['semver', '1.2.3', '!= 1.2.4', true],
];

for (const [operand, left, right, expected] of rows) {
  test(`${left ?? 'nothing'} ${operand} ${right ?? 'nothing'} is ${expected}`, () => {
    assert.equal(holds(operand, left, right), expected);
  });
}

test('a pattern made to run away does not', () => {
  assert.equal(holds('regexp', `${'a'.repeat(2_000)}!`, '^(a+)+$'), false);
  assert.equal(holds('regexp', 'a'.repeat(3_000), 'a'), false);
});
