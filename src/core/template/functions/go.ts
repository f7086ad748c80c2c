/** Functions that Go's text/template brings, besides comparison. */
import { byteLength, fromBytes, toBytes } from '../bytes.ts';
import { fail, textAt, type FunctionTable, type Run, type TemplateFunction } from '../function.ts';
import { sprint, sprintf, sprintln } from '../printf.ts';
import { Dict, isList, typeName, type List, type Value } from '../value.ts';

export const GO: FunctionTable = new Map<string, TemplateFunction>([
  ['len', { params: ['any'], call: ([value]) => BigInt(lengthOf(value)) }],
  ['index', { params: ['any'], rest: 'any', call: ([of, ...at]) => at.reduce(index, of) }],
  ['slice', { params: ['any'], rest: 'any', call: ([of, ...at]) => slice(of, at) }],
  ['print', { params: [], rest: 'any', call: (args, run) => sprint(args, charge(run)) }],
  ['println', { params: [], rest: 'any', call: (args, run) => sprintln(args, charge(run)) }],
  [
    'printf',
    {
      params: ['string'],
      rest: 'any',
      call: (args, run) => sprintf(textAt(args, 0), args.slice(1), charge(run)),
    },
  ],
  ['html', { params: [], rest: 'any', call: (args, run) => escapeHtml(sprint(args, charge(run))) }],
  ['js', { params: [], rest: 'any', call: (args, run) => escapeJs(sprint(args, charge(run))) }],
  [
    'urlquery',
    { params: [], rest: 'any', call: (args, run) => escapeQuery(sprint(args, charge(run))) },
  ],
  [
    'call',
    {
      params: ['any'],
      rest: 'any',
      call: ([value]) =>
        (value ?? undefined) === undefined
          ? fail('call of nil')
          : fail(`non-function of type ${typeName(value)}`),
    },
  ],
]);

function charge(run: Run): (steps: number) => void {
  return (steps) => run.charge(steps);
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return byteLength(value);
  if (isList(value)) return value.length;
  if (value instanceof Dict) return value.entries.size;
  if (value === undefined || value === null) return fail('len of nil pointer');
  return fail(`len of type ${typeName(value)}`);
}

function index(of: Value, at: Value): Value {
  if (of === undefined) return fail('index of untyped nil');
  if (of === null) return fail('index of nil pointer');
  if (isList(of)) return of[position(at, of.length, 'index')];
  if (typeof of === 'string') {
    const bytes = toBytes(of);
    return BigInt(bytes[position(at, bytes.length, 'index')] ?? 0);
  }
  if (of instanceof Dict) {
    if (typeof at !== 'string') return fail(`value has type ${typeName(at)}; should be string`);
    return of.entries.has(at) ? of.entries.get(at) : of.zero;
  }
  return fail(`can't index item of type ${typeName(of)}`);
}

/** A place in something of that length; `slice` may also name its end. */
function position(at: Value, length: number, what: 'index' | 'slice'): number {
  if (at === undefined || at === null) return fail('cannot index slice/array with nil');
  if (typeof at !== 'bigint') return fail(`cannot index slice/array with type ${typeName(at)}`);
  const limit = what === 'slice' ? length : length - 1;
  if (at < 0n || at > BigInt(limit)) return fail(`index out of range: ${at}`);
  return Number(at);
}

function slice(of: Value, at: readonly Value[]): Value {
  if (of === undefined || of === null) return fail('slice of untyped nil');
  if (at.length > 3) return fail(`too many slice indexes: ${at.length}`);
  if (typeof of === 'string') {
    if (at.length === 3) return fail('cannot 3-index slice a string');
    return fromBytes(cut(toBytes(of), at));
  }
  return isList(of) ? cut(of, at) : fail(`can't slice item of type ${typeName(of)}`);
}

function cut<T extends List | Uint8Array>(of: T, at: readonly Value[]): T {
  const [from = 0, to = of.length] = at.map((one) => position(one, of.length, 'slice'));
  if (from > to) return fail(`invalid slice index: ${from} > ${to}`);
  return of.slice(from, to) as T;
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, (char) => HTML[char] ?? char);
}

const JS_SIMPLE: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\p{Cc}]/gu, (char) => {
    const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return JS_SIMPLE[char] ?? `\\u${code}`;
  });
}

/** As a part of a URL's query. */
function escapeQuery(text: string): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(char)) out += char;
    else out += char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
