import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { NUMERIC } from './numeric.ts';

test('functions of numbers', () => {
  checkRows(NUMERIC, [
    ['[abs(-1.5), ceil(1.2), floor(-1.2), log(8, 2), max(1, 3, 2), min(2, 1)]', '[1.5,2,-2,3,3,1]'],
    ['[parseint("ff", 16), parseint("-101", 2), pow(2, 10), signum(-3)]', '[255,-5,1024,-1]'],
    [
      'parseint("z", 10)',
      'x:1,10-13: Invalid function argument; Invalid value for "number" parameter: cannot parse',
    ],
    [
      'parseint("1", 99)',
      'x:1,15-17: Invalid function argument; Invalid value for "base" parameter: base must be',
    ],
    [
      'log(-1, 10)',
      'x:1,1-12: Error in function call; Call to function "log" failed: the result is not a',
    ],
    [
      'min()',
      'x:1,1-6: Not enough function arguments; Function "min" expects at least 1 argument(s).',
    ],
  ]);
});
