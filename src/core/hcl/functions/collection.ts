/** Functions of lists, tuples, maps and objects. */
import { toText } from '../convert.ts';
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { HCL_RANGE_MAX } from '../../limits.ts';
import { add, compare } from '../number.ts';
import { countCharacters } from '../source.ts';
import { elementOf, isComplaint } from '../traverse.ts';
import { NUMBER, STRING, listOf, sameType } from '../type.ts';
import {
  FALSE,
  NULL,
  TRUE,
  compareText,
  equal,
  isMapping,
  isSequence,
  list,
  map,
  number,
  object,
  tuple,
  typeOf,
} from '../value.ts';
import type { Value } from '../value.ts';
import {
  TOO_MUCH,
  anyParam,
  entriesOf,
  freeParam,
  itemsOf,
  listOrTuple,
  numOf,
  numberParam,
  param,
  sameShape,
  textOf,
  textParam,
  texts,
  textsOf,
  textsParam,
  wholeOf,
} from './define.ts';

/** A function of the items of its only argument. */
function ofItems(
  name: string,
  compute: (items: readonly Value[], of: Value, context: CallContext) => Value | Problem,
): HclFunction {
  const call = (args: readonly Value[], context: CallContext): Value | Problem => {
    const [of = NULL] = args;
    const items = itemsOf(args, 0);
    return 'problem' in items ? items : compute(items, of, context);
  };
  return { params: [anyParam(name)], call };
}

function chunkList(args: readonly Value[]): Value | Problem {
  const items = itemsOf(args, 0);
  const size = wholeOf(args, 1);
  if ('problem' in items) return items;
  if (typeof size !== 'number') return size;
  if (size < 0) return { problem: 'the size argument must be positive', argument: 1 };
  const chunks: Value[] = [];
  const step = size === 0 ? Math.max(1, items.length) : size;
  for (let i = 0; i < items.length; i += step) {
    chunks.push(sameShape(args[0], items.slice(i, i + step)));
  }
  return listOrTuple(chunks);
}

function coalesce(args: readonly Value[]): Value | Problem {
  const found = args.find(
    (arg) => arg.kind !== 'null' && !(arg.kind === 'string' && arg.value === ''),
  );
  return found ?? { problem: 'no non-null, non-empty-string arguments' };
}

function coalesceList(args: readonly Value[]): Value | Problem {
  const found = args.find((arg) => isSequence(arg) && arg.items.length > 0);
  return found ?? { problem: 'no non-null, non-empty arguments' };
}

function concatLists(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const all: Value[] = [];
  for (const i of args.keys()) {
    const items = itemsOf(args, i);
    if ('problem' in items) return items;
    if (!budget.elements(items.length)) return TOO_MUCH;
    all.push(...items);
  }
  const [first] = args;
  const uniform = args.every(
    (arg) => arg.kind === 'list' && sameType(typeOf(arg), typeOf(first ?? arg)),
  );
  return uniform && first?.kind === 'list' ? list(first.element, all) : tuple(all);
}

function elementAt(args: readonly Value[]): Value | Problem {
  const items = itemsOf(args, 0);
  const index = wholeOf(args, 1);
  if ('problem' in items) return items;
  if (typeof index !== 'number') return index;
  if (index < 0)
    return { problem: 'cannot use element function with a negative index', argument: 1 };
  const found = items[index % items.length];
  return found ?? { problem: 'cannot use element function with an empty list', argument: 0 };
}

function flattenInto(value: Value, out: Value[], context: CallContext): boolean {
  if (!isSequence(value)) {
    out.push(value);
    return context.budget.elements(1);
  }
  return value.items.every((item) => flattenInto(item, out, context));
}

function indexOf(args: readonly Value[]): Value | Problem {
  const items = itemsOf(args, 0);
  const wanted = args[1];
  if ('problem' in items) return items;
  const at = items.findIndex((item) => wanted !== undefined && equal(item, wanted));
  return at === -1 ? { problem: 'item not found' } : number(at);
}

function lengthOf(args: readonly Value[]): Value | Problem {
  const [value] = args;
  if (value?.kind === 'string') return number(countCharacters(value.value));
  if (value !== undefined && isSequence(value)) return number(value.items.length);
  if (value !== undefined && isMapping(value)) return number(value.entries.size);
  return { problem: 'collection must be a list, a map or a tuple', argument: 0 };
}

function lookUp(args: readonly Value[]): Value | Problem {
  const entries = entriesOf(args, 0);
  if ('problem' in entries) return entries;
  const key = textOf(args[1]);
  return (
    entries.get(key) ?? args[2] ?? { problem: `the given map does not contain the key "${key}"` }
  );
}

function mergeMaps(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const merged = new Map<string, Value>();
  const given = args.filter((arg) => arg.kind !== 'null');
  for (const i of given.keys()) {
    const entries = entriesOf(given, i);
    if ('problem' in entries) return { ...entries, argument: args.indexOf(given[i] ?? TRUE) };
    if (!budget.elements(entries.size)) return TOO_MUCH;
    for (const [key, value] of entries) merged.set(key, value);
  }
  const [first] = given;
  const uniform = given.every(
    (arg) => arg.kind === 'map' && sameType(typeOf(arg), typeOf(first ?? arg)),
  );
  return uniform && first?.kind === 'map' ? map(first.element, merged) : object(merged);
}

function rangeOf(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const nums = args.map(numOf);
  const [a = 0, b] = nums;
  const [start, limit] = b === undefined ? [0, a] : [a, b];
  const down = compare(limit, start) < 0;
  const step = nums[2] ?? (down ? -1 : 1);
  if (nums.length > 3) return { problem: 'takes at most three arguments', argument: 3 };
  if (compare(step, 0) === 0) return { problem: 'step must not be zero', argument: 2 };
  if (compare(step, 0) < 0 !== down && compare(start, limit) !== 0) {
    const side = down ? 'less' : 'greater';
    return { problem: `step must be ${side} than zero for this start and limit`, argument: 2 };
  }
  const items: Value[] = [];
  for (let at = start; down ? compare(at, limit) > 0 : compare(at, limit) < 0;) {
    if (items.length >= HCL_RANGE_MAX || !budget.elements(1)) {
      return {
        problem:
          `more than ${HCL_RANGE_MAX} values were generated; either decrease the difference ` +
          'between start and end or use a smaller step',
      };
    }
    items.push(number(at));
    const next = add(at, step);
    if (next === undefined) break;
    at = next;
  }
  return list(NUMBER, items);
}

function sliceOf(args: readonly Value[]): Value | Problem {
  const items = itemsOf(args, 0);
  const start = wholeOf(args, 1);
  const end = wholeOf(args, 2);
  if ('problem' in items) return items;
  if (typeof start !== 'number') return start;
  if (typeof end !== 'number') return end;
  if (start < 0) return { problem: 'start index must not be less than zero', argument: 1 };
  if (end > items.length) {
    return { problem: 'end index must not be greater than the length of the list', argument: 2 };
  }
  if (start > end)
    return { problem: 'start index must not be greater than end index', argument: 1 };
  return sameShape(args[0], items.slice(start, end));
}

function sortTexts(args: readonly Value[]): Value | Problem {
  const items = textsOf(args[0]);
  const missing = items.indexOf(undefined);
  if (missing !== -1) {
    return {
      problem: `given list element ${missing} is null; a null string cannot be sorted`,
      argument: 0,
    };
  }
  return texts(items.map((item) => item ?? '').sort(compareText));
}

function valuesOf(args: readonly Value[]): Value | Problem {
  const entries = entriesOf(args, 0);
  if ('problem' in entries) return entries;
  const [value] = args;
  const items = [...entries.values()];
  return value?.kind === 'map' ? list(value.element, items) : tuple(items);
}

function zipMap(args: readonly Value[]): Value | Problem {
  const keys = textsOf(args[0]);
  const values = itemsOf(args, 1);
  if ('problem' in values) return values;
  if (keys.length !== values.length) {
    const problem = `number of keys (${keys.length}) does not match number of values (${values.length})`;
    return { problem };
  }
  const entries = values.map((value, i): [string, Value] => [keys[i] ?? '', value]);
  const of = args[1];
  return of?.kind === 'list' ? map(of.element, new Map(entries)) : object(new Map(entries));
}

function distinctItems(items: readonly Value[]): readonly Value[] {
  // Items of one list are mostly few or texts; the quadratic part is for the rest.
  const seenTexts = new Set<string>();
  const out: Value[] = [];
  for (const item of items) {
    const text = item.kind === 'string' ? toText(item) : undefined;
    if (text === undefined ? out.some((other) => equal(other, item)) : seenTexts.has(text))
      continue;
    if (text !== undefined) seenTexts.add(text);
    out.push(item);
  }
  return out;
}

function distinctOf(items: readonly Value[], of: Value, { budget }: CallContext): Value | Problem {
  const others = items.filter((item) => item.kind !== 'string').length;
  return budget.step(others * others) ? sameShape(of, distinctItems(items)) : TOO_MUCH;
}

export const COLLECTION: Readonly<Record<string, HclFunction>> = {
  chunklist: { params: [anyParam('list'), numberParam('size')], call: chunkList },
  coalesce: { params: [freeParam('vals')], rest: freeParam('vals'), call: coalesce },
  coalescelist: { params: [freeParam('vals')], rest: freeParam('vals'), call: coalesceList },
  compact: {
    params: [textsParam('list')],
    call: (args) =>
      texts(
        textsOf(args[0])
          .filter((text) => text !== undefined && text !== '')
          .map(String),
      ),
  },
  concat: { params: [anyParam('seqs')], rest: anyParam('seqs'), call: concatLists },
  contains: {
    params: [anyParam('list'), freeParam('value')],
    call: (args) => {
      const items = itemsOf(args, 0);
      if ('problem' in items) return items;
      return items.some((item) => equal(item, args[1] ?? TRUE)) ? TRUE : FALSE;
    },
  },
  distinct: ofItems('list', distinctOf),
  element: { params: [anyParam('list'), numberParam('index')], call: elementAt },
  flatten: ofItems('list', (_, of, context) => {
    const out: Value[] = [];
    return flattenInto(of, out, context) ? tuple(out) : TOO_MUCH;
  }),
  hasindex: {
    params: [anyParam('collection'), anyParam('key')],
    call: ([of, key]) =>
      of !== undefined && key !== undefined && !isComplaint(elementOf(of, key)) ? TRUE : FALSE,
  },
  index: { params: [anyParam('list'), freeParam('value')], call: indexOf },
  keys: {
    params: [anyParam('inputMap')],
    call: (args) => {
      const entries = entriesOf(args, 0);
      return 'problem' in entries ? entries : texts([...entries.keys()]);
    },
  },
  length: { params: [anyParam('value')], call: lengthOf },
  lookup: {
    params: [anyParam('inputMap'), textParam('key')],
    rest: freeParam('default'),
    call: lookUp,
  },
  merge: { params: [], rest: freeParam('maps'), call: mergeMaps },
  range: { params: [numberParam('start')], rest: numberParam('params'), call: rangeOf },
  reverse: ofItems('list', (items, of) => sameShape(of, [...items].reverse())),
  slice: {
    params: [anyParam('list'), numberParam('start_index'), numberParam('end_index')],
    call: sliceOf,
  },
  sort: { params: [param('list', listOf(STRING))], call: sortTexts },
  values: { params: [anyParam('mapping')], call: valuesOf },
  zipmap: { params: [textsParam('keys'), anyParam('values')], call: zipMap },
};
