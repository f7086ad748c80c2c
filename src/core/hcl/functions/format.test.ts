import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { FORMAT } from './format.ts';

test('format puts values into a text', () => {
  checkRows(FORMAT, [
    [
      'format("%s is %d, %05.1f, %q, %v, %%", "x", 3, 2.25, "y", [1])',
      '"x is 3, 002.3, \\"y\\", [1], %"',
    ],
    ['format("%[2]s %[1]s|%-4s|%4s|%x", "a", "b", "c", 255)', '"b a|b   |   c|ff"'],
    ['formatlist("%s-%s", ["a", "b"], "x")', '["a-x","b-x"]'],
    [
      'format("%d")',
      'x:1,1-13: Error in function call; Call to function "format" failed: not enough arguments',
    ],
    [
      'format("a", 1)',
      'x:1,13-14: Invalid function argument; Invalid value for "args" parameter: too many',
    ],
    [
      'format("%d", "x")',
      'x:1,14-17: Invalid function argument; Invalid value for "args" parameter: unsupported value: a number',
    ],
    [
      'format("%y", 1)',
      'x:1,14-15: Invalid function argument; Invalid value for "args" parameter: unsupported verb',
    ],
    [
      'format("%+d % d %08.3f %e %X %b %t", 5, 5, -3.14159, 1234.5, 255, 5, true)',
      '"+5  5 -003.142 1.234500e+03 FF 101 true"',
    ],
    ['format("%#v %v %.2s", "a", {b = 1}, "xyz")', '"\\"a\\" {\\"b\\":1} xy"'],
    [
      'formatlist("%s", ["a"], ["b", "c"])',
      'x:1,25-35: Invalid function argument; Invalid value for "args" parameter: must have the same',
    ],
  ]);
});
