import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { COLLECTION } from './collection.ts';

test('functions of collections', () => {
  checkRows(COLLECTION, [
    ['chunklist([1, 2, 3], 2)', '[[1,2],[3]]'],
    [
      '[coalesce(null, "", "a"), coalescelist([], [1]), compact(["a", "", "b"])]',
      '["a",[1],["a","b"]]',
    ],
    ['concat([1], ["a"])', '[1,"a"]'],
    [
      '[contains([1, 2], 2), element([1, 2], 3), index(["a", "b"], "b"), length({a = 1})]',
      '[true,2,1,1]',
    ],
    ['distinct(["a", "b", "a"])', '["a","b"]'],
    ['flatten([[1], [2, [3]]])', '[1,2,3]'],
    ['[keys({b = 1, a = 2}), values({b = 1, a = 2})]', '[["a","b"],[2,1]]'],
    ['[lookup({a = 1}, "a", 0), lookup({a = 1}, "b", 0)]', '[1,0]'],
    ['merge({a = 1, b = 1}, {b = 2}, null)', '{"a":1,"b":2}'],
    ['[range(3), range(1, 4), range(4, 1), range(0, 1, 0.5)]', '[[0,1,2],[1,2,3],[4,3,2],[0,0.5]]'],
    [
      '[reverse([1, 2]), slice(["a", "b", "c"], 1, 2), sort(["b", "a"])]',
      '[[2,1],["b"],["a","b"]]',
    ],
    ['zipmap(["a", "b"], [1, 2])', '{"a":1,"b":2}'],
    [
      'range(1e9)',
      'x:1,1-11: Error in function call; Call to function "range" failed: more than 1024 values',
    ],
    [
      'range(1, 5, -1)',
      'x:1,13-15: Invalid function argument; Invalid value for "params" parameter: step must be',
    ],
    [
      'element([], 0)',
      'x:1,9-11: Invalid function argument; Invalid value for "list" parameter: cannot use element',
    ],
    [
      'index([1], 2)',
      'x:1,1-14: Error in function call; Call to function "index" failed: item not found.',
    ],
    [
      'lookup({a = 1}, "b")',
      'x:1,1-21: Error in function call; Call to function "lookup" failed: the given map does not',
    ],
    [
      'merge({a = 1}, 5)',
      'x:1,16-17: Invalid function argument; Invalid value for "maps" parameter: a map or object',
    ],
    [
      'slice([1], 0, 2)',
      'x:1,15-16: Invalid function argument; Invalid value for "end_index" parameter: end index',
    ],
    [
      'zipmap(["a"], [])',
      'x:1,1-18: Error in function call; Call to function "zipmap" failed: number of keys (1) does',
    ],
    ['[hasindex([1], 0), hasindex([1], 1), length("añ")]', '[true,false,2]'],
    ['chunklist([1, 2], 0)', '[[1,2]]'],
  ]);
});
