/**
 * Go's `fmt.Sprintf` for the values of templates: flags, width, precision, argument indexes, and
 * the ways in which it tells what does not fit: `%!d(string=hi)`, `%!s(MISSING)`.
 *
 * Source: https://pkg.go.dev/fmt
 */
import { formatFloatAs } from './float.ts';
import {
  formatSource,
  formatValue,
  formatWith,
  hexBytes,
  quote,
  runeCount,
  type Charge,
} from './print.ts';
import { typeName, type Value } from './value.ts';

/** Go refuses widths and precisions too, but only beyond a million. */
const WIDTH_MAX = 10_000;

type Spec = Readonly<{
  verb: string;
  flags: ReadonlySet<string>;
  width: number;
  precision: number | undefined;
}>;

const INDEX = /(?:\[(\d{1,4})\])?/.source;
const NUMBER = /(\*|\d{1,6})?/.source;
const PRECISION = `(?:(\\.)${INDEX}${NUMBER})?`;
const VERB = new RegExp(`%([-+# 0]*)${INDEX}${NUMBER}${PRECISION}${INDEX}(.?)`, 'gsu');

/** Formats as `printf` does. */
export function sprintf(format: string, args: readonly Value[], charge: Charge): string {
  const state = { at: 0, reordered: false, misled: false };
  const text = format.replace(VERB, (...match: unknown[]) => {
    return directive(match as (string | undefined)[], args, state, charge);
  });
  if (state.reordered || state.at >= args.length) return text;
  const extra = args.slice(state.at).map((value) => {
    return value === undefined || value === null
      ? '<nil>'
      : `${typeName(value)}=${formatValue(value, charge)}`;
  });
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

/** As `print` does: spaces only between values of which neither is a text. */
export function sprint(args: readonly Value[], charge: Charge): string {
  let text = '';
  for (const [i, value] of args.entries()) {
    const spaced = i > 0 && typeof value !== 'string' && typeof args[i - 1] !== 'string';
    text += (spaced ? ' ' : '') + formatValue(value, charge);
  }
  return text;
}

/** As `println` does: spaces between all values, and a new line. */
export function sprintln(args: readonly Value[], charge: Charge): string {
  return `${args.map((value) => formatValue(value, charge)).join(' ')}\n`;
}

type ArgState = { at: number; reordered: boolean; misled: boolean };

function directive(
  match: readonly (string | undefined)[],
  args: readonly Value[],
  state: ArgState,
  charge: Charge,
): string {
  const [, flagText = '', widthIndex, width, dot, precisionIndex, precision, verbIndex] = match;
  const verb = match[8] ?? '';
  if (verb === '') return '%!(NOVERB)';
  if (verb === '%') return '%';
  const from = { ...state, misled: false };
  const wide = seekNumber(widthIndex, width, args, from);
  const precise = seekNumber(precisionIndex, precision, args, from);
  seek(verbIndex, args, from);
  Object.assign(state, from);
  if (isTooLarge(wide)) return '%!(BADWIDTH)';
  if (isTooLarge(precise)) return '%!(BADPREC)';
  const flags = new Set(wide !== 'none' && (wide ?? 0) < 0 ? `${flagText}-` : flagText);
  const spec = {
    ...{ verb, flags, width: Math.abs(countOf(wide)) },
    precision: dot === undefined || precise === 'none' ? undefined : countOf(precise),
  };
  const bad = wide === 'none' ? '%!(BADWIDTH)' : precise === 'none' ? '%!(BADPREC)' : '';
  return bad + filled(spec, args, state, charge);
}

/** The verb with the argument whose turn it is. */
function filled(spec: Spec, args: readonly Value[], state: ArgState, charge: Charge): string {
  if (state.misled) return `%!${spec.verb}(BADINDEX)`;
  if (state.at >= args.length) return `%!${spec.verb}(MISSING)`;
  return format(args[state.at++], spec, charge);
}

/** A width or precision: of an argument that is no whole number, there is none. */
type Count = number | 'none' | undefined;

function countOf(count: Count): number {
  return count === 'none' ? 0 : (count ?? 0);
}

function isTooLarge(count: Count): boolean {
  return Math.abs(countOf(count)) > WIDTH_MAX;
}

/** Goes to the argument that an index names: `%[2]d`; stays where there is none. */
function seek(index: string | undefined, args: readonly Value[], state: ArgState): void {
  if (index === undefined) return;
  const at = Number(index) - 1;
  state.reordered = true;
  if (at < 0 || at >= args.length) state.misled = true;
  else state.at = at;
}

/** A width or precision; `*` takes an argument for it, which must be a whole number. */
function seekNumber(
  index: string | undefined,
  text: string | undefined,
  args: readonly Value[],
  state: ArgState,
): Count {
  seek(index, args, state);
  if (text !== '*') return text === undefined ? undefined : Number(text);
  const value = args[state.at++];
  return typeof value === 'bigint' ? Number(value) : 'none';
}

function format(value: Value, spec: Spec, charge: Charge): string {
  const { verb, flags } = spec;
  if (verb === 'T') return pad(typeName(value), spec);
  if (verb === 'v' && flags.has('#')) return pad(formatSource(value, charge), spec);
  if (verb === 'v' && typeof value === 'object') {
    return pad(formatValue(value, charge, flags.has('+')), spec);
  }
  if (value === undefined || value === null) return verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`;
  // Of lists and maps each element is written with the verb.
  return formatWith(
    value,
    (one) => {
      charge(spec.width);
      return scalar(one, spec);
    },
    charge,
  );
}

function scalar(value: Exclude<Value, object>, spec: Spec): string {
  const text = verbatim(value, spec);
  if (text !== undefined) return text;
  if (value === undefined) return `%!${spec.verb}(<nil>)`;
  const shown = typeof value === 'string' ? value : formatValue(value, () => undefined);
  return `%!${spec.verb}(${typeName(value)}=${shown})`;
}

/** The value with the verb; undefined if the verb is none for it. */
function verbatim(value: Exclude<Value, object>, spec: Spec): string | undefined {
  if (typeof value === 'string') return ofText(value, spec);
  if (typeof value === 'bigint') return ofInteger(value, spec);
  if (typeof value === 'number') return ofFloat(value, spec);
  if (value === undefined) return spec.verb === 'v' ? pad('<nil>', spec) : undefined;
  return 'vt'.includes(spec.verb) ? pad(String(value), spec) : undefined;
}

function ofText(value: string, spec: Spec): string | undefined {
  const { verb, flags, precision } = spec;
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  switch (verb) {
    case 's':
    case 'v':
      return pad(cut, spec);
    case 'q':
      if (flags.has('#') && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut)) return pad(`\`${cut}\``, spec);
      return pad(quote(cut, flags.has('+')), spec);
    case 'x':
    case 'X':
      return pad(hexBytes(cut, verb === 'X', flags.has(' ') ? ' ' : ''), spec);
    default:
      return undefined;
  }
}

const BASES: Readonly<Record<string, readonly [radix: number, prefix: string]>> = {
  b: [2, '0b'],
  d: [10, ''],
  o: [8, '0'],
  O: [8, ''],
  v: [10, ''],
  x: [16, '0x'],
  X: [16, '0X'],
};

function ofInteger(value: bigint, spec: Spec): string | undefined {
  const { verb, flags } = spec;
  if (verb === 'c' || verb === 'q' || verb === 'U') return ofRune(value, spec);
  const base = BASES[verb];
  if (base === undefined) return undefined;
  const [radix, prefix] = base;
  const size = value < 0n ? -value : value;
  let digits = size.toString(radix);
  if (verb === 'X') digits = digits.toUpperCase();
  if (spec.precision !== undefined) {
    digits = spec.precision === 0 && value === 0n ? '' : digits.padStart(spec.precision, '0');
  }
  const shownPrefix = (flags.has('#') ? prefix : '') + (verb === 'O' ? '0o' : '');
  return padNumber(signOf(value < 0n, flags) + shownPrefix, digits, spec);
}

function ofRune(value: bigint, spec: Spec): string {
  const valid = value >= 0n && value <= 0x10ffffn;
  const char = valid ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (spec.verb === 'c') return pad(char, spec);
  if (spec.verb === 'U') return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, spec);
  const body = quote(char, spec.flags.has('+')).slice(1, -1);
  return pad(`'${char === "'" ? "\\'" : char === '"' ? '"' : body}'`, spec);
}

function ofFloat(value: number, spec: Spec): string | undefined {
  const lower = spec.verb.toLowerCase();
  const verb = lower === 'v' ? 'g' : lower;
  if (verb !== 'e' && verb !== 'f' && verb !== 'g') return undefined;
  const negative = value < 0 || Object.is(value, -0);
  const digits = formatFloatAs(Math.abs(value), verb, spec.precision).replace(/^\+/, '');
  const upper = spec.verb === 'E' || spec.verb === 'G' ? digits.toUpperCase() : digits;
  const sign = Number.isNaN(value) ? '' : signOf(negative, spec.flags);
  // Zeros before a word would make it another one; infinity has its sign always.
  if (Number.isFinite(value)) return padNumber(sign, upper, spec);
  return pad((value === Infinity ? sign || '+' : sign) + digits, spec);
}

function signOf(negative: boolean, flags: ReadonlySet<string>): string {
  if (negative) return '-';
  return flags.has('+') ? '+' : flags.has(' ') ? ' ' : '';
}

/** Zeros stand between sign and digits, and only where nothing else says how many digits. */
function padNumber(sign: string, digits: string, spec: Spec): string {
  const isInteger = !/[.e]/i.test(digits);
  const zeros = spec.flags.has('0') && !spec.flags.has('-');
  const fills = zeros && (spec.precision === undefined || !isInteger || 'feg'.includes(spec.verb));
  if (!fills) return pad(sign + digits, spec, ' ');
  return sign + digits.padStart(spec.width - sign.length, '0');
}

function pad(text: string, spec: Spec, fill?: string): string {
  const missing = spec.width - runeCount(text);
  if (missing <= 0) return text;
  if (spec.flags.has('-')) return text + ' '.repeat(missing);
  return (fill ?? (spec.flags.has('0') ? '0' : ' ')).repeat(missing) + text;
}
