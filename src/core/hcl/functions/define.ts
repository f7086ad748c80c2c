/** Short ways to say a function's parameters, take its arguments and make its result. */
import { assert } from '../../../base/assert.ts';
import { convert, unify } from '../convert.ts';
import type { HclFunction, Parameter, Problem } from '../function.ts';
import { isInteger, toNumber } from '../number.ts';
import type { Num } from '../number.ts';
import { ANY, NUMBER, STRING, listOf } from '../type.ts';
import type { Type } from '../type.ts';
import { UNKNOWN, isMapping, isSequence, list, string, tuple, typeOf } from '../value.ts';
import type { Value } from '../value.ts';

/** A parameter of a type. */
export function param(name: string, type: Type): Parameter {
  return { name, type };
}

export const textParam = (name: string): Parameter => param(name, STRING);
export const numberParam = (name: string): Parameter => param(name, NUMBER);
export const textsParam = (name: string): Parameter => param(name, listOf(STRING));
/** Anything but null. */
export const anyParam = (name: string): Parameter => param(name, ANY);
/** Anything, null too. */
export const freeParam = (name: string): Parameter => ({ name, type: ANY, allowNull: true });

/** A function of texts that makes a value. */
export function ofTexts(
  names: readonly string[],
  compute: (...texts: readonly string[]) => Value | Problem,
): HclFunction {
  return {
    params: names.map(textParam),
    call: (args) => compute(...args.map(textOf)),
  };
}

/** A function from one text to another. */
export function textToText(compute: (text: string) => string): HclFunction {
  return ofTexts(['str'], (text = '') => string(compute(text)));
}

/** The text of an argument whose parameter is a string. */
export function textOf(value: Value | undefined): string {
  assert(value?.kind === 'string', 'arguments were converted to the type of their parameter');
  return value.value;
}

/** The number of an argument whose parameter is a number. */
export function numOf(value: Value | undefined): Num {
  assert(value?.kind === 'number', 'arguments were converted to the type of their parameter');
  return value.value;
}

/** A whole number, or the problem with that argument. */
export function wholeOf(args: readonly Value[], argument: number): number | Problem {
  const num = numOf(args[argument]);
  if (isInteger(num) && Number.isSafeInteger(toNumber(num))) return toNumber(num);
  return { problem: 'a whole number is required', argument };
}

/** The items of an argument that is a list, set or tuple; or the problem with it. */
export function itemsOf(args: readonly Value[], argument: number): readonly Value[] | Problem {
  const value = args[argument];
  if (value !== undefined && isSequence(value)) return value.items;
  return { problem: 'a list, set or tuple is required', argument };
}

/** The entries of an argument that is a map or object; or the problem with it. */
export function entriesOf(
  args: readonly Value[],
  argument: number,
): ReadonlyMap<string, Value> | Problem {
  const value = args[argument];
  if (value !== undefined && isMapping(value)) return value.entries;
  return { problem: 'a map or object is required', argument };
}

/** The texts of an argument whose parameter is a list of strings. */
export function textsOf(value: Value | undefined): readonly (string | undefined)[] {
  assert(value !== undefined && isSequence(value), 'arguments were converted to lists');
  return value.items.map((item) => (item.kind === 'string' ? item.value : undefined));
}

/** A list of strings. */
export function texts(items: readonly string[]): Value {
  return list(STRING, items.map(string));
}

/** A list if the items have a common type, else a tuple. */
export function listOrTuple(items: readonly Value[]): Value {
  const element = unify(items.map(typeOf));
  if (element === undefined) return tuple(items);
  const same = items.map((item) => {
    const converted = convert(item, element);
    return 'problem' in converted ? UNKNOWN : converted.value;
  });
  return list(element, same);
}

/** Tuples stay tuples; lists and sets become lists. */
export function sameShape(like: Value | undefined, items: readonly Value[]): Value {
  return like?.kind === 'list' || like?.kind === 'set' ? list(like.element, items) : tuple(items);
}

export const TOO_MUCH: Problem = { problem: 'the result would be too large' };
