import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlobs } from './glob.ts';

const rows: readonly (readonly [patterns: string[], text: string, expected: boolean])[] = [
  [['dc1'], 'dc1', true],
  [['dc1'], 'dc10', false],
  [['*'], '', true],
  [['*'], 'anything', true],
  [['eu-*'], 'eu-west', true],
  [['eu-*'], 'us-west', false],
  [['*-west'], 'eu-west', true],
  [['a*b*c'], 'a1b2c', true],
  [['a*b*c'], 'acb', false],
  [['ab*ba'], 'aba', false],
  [['dc1', 'eu-*'], 'eu-1', true],
  [[], 'dc1', false],
  [['.*'], 'dc1', false],
];

for (const [patterns, text, expected] of rows) {
  test(`${patterns.join(', ')} means "${text}": ${expected}`, () => {
    assert.equal(compileGlobs(patterns)(text), expected);
  });
}
