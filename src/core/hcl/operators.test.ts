import test from 'node:test';
import { checkRows } from './evaluating.fixture.ts';

test('operators compute, compare and complain', () => {
  checkRows({}, [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['10 - 3 - 2', '5'],
    ['-n + 1', '-2'],
    ['0.1 + 0.2', '0.3'],
    ['1 / 8', '0.125'],
    ['1e3', '1000'],
    ['9007199254740993', '9007199254740993'],
    ['7 % -3', '1'],
    ['1 < 2 && !(2 >= 3) || false', 'true'],
    ['"1" + 1', '2'],
    ['"1" == 1', 'false'],
    ['"%{ if n > 2 }big%{ else }small%{ endif }"', '"big"'],
    ['1 / 0', 'x:1,1-6: Division by zero; Error during operation: division by zero.'],
    [
      '"a" + 1',
      'x:1,1-4: Invalid operand; Unsuitable value for left operand: a number is required.',
    ],
    ['!5', 'x:1,2-3: Invalid operand; Unsuitable value for operand: bool required.'],
    [
      'null + 1',
      'x:1,1-5: Invalid operand; Unsuitable value for left operand: argument must not be null.',
    ],
    [
      '1e1000 * 1e1000',
      'x:1,1-16: Operation failed; Error during operation: the result is too large a number.',
    ],
    ['11 % 0', 'x:1,1-7: Division by zero; '],
    [
      'true && "x"',
      'x:1,9-12: Invalid operand; Unsuitable value for right operand: a bool is required.',
    ],
    ['{a = [1, "x"]} == {a = [1, "x"]}', 'true'],
    ['--3', '3'],
    ['!!true', 'true'],
  ]);
});
