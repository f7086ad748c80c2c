import test from 'node:test';
import { checkRows } from './evaluating.fixture.ts';
import { TEXT } from './functions/text.ts';

test('collections are gone through', () => {
  checkRows(TEXT, [
    ['[for x in [1, 2, 3] : x * 2 if x > 1]', '[4,6]'],
    ['{for k, v in {a = 1, b = 2} : v => k}', '{"1":"a","2":"b"}'],
    ['{for s in ["ab", "ac", "b"] : substr(s, 0, 1) => s...}', '{"a":["ab","ac"],"b":["b"]}'],
    ['users[*].id', '[1,2]'],
    ['users.*.id', '[1,2]'],
    ['null[*]', '[]'],
    ['5[*]', '[5]'],
    ['[for x in [1]: [for y in [2]: x + y]][0][0]', '3'],
    [
      '{for x in [1, 1] : x => x}',
      'x:1,20-21: Duplicate object key; Two different items produced the key "1" in this "for" expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.',
    ],
    ['[for x in null : x]', 'x:1,11-15: Iteration over null value; '],
    ['[for x in 5 : x]', 'x:1,11-12: Iteration over non-iterable value; A value of type number'],
    ['[for x in [1] : x if null]', 'x:1,22-26: Null condition; '],
    ['{for x in [null] : x => 1}', 'x:1,20-21: Null value as key; '],
    ['[for i, x in ["a"] : "${i}${x}"]', '["0a"]'],
    ['users[*].id[0]', 'x:1,12-15: Invalid index; '],
    ['users.*.id[0]', '1'],
  ]);
});
