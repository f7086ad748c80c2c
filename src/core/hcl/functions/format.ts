/**
 * `format` and `formatlist`: verbs in a text replaced by values.
 *
 * Source: cty's `format` function, after Go's fmt.
 */
import { convert, toText } from '../convert.ts';
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { toBigInt, toNumber, truncate } from '../number.ts';
import { countCharacters } from '../source.ts';
import { BOOL, NUMBER, STRING } from '../type.ts';
import type { Type } from '../type.ts';
import { isSequence, list, string } from '../value.ts';
import type { Value } from '../value.ts';
import { TOO_MUCH, freeParam, textOf, textParam } from './define.ts';
import { encodeJson } from './json.ts';

type Verb = Readonly<{
  text: string;
  flags: string;
  width: number;
  precision: number | undefined;
  letter: string;
}>;

const VERB = /%([-+# 0]*)(\d{0,6})(?:\.(\d{0,6}))?(?:\[(\d{1,4})\])?([a-zA-Z%])?/g;

type Formatted = Readonly<{ text: string }> | Problem;

/** Which argument the next verb takes, and the last that any has taken. */
type Cursor = { next: number; used: number };

function formatOne(args: readonly Value[], context: CallContext): Formatted {
  const pattern = textOf(args[0]);
  const cursor = { next: 1, used: 0 };
  let out = '';
  let last = 0;
  for (const match of pattern.matchAll(VERB)) {
    out += pattern.slice(last, match.index);
    last = match.index + match[0].length;
    const made = match[0] === '%%' ? { text: '%' } : formatVerb(match, cursor, args, context);
    if (isProblem(made)) return made;
    out += made.text;
  }
  if (cursor.used < args.length - 1 && cursor.used + 1 >= cursor.next) {
    const problem = `too many arguments; only ${cursor.used} used by format string`;
    return { problem, argument: cursor.used + 1 };
  }
  return { text: out + pattern.slice(last) };
}

function formatVerb(
  match: RegExpExecArray,
  cursor: Cursor,
  args: readonly Value[],
  { budget }: CallContext,
): Formatted {
  const [text, flags = '', width = '', precision, index, letter = ''] = match;
  const place = `"${text}" at ${match.index}`;
  if (letter === '') return { problem: `unrecognized format sequence ${place}`, argument: 0 };
  if (index !== undefined) cursor.next = Number(index);
  const argument = cursor.next++;
  cursor.used = Math.max(cursor.used, argument);
  const value = argument === 0 ? undefined : args[argument];
  if (value === undefined) {
    return { problem: `not enough arguments for ${place}: need index ${argument}` };
  }
  const limit = precision === undefined ? undefined : Number(precision);
  const verb = { text, flags, width: Number(width), precision: limit, letter };
  if (!budget.text(verb.width + (limit ?? 0))) return TOO_MUCH;
  const made = formatValue(verb, value);
  if (typeof made !== 'string') return { problem: `${made.problem} for ${place}`, argument };
  return { text: pad(made, verb) };
}

function pad(text: string, verb: Verb): string {
  const missing = verb.width - countCharacters(text);
  if (missing <= 0) return text;
  if (verb.flags.includes('-')) return text + ' '.repeat(missing);
  const zeros = verb.flags.includes('0') && 'dxXobfFeEgG'.includes(verb.letter);
  if (!zeros) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

const VERBS: Readonly<Record<string, (verb: Verb, value: Value) => string | Problem>> = {
  v: formatAny,
  t: (_, value) => as(value, BOOL, (bool) => toText(bool) ?? ''),
  b: (verb, value) => formatInteger(verb, value, 2),
  d: (verb, value) => formatInteger(verb, value, 10),
  o: (verb, value) => formatInteger(verb, value, 8),
  x: (verb, value) => formatInteger(verb, value, 16),
  X: (verb, value) => formatInteger(verb, value, 16),
  e: formatFloat,
  E: formatFloat,
  f: formatFloat,
  F: formatFloat,
  g: formatFloat,
  G: formatFloat,
  s: (verb, value) => as(value, STRING, (text) => clip(toText(text) ?? '', verb)),
  q: (verb, value) => as(value, STRING, (text) => JSON.stringify(clip(toText(text) ?? '', verb))),
};

function formatValue(verb: Verb, value: Value): string | Problem {
  const format = VERBS[verb.letter];
  return format === undefined ? { problem: 'unsupported verb' } : format(verb, value);
}

function as(value: Value, type: Type, use: (value: Value) => string): string | Problem {
  if (value.kind === 'null')
    return { problem: 'unsupported value: null value cannot be formatted' };
  const converted = convert(value, type);
  return 'problem' in converted
    ? { problem: `unsupported value: ${converted.problem}` }
    : use(converted.value);
}

function clip(text: string, verb: Verb): string {
  return verb.precision === undefined ? text : Array.from(text).slice(0, verb.precision).join('');
}

function formatAny(verb: Verb, value: Value): string | Problem {
  if (verb.flags.includes('#')) return encodeJson(value);
  const text = toText(value);
  return text === undefined ? encodeJson(value) : clip(text, verb);
}

function signed(text: string, verb: Verb): string {
  if (text.startsWith('-')) return text;
  if (verb.flags.includes('+')) return `+${text}`;
  return verb.flags.includes(' ') ? ` ${text}` : text;
}

function formatInteger(verb: Verb, value: Value, base: number): string | Problem {
  return as(value, NUMBER, (converted) => {
    if (converted.kind !== 'number') return '';
    const digits = (toBigInt(truncate(converted.value)) ?? 0n).toString(base);
    return signed(verb.letter === 'X' ? digits.toUpperCase() : digits, verb);
  });
}

/** JavaScript prints no more digits than these; Go would go on with the binary fraction's. */
const PRECISION_MAX = 100;

function formatFloat(verb: Verb, value: Value): string | Problem {
  return as(value, NUMBER, (converted) => {
    if (converted.kind !== 'number') return '';
    const num = toNumber(converted.value);
    const digits = Math.min(verb.precision ?? 6, PRECISION_MAX);
    const letter = verb.letter.toLowerCase();
    if (letter === 'f') return signed(num.toFixed(digits), verb);
    const exponential = num.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
    const text = letter === 'e' ? exponential : String(num);
    return signed(verb.letter === 'E' || verb.letter === 'G' ? text.toUpperCase() : text, verb);
  });
}

/** Once for each element of the lists among the arguments; others are the same each time. */
function formatEach(args: readonly Value[], context: CallContext): Value | Problem {
  const sequences = args.slice(1).filter(isSequence);
  const count = sequences[0]?.items.length ?? 1;
  const odd = args.findIndex((arg, i) => i > 0 && isSequence(arg) && arg.items.length !== count);
  if (odd !== -1) {
    return { problem: `must have the same length as the other lists: ${count}`, argument: odd };
  }
  if (!context.budget.elements(count)) return TOO_MUCH;
  const out: Value[] = [];
  for (let i = 0; i < count; i++) {
    const row = args.map((arg) => (isSequence(arg) ? (arg.items[i] ?? arg) : arg));
    const made = formatOne(row, context);
    if (isProblem(made)) return { problem: `on format iteration ${i}: ${made.problem}` };
    if (!context.budget.text(made.text.length)) return TOO_MUCH;
    out.push(string(made.text));
  }
  return list(STRING, out);
}

export const FORMAT: Readonly<Record<string, HclFunction>> = {
  format: {
    params: [textParam('format')],
    rest: freeParam('args'),
    call: (args, context) => {
      const made = formatOne(args, context);
      return isProblem(made) ? made : string(made.text);
    },
  },
  formatlist: { params: [textParam('format')], rest: freeParam('args'), call: formatEach },
};
