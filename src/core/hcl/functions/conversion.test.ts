import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { CONVERSION } from './conversion.ts';

test('functions that convert and try', () => {
  checkRows(CONVERSION, [
    [
      '[can(obj.zz), try(obj.zz, "d"), convert("5", number), tonumber("1.5"), tobool("true")]',
      '[false,"d",5,1.5,true]',
    ],
    [
      '[tolist(["a", 1]), toset(["b", "a", "b"]), tomap({a = 1, b = "x"}), tostring(1e3)]',
      '[["a","1"],["a","b"],{"a":"1","b":"x"},"1000"]',
    ],
    [
      'tonumber("x")',
      'x:1,10-13: Invalid function argument; Invalid value for "v" parameter: a number is required.',
    ],
    [
      'tobool("True")',
      'x:1,8-14: Invalid function argument; Invalid value for "v" parameter: a bool is required; to convert',
    ],
    [
      'try(zz, yy)',
      'x:1,1-12: Error in function call; Call to function "try" failed: no expression succeeded:',
    ],
    ['convert([1], set(string))', '["1"]'],
    [
      'convert(1, nmber)',
      'x:1,1-18: Error in function call; Call to function "convert" failed: The keyword "nmber" is not',
    ],
    ['can()', 'x:1,1-6: Wrong number of function arguments; Function "can" expects 1 argument(s)'],
    ['convert({a = 1}, object({a = string, b = optional(number)}))', '{"a":"1","b":null}'],
  ]);
});
