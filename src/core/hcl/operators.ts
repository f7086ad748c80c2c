/** The operators of the language, as a table: what they take and what they make of it. */
import type { BinaryOperator } from './ast.ts';
import { add, compare, divide, multiply, negate, remainder, subtract } from './number.ts';
import type { Num } from './number.ts';
import { BOOL, NUMBER } from './type.ts';
import type { Type } from './type.ts';
import { bool, equal, isWhollyKnown, number } from './value.ts';
import type { Value } from './value.ts';

/** A result, or why there is none. */
export type Computed = Value | Readonly<{ problem: string }>;

type Operator = Readonly<{
  /** What both operands are converted to; undefined takes them as they are. */
  operand: Type | undefined;
  result: Type;
  compute: (left: Value, right: Value) => Computed;
}>;

const TOO_LARGE = { problem: 'the result is too large a number' };

function numeric(apply: (a: Num, b: Num) => Num | undefined): Operator {
  const compute = (left: Value, right: Value): Computed => {
    if (left.kind !== 'number' || right.kind !== 'number') return left;
    const result = apply(left.value, right.value);
    return result === undefined ? TOO_LARGE : number(result);
  };
  return { operand: NUMBER, result: NUMBER, compute };
}

function dividing(apply: (a: Num, b: Num) => Num | undefined): Operator {
  const inner = numeric(apply);
  const compute = (left: Value, right: Value): Computed =>
    right.kind === 'number' && right.value === 0
      ? { problem: 'division by zero' }
      : inner.compute(left, right);
  return { ...inner, compute };
}

function comparing(holds: (order: number) => boolean): Operator {
  const compute = (left: Value, right: Value): Computed =>
    left.kind === 'number' && right.kind === 'number'
      ? bool(holds(compare(left.value, right.value)))
      : left;
  return { operand: NUMBER, result: BOOL, compute };
}

function logical(apply: (a: boolean, b: boolean) => boolean): Operator {
  const compute = (left: Value, right: Value): Computed =>
    left.kind === 'bool' && right.kind === 'bool' ? bool(apply(left.value, right.value)) : left;
  return { operand: BOOL, result: BOOL, compute };
}

function equality(wanted: boolean): Operator {
  const compute = (left: Value, right: Value): Computed =>
    isWhollyKnown(left) && isWhollyKnown(right)
      ? bool(equal(left, right) === wanted)
      : { kind: 'unknown', type: BOOL };
  return { operand: undefined, result: BOOL, compute };
}

export const OPERATORS: Readonly<Record<BinaryOperator, Operator>> = {
  '||': logical((a, b) => a || b),
  '&&': logical((a, b) => a && b),
  '==': equality(true),
  '!=': equality(false),
  '<': comparing((order) => order < 0),
  '<=': comparing((order) => order <= 0),
  '>': comparing((order) => order > 0),
  '>=': comparing((order) => order >= 0),
  '+': numeric(add),
  '-': numeric(subtract),
  '*': numeric(multiply),
  '/': dividing(divide),
  '%': dividing(remainder),
};

export const UNARY = {
  '-': {
    operand: NUMBER,
    compute: (value: Value): Value =>
      value.kind === 'number' ? number(negate(value.value)) : value,
  },
  '!': {
    operand: BOOL,
    compute: (value: Value): Value => (value.kind === 'bool' ? bool(!value.value) : value),
  },
} as const;
