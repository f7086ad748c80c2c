import assert from 'node:assert/strict';
import test from 'node:test';
import { isProblem } from './function.ts';
import { checkRows } from './evaluating.fixture.ts';
import { TEXT } from './functions/text.ts';

test('calls are checked before they are made', () => {
  checkRows(TEXT, [
    [
      'uper("x")',
      'x:1,1-5: Call to unknown function; There is no function named "uper". Did you mean "upper"?',
    ],
    [
      'upper()',
      'x:1,1-8: Not enough function arguments; Function "upper" expects 1 argument(s). Missing value for "str".',
    ],
    [
      'upper("a", "b")',
      'x:1,12-15: Too many function arguments; Function "upper" expects only 1 argument(s).'
        .replace('12-13', '12-15')
        .replace('12-15', '12-15'),
    ],
    [
      'upper(null)',
      'x:1,7-11: Invalid function argument; Invalid value for "str" parameter: argument must not be null.',
    ],
    [
      'upper([])',
      'x:1,7-9: Invalid function argument; Invalid value for "str" parameter: string required.',
    ],
    ['upper(["a"]...)', '"A"'],
    ['upper("a"...)', 'x:1,7-10: Invalid expanding argument value; '],
    ['upper(zz)', 'x:1,7-9: Unknown variable; '],
  ]);
});

test('a problem is told from a value', () => {
  assert.ok(isProblem({ problem: 'x' }));
  assert.ok(!isProblem({ kind: 'null' }));
});
