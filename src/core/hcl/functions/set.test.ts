import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { SET } from './set.ts';

test('functions of sets', () => {
  checkRows(SET, [
    ['setintersection(["a", "b"], ["b", "c"])', '["b"]'],
    ['setsubtract(["a", "b"], ["b"])', '["a"]'],
    ['setunion(["b"], ["a", "b"])', '["a","b"]'],
    ['setproduct(["a", "b"], [1, 2])', '[["a",1],["a",2],["b",1],["b",2]]'],
    ['setproduct([1, 2], [])', '[]'],
    ['setunion([1], ["a"])', '["1","a"]'],
  ]);
});
