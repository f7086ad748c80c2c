/** Functions of sets, and the product of lists. */
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { ANY, setOf } from '../type.ts';
import type { Type } from '../type.ts';
import { isSequence, set, tuple, typeOf } from '../value.ts';
import type { Sequence, Value } from '../value.ts';
import { convert, unify } from '../convert.ts';
import { TOO_MUCH, anyParam, itemsOf, listOrTuple, param } from './define.ts';

const setParam = param('sets', setOf(ANY));

/** A function of sets: which items of all of them remain. Items are compared within one set. */
function ofSets(keep: (counts: readonly boolean[]) => boolean): HclFunction {
  const call = (args: readonly Value[], { budget }: CallContext): Value | Problem => {
    const given = args.filter(isSequence);
    const element = unify(given.map((each) => elementType(each)));
    if (element === undefined) return { problem: 'all sets must have the same element type' };
    const sets = given.map((each) => asSet(each, element));
    const all = sets.flatMap((each) => each.items);
    // Sets order equal items alike, so a set of all of them has each once.
    const union = set(element, all);
    if (!isSequence(union) || !budget.elements(all.length)) return TOO_MUCH;
    const keys = sets.map((each) => new Set(each.items.map((item) => keyOf(item))));
    const kept = union.items.filter((item) => keep(keys.map((key) => key.has(keyOf(item)))));
    return set(element, kept);
  };
  return { params: [setParam], rest: setParam, call };
}

function asSet(of: Sequence, element: Type): Sequence {
  const converted = convert(of, setOf(element));
  return 'value' in converted && isSequence(converted.value) ? converted.value : of;
}

function elementType(of: Sequence): ReturnType<typeof typeOf> {
  return of.kind === 'tuple' ? ANY : of.element;
}

/** Equal values have equal texts: entries are in order, numbers in normal form. */
function keyOf(value: Value): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return part.toString();
    return part instanceof Map ? [...part] : part;
  });
}

function productOf(args: readonly Value[], { budget }: CallContext): Value | Problem {
  let rows: readonly (readonly Value[])[] = [[]];
  for (const i of args.keys()) {
    const items = itemsOf(args, i);
    if ('problem' in items) return items;
    if (!budget.elements(rows.length * items.length * args.length)) return TOO_MUCH;
    rows = rows.flatMap((row) => items.map((item) => [...row, item]));
  }
  const tuples = rows.map((row) => tuple(row));
  const allSets = args.every((arg) => arg.kind === 'set');
  const [first] = tuples;
  return allSets && first !== undefined ? set(typeOf(first), tuples) : listOrTuple(tuples);
}

export const SET: Readonly<Record<string, HclFunction>> = {
  setintersection: ofSets((has) => has.every(Boolean)),
  setproduct: { params: [anyParam('sets')], rest: anyParam('sets'), call: productOf },
  setsubtract: ofSets(([first, ...others]) => first === true && !others.some(Boolean)),
  setunion: ofSets(() => true),
};
