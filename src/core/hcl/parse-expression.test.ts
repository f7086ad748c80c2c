import test from 'node:test';
import { checkMistakes } from './mistakes.fixture.ts';

test('mistakes in expressions are told where they are', () => {
  checkMistakes([
    ['a = 1\nb {\n  c = [1,\n}\n', ['x:4,1-2: Invalid expression;']],
    ['a = { b = 1, c }', ['x:1,16-17: Missing attribute value;']],
    ['a = { b = 1 c = 2 }', ['x:1,13-14: Missing attribute separator;']],
    ['a = f(1', ['x:1,6-7: Unterminated function call;']],
    ['a = (1 + 2', ['x:1,11-11: Unbalanced parentheses;']],
    ['a = x ? 1', ['x:1,10-10: Missing false expression in conditional;']],
    ['a = x.', ['x:1,6-7: Invalid attribute name;']],
    ['a = "é" ?', ['x:1,10-10: Missing expression;']],
    ['a = 99999999999999999999e999999', ['x:1,5-32: Invalid number literal;']],
  ]);
});
