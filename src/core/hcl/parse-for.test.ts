import test from 'node:test';
import { checkMistakes } from './mistakes.fixture.ts';

test('mistakes in for expressions are told where they are', () => {
  checkMistakes([
    [
      'a = [for x y : x]',
      ['x:1,12-13: Invalid "for" expression; For expression requires the "in" keyword'],
    ],
    [
      'a = [for 1 in y : x]',
      ['x:1,10-11: Invalid "for" expression; For expression requires variable name'],
    ],
    ['a = [for x in y]', ['x:1,16-17: Invalid "for" expression; For expression requires a colon']],
    ['a = [for x in y : x...]', ['x:1,23-24: Invalid "for" expression; Grouping ellipsis']],
    ['a = {for x in y : x}', ['x:1,19-20: Invalid "for" expression; Key expression is required']],
    ['a = [for x in y : x z]', ['x:1,21-22: Invalid "for" expression; Extra characters']],
    ['a = {for = 1, b = {for : 2}}', []],
  ]);
});
