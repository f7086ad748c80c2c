import test from 'node:test';
import { checkMistakes } from './mistakes.fixture.ts';

test('mistakes between arguments and blocks are told where they are', () => {
  checkMistakes([
    [
      'a = 1 1\nb = = 2\nc = 3',
      ['x:1,7-8: Missing newline after argument;', 'x:2,5-6: Invalid expression;'],
    ],
    [
      'a = 1\na = 2',
      ['x:2,1-2: Attribute redefined; The argument "a" was already set at x:1,1-2.'],
    ],
    ['"a" = 1', ['x:1,1-2: Invalid argument name;']],
    ['a "b" c d', ['x:1,10-10: Invalid block definition;']],
    ['a b', ['x:1,4-4: Invalid block definition; Either a quoted string block label']],
    ['a "x" = 1', ['x:1,7-8: Invalid block definition; The equals sign']],
    ['a {} b {}', ['x:1,6-7: Missing newline after block definition;']],
    ['a { b {} }', ['x:1,5-8: Argument definition required;']],
    ['a "${x}" {}', ['x:1,3-9: Invalid string literal;']],
    ['}', ['x:1,1-2: Argument or block definition required;']],
    ['a {\n  b {\n', ['x:2,5-6: Unclosed configuration block;']],
    [
      'a\nb = 1\nc',
      ['x:1,1-2: Argument or block definition required;', 'x:3,1-2: Argument or block'],
    ],
  ]);
});
