/**
 * The functions of Sprig that templates use most, as `sprig_`. Sprig puts what is worked on last.
 *
 * Source: https://masterminds.github.io/sprig/
 */
import { fromBase64, toBase64 } from '../../../base/base64.ts';
import { TEMPLATE_ELEMENTS_MAX, TEMPLATE_TEXT_MAX } from '../../limits.ts';
import { fromBytes, toBytes } from '../bytes.ts';
import {
  dictAt,
  fail,
  intAt,
  listAt,
  textAt,
  textual,
  type FunctionTable,
  type Run,
  type TemplateFunction,
} from '../function.ts';
import { printed, quote } from '../print.ts';
import { compareTexts, Dict, isTruthy, type List, type Param, type Value } from '../value.ts';
import { nonZero } from './math.ts';
import {
  bound,
  indent,
  join,
  replaceAll,
  toTitle,
  trimPrefix,
  trimSet,
  trimSuffix,
} from './text.ts';
import { digest } from './world.ts';

type Call = (args: readonly Value[], run: Run) => Value;

const takes = (params: readonly Param[], call: Call): TemplateFunction => ({ params, call });
const takesAny = (call: Call): TemplateFunction => ({ params: [], rest: 'any', call });
/** A text of a value, as it prints. */
const show = (value: Value, run: Run): string => printed(value, (steps) => run.charge(steps));
const isNothing = (value: Value): boolean => value === undefined || value === null;

const TEXTS: readonly (readonly [string, TemplateFunction])[] = [
  ['trim', textual(1, (text) => text.trim())],
  ['trimAll', textual(2, (cutset, text) => trimSet(cutset, text))],
  ['trimPrefix', textual(2, (prefix, text) => trimPrefix(prefix, text))],
  ['trimSuffix', textual(2, (suffix, text) => trimSuffix(suffix, text))],
  ['upper', textual(1, (text) => text.toUpperCase())],
  ['lower', textual(1, (text) => text.toLowerCase())],
  ['title', textual(1, toTitle)],
  ['nospace', textual(1, (text) => text.replace(/\s/g, ''))],
  ['contains', textual(2, (part, text) => text.includes(part))],
  ['hasPrefix', textual(2, (prefix, text) => text.startsWith(prefix))],
  ['hasSuffix', textual(2, (suffix, text) => text.endsWith(suffix))],
  ['replace', textual(3, (from, to, text) => replaceAll(from, to, text))],
  ['splitList', textual(2, (separator, text) => text.split(separator))],
  ['b64enc', textual(1, (text) => toBase64(toBytes(text)))],
  ['b64dec', textual(1, decode64)],
  ['fail', textual(1, (message) => fail(message))],
  ['repeat', takes(['int', 'string'], (args) => repeat(intAt(args, 0), textAt(args, 1)))],
  ['trunc', takes(['int', 'string'], (args) => trunc(Number(intAt(args, 0)), textAt(args, 1)))],
  [
    'substr',
    takes(['int', 'int', 'string'], (args) => {
      const [from, to] = [Number(intAt(args, 0)), Number(intAt(args, 1))];
      return textAt(args, 2).slice(Math.max(0, from), to < 0 ? undefined : to);
    }),
  ],
  ['indent', takes(['int', 'string'], (args) => indentAll(intAt(args, 0), textAt(args, 1)))],
  [
    'nindent',
    takes(['int', 'string'], (args) => `\n${indentAll(intAt(args, 0), textAt(args, 1))}`),
  ],
  [
    'quote',
    takesAny((args, run) =>
      shown(args, run)
        .map((one) => quote(one))
        .join(' '),
    ),
  ],
  [
    'squote',
    takesAny((args, run) =>
      shown(args, run)
        .map((one) => `'${one}'`)
        .join(' '),
    ),
  ],
  ['cat', takesAny((args, run) => join(' ', shown(args, run)))],
  ['toString', takes(['any'], ([value], run) => show(value, run))],
  ['sha256sum', takes(['string'], (args, run) => digest('sha256', textAt(args, 0), run))],
];

const CHOICES: readonly (readonly [string, TemplateFunction])[] = [
  ['default', takes(['any', 'any'], ([other, value]) => (isTruthy(value) ? value : other))],
  ['empty', takes(['any'], ([value]) => !isTruthy(value))],
  ['coalesce', takesAny((args) => args.find(isTruthy))],
  ['ternary', takes(['any', 'any', 'bool'], ([yes, no, holds]) => (holds === true ? yes : no))],
];

const LISTS: readonly (readonly [string, TemplateFunction])[] = [
  ['list', takesAny((args) => args)],
  ['first', takes(['list'], (args) => listAt(args, 0)[0])],
  ['last', takes(['list'], (args) => listAt(args, 0).at(-1))],
  ['rest', takes(['list'], (args) => copy(listAt(args, 0).slice(1), args))],
  ['initial', takes(['list'], (args) => copy(listAt(args, 0).slice(0, -1), args))],
  ['append', takes(['list', 'any'], (args, run) => grown([...listAt(args, 0), args[1]], run))],
  ['prepend', takes(['list', 'any'], (args, run) => grown([args[1], ...listAt(args, 0)], run))],
  ['concat', { params: [], rest: 'list', call: (args, run) => concat(args, run) }],
  ['reverse', takes(['list'], (args, run) => grown([...listAt(args, 0)].reverse(), run))],
  ['uniq', takes(['list'], (args, run) => grown([...new Set(listAt(args, 0))], run))],
  ['has', takes(['any', 'list'], (args) => listAt(args, 1).includes(args[0]))],
  [
    'without',
    {
      params: ['list'],
      rest: 'any',
      call: ([list, ...others]) => listAt([list], 0).filter((one) => !others.includes(one)),
    },
  ],
  [
    'join',
    takes(['string', 'list'], (args, run) => join(textAt(args, 0), shown(listAt(args, 1), run))),
  ],
  ['sortAlpha', takes(['list'], (args, run) => shown(listAt(args, 0), run).sort(compareTexts))],
  ['until', takes(['int'], (args, run) => until(intAt(args, 0), run))],
];

const DICTS: readonly (readonly [string, TemplateFunction])[] = [
  ['dict', takesAny(dict)],
  ['get', takes(['map', 'string'], (args) => dictAt(args, 0).entries.get(textAt(args, 1)) ?? '')],
  ['hasKey', takes(['map', 'string'], (args) => dictAt(args, 0).entries.has(textAt(args, 1)))],
  ['keys', takes(['map'], (args) => dictAt(args, 0).keys())],
  ['values', takes(['map'], (args) => [...dictAt(args, 0).entries.values()])],
  [
    'set',
    takes(['map', 'string', 'any'], (args) => {
      dictAt(args, 0).entries.set(textAt(args, 1), args[2]);
      return args[0];
    }),
  ],
];

const NUMBERS: readonly (readonly [string, TemplateFunction])[] = [
  ['int', takes(['any'], ([value]) => whole(value))],
  ['float64', takes(['any'], ([value]) => floating(value))],
  ['add', takesAny((args) => wrap(args.map(whole).reduce((sum, one) => sum + one, 0n)))],
  ['add1', takes(['any'], ([value]) => wrap(whole(value) + 1n))],
  ['sub', takes(['any', 'any'], ([a, b]) => wrap(whole(a) - whole(b)))],
  ['mul', takesAny((args) => args.map(whole).reduce((product, one) => wrap(product * one), 1n))],
  ['div', takes(['any', 'any'], ([a, b]) => wrap(whole(a) / nonZero(whole(b))))],
  ['mod', takes(['any', 'any'], ([a, b]) => wrap(whole(a) % nonZero(whole(b))))],
  ['max', takesAny((args) => args.map(whole).reduce((a, b) => (a > b ? a : b), whole(args[0])))],
  ['min', takesAny((args) => args.map(whole).reduce((a, b) => (a < b ? a : b), whole(args[0])))],
  ['floor', takes(['any'], ([value]) => Math.floor(floating(value)))],
  ['ceil', takes(['any'], ([value]) => Math.ceil(floating(value)))],
];

export const SPRIG: FunctionTable = new Map(
  [...TEXTS, ...CHOICES, ...LISTS, ...DICTS, ...NUMBERS].map(([name, one]) => {
    return [`sprig_${name}`, one] as const;
  }),
);

function shown(values: readonly Value[], run: Run): string[] {
  return values.filter((value) => !isNothing(value)).map((value) => show(value, run));
}

function decode64(text: string): string {
  const bytes = fromBase64(text);
  return bytes === undefined ? 'illegal base64 data' : fromBytes(bytes);
}

function repeat(count: bigint, text: string): string {
  if (count < 0n) return '';
  if (count > BigInt(TEMPLATE_TEXT_MAX)) return fail('it is repeated too often');
  bound(Number(count) * text.length);
  return text.repeat(Number(count));
}

/** Negative: so many from the end. */
function trunc(count: number, text: string): string {
  return count < 0 ? text.slice(count) : text.slice(0, count);
}

/** Sprig puts spaces before empty lines too. */
function indentAll(spaces: bigint, text: string): string {
  const margin = repeat(spaces, ' ');
  return indent(spaces, text).replace(/^$/gm, () => margin);
}

function grown(list: List, run: Run): List {
  run.charge(list.length);
  return list;
}

/** Of nothing there is nothing left. */
function copy(list: List, args: readonly Value[]): Value {
  return listAt(args, 0).length === 0 ? undefined : list;
}

function concat(args: readonly Value[], run: Run): List {
  const size = args.reduce<number>((sum, _, i) => sum + listAt(args, i).length, 0);
  if (size > TEMPLATE_ELEMENTS_MAX) return fail(`more than ${TEMPLATE_ELEMENTS_MAX} elements`);
  run.charge(size);
  return args.flatMap((_, i) => [...listAt(args, i)]);
}

function until(count: bigint, run: Run): List {
  if (count > BigInt(TEMPLATE_ELEMENTS_MAX)) {
    return fail(`more than ${TEMPLATE_ELEMENTS_MAX} numbers`);
  }
  run.charge(Math.max(0, Number(count)));
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i));
}

/** Keys and values in turn; a last key without a value has an empty text. */
function dict(args: readonly Value[], run: Run): Dict {
  const made = new Dict();
  for (let i = 0; i < args.length; i += 2) {
    made.entries.set(show(args[i], run), i + 1 < args.length ? args[i + 1] : '');
  }
  return made;
}

/** What is no number is 0, as in Sprig. */
function floating(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : 0;
  return Number.isNaN(number) ? 0 : number;
}

function whole(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  const number = Math.trunc(floating(value));
  return Number.isFinite(number) ? wrap(BigInt(number)) : 0n;
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
