/**
 * Arithmetic. As a command in a pipeline hands its value on last, the second argument comes first:
 * `10 | divide 2` is 5.
 *
 * Whole numbers stay whole, in 64 bits; one floating number makes the result floating.
 */
import { fail, type FunctionTable, type TemplateFunction } from '../function.ts';
import { typeName, type Value } from '../value.ts';

export const MATH: FunctionTable = new Map<string, TemplateFunction>([
  [
    'add',
    arithmetic(
      'add',
      (b, a) => a + b,
      (b, a) => a + b,
    ),
  ],
  [
    'subtract',
    arithmetic(
      'subtract',
      (b, a) => a - b,
      (b, a) => a - b,
    ),
  ],
  [
    'multiply',
    arithmetic(
      'multiply',
      (b, a) => a * b,
      (b, a) => a * b,
    ),
  ],
  [
    'divide',
    arithmetic(
      'divide',
      (b, a) => a / nonZero(b),
      (b, a) => a / b,
    ),
  ],
  ['modulo', arithmetic('modulo', (b, a) => a % nonZero(b))],
  ['minimum', arithmetic('minimum', (b, a) => (a < b ? a : b), Math.min)],
  ['maximum', arithmetic('maximum', (b, a) => (a > b ? a : b), Math.max)],
]);

function arithmetic(
  name: string,
  whole: (b: bigint, a: bigint) => bigint,
  floating?: (b: number, a: number) => number,
): TemplateFunction {
  return {
    params: ['any', 'any'],
    call: ([b, a]) => {
      if (typeof a === 'bigint' && typeof b === 'bigint') return BigInt.asIntN(64, whole(b, a));
      if (floating === undefined) return fail(`${name}: unknown type for ${wrong(b, a, name)}`);
      return floating(number(b, name), number(a, name));
    },
  };
}

/** What stands in the way of whole numbers only. */
function wrong(b: Value, a: Value, name: string): string {
  const culprit = typeof b === 'bigint' ? a : b;
  return `"${number(culprit, name)}" (${typeName(culprit)})`;
}

function number(value: Value, name: string): number {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value);
  const shown = typeof value === 'string' ? JSON.stringify(value) : '';
  return fail(`${name}: unknown type for ${shown} (${typeName(value)})`);
}

/** Go panics on it. */
export function nonZero(value: bigint): bigint {
  return value === 0n ? fail('division by zero') : value;
}
