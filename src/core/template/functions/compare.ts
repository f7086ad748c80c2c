/**
 * Comparison: `eq ne lt le gt ge`, and `not`. Kinds do not mix: `eq 1 1.0` is a mistake, as in Go.
 */
import { fail, type FunctionTable, type TemplateFunction } from '../function.ts';
import { compareTexts, Dict, isList, isTruthy, Struct, type Value } from '../value.ts';

export const COMPARE: FunctionTable = new Map<string, TemplateFunction>([
  ['not', { params: ['any'], call: ([value]) => !isTruthy(value) }],
  ['eq', { params: ['any'], rest: 'any', call: ([first, ...others]) => eq(first, others) }],
  ['ne', { params: ['any', 'any'], call: ([a, b]) => !eq(a, [b]) }],
  ['lt', { params: ['any', 'any'], call: ([a, b]) => order(a, b) < 0 }],
  ['le', { params: ['any', 'any'], call: ([a, b]) => order(a, b) <= 0 }],
  ['gt', { params: ['any', 'any'], call: ([a, b]) => order(a, b) > 0 }],
  ['ge', { params: ['any', 'any'], call: ([a, b]) => order(a, b) >= 0 }],
]);

/** Whether the first equals any of the others. */
function eq(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) fail('missing argument for comparison');
  return others.some((other) => isEqual(first, other));
}

function isEqual(a: Value, b: Value): boolean {
  const [left, right] = [a ?? undefined, b ?? undefined];
  // Nothing equals nothing, and nothing else.
  if (left === undefined || right === undefined) return left === right;
  if (typeof left !== typeof right) fail('incompatible types for comparison');
  if (isList(left) || left instanceof Dict || isList(right) || right instanceof Dict) {
    fail('non-comparable type');
  }
  return left === right;
}

function order(a: Value, b: Value): number {
  if (!isOrdered(a) || !isOrdered(b)) fail('invalid type for comparison');
  if (typeof a !== typeof b) fail('incompatible types for comparison');
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  // What is not a number is neither less nor more; `NaN` answers false everywhere.
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN;
}

function isOrdered(value: Value): value is bigint | number | string {
  return (
    value !== null && !(value instanceof Struct) && 'bigint number string'.includes(typeof value)
  );
}
