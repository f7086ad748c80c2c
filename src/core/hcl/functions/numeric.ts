/** Functions of numbers. */
import type { HclFunction, Problem } from '../function.ts';
import { ceil, compare, floor, fromBigInt, fromNumber, negate, toNumber } from '../number.ts';
import type { Num } from '../number.ts';
import { number } from '../value.ts';
import type { Value } from '../value.ts';
import { numOf, numberParam, textOf, textParam, wholeOf } from './define.ts';

function ofNumber(compute: (num: Num) => Num): HclFunction {
  return { params: [numberParam('num')], call: (args) => number(compute(numOf(args[0]))) };
}

function extreme(better: (order: number) => boolean): HclFunction {
  const call = (args: readonly Value[]): Value => {
    const best = args.map(numOf).reduce((a, b) => (better(compare(b, a)) ? b : a));
    return number(best);
  };
  return { params: [numberParam('number')], rest: numberParam('numbers'), call };
}

/** What JavaScript computes of two numbers; exact decimals are not to be had here. */
function ofFloats(
  names: readonly [string, string],
  compute: (a: number, b: number) => number,
): HclFunction {
  const call = (args: readonly Value[]): Value | Problem => {
    const [a = 0, b = 0] = args.map((arg) => toNumber(numOf(arg)));
    const result = fromNumber(compute(a, b));
    return result === undefined ? { problem: 'the result is not a number' } : number(result);
  };
  return { params: names.map(numberParam), call };
}

function power(base: number, exponent: number): number {
  return base ** exponent;
}

function parseInteger(args: readonly Value[]): Value | Problem {
  const text = textOf(args[0]);
  const base = wholeOf(args, 1);
  if (typeof base !== 'number') return base;
  if (base < 2 || base > 62) return { problem: 'base must be between 2 and 62', argument: 1 };
  const wrong = { problem: `cannot parse "${text}" as a base ${base} integer`, argument: 0 };
  const digits = /^([+-]?)([0-9A-Za-z]{1,300})$/.exec(text);
  if (digits === null) return wrong;
  let value = 0n;
  for (const letter of digits[2] ?? '') {
    const digit = digitValue(letter, base);
    if (digit >= base) return wrong;
    value = value * BigInt(base) + BigInt(digit);
  }
  const result = fromBigInt(digits[1] === '-' ? -value : value);
  return result === undefined ? wrong : number(result);
}

/** To base 36 both cases mean the same; beyond, capitals follow the small letters. */
function digitValue(letter: string, base: number): number {
  if (base <= 36) return parseInt(letter, 36);
  const code = letter.charCodeAt(0);
  if (code <= 57) return code - 48;
  return code >= 97 ? code - 87 : code - 29;
}

export const NUMERIC: Readonly<Record<string, HclFunction>> = {
  abs: ofNumber((num) => (compare(num, 0) < 0 ? negate(num) : num)),
  ceil: ofNumber(ceil),
  floor: ofNumber(floor),
  log: ofFloats(['num', 'base'], (num, base) => Math.log(num) / Math.log(base)),
  max: extreme((order) => order > 0),
  min: extreme((order) => order < 0),
  parseint: { params: [textParam('number'), numberParam('base')], call: parseInteger },
  pow: ofFloats(['num', 'power'], power),
  signum: ofNumber((num) => Math.sign(compare(num, 0))),
};
