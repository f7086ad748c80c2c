import assert from 'node:assert/strict';
import test from 'node:test';
import { parseExpression } from './parse.ts';
import { Source } from './source.ts';
import { readType } from './type-expression.ts';
import { friendlyType } from './type.ts';

function typeOf(text: string): string {
  const result = readType(parseExpression(new Source('x', text)).tree);
  return 'type' in result ? friendlyType(result.type) : result.problem;
}

test('types are written as words and calls', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['string', 'string'],
    ['"number"', 'number'],
    ['any', 'dynamic'],
    ['list', 'list of any single type'],
    ['map(list(bool))', 'map of list of bool'],
    ['object({ a = string, b = optional(number) })', 'object'],
    ['tuple([string, number])', 'tuple'],
    ['strnig', 'The keyword "strnig" is not a valid type specification. Did you mean "string"?'],
    ['lst(string)', 'The keyword "lst" is not a valid type constructor. Did you mean "list"?'],
    ['list()', 'The list type constructor requires one argument.'],
    ['object(string)', 'The object type constructor requires one argument with the types in it.'],
    [
      'list(nmber)',
      'The keyword "nmber" is not a valid type specification. Did you mean "number"?',
    ],
  ];
  for (const [text, expected] of rows) assert.equal(typeOf(text), expected, text);
  assert.match(typeOf('5'), /either a keyword/);
});
