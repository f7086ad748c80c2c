/** Constants of a template: numbers, characters and strings, with Go's spelling. */
import type { NumberOperand } from './ast.ts';
import { fromBytes, toBytes } from './bytes.ts';

const INT_MAX = (1n << 63n) - 1n;
const INT_MIN = -(1n << 63n);

type Problem = Readonly<{ problem: string }>;

/** A number constant, or why it is none. */
export function parseNumber(text: string, at: number): NumberOperand | Problem {
  const int = parseInteger(text);
  const isFloat = /[.eEpP]/.test(text) && !/^[+-]?0[xX][^pP.]*$/.test(text);
  const float = isFloat ? parseFloatText(text) : Number(int);
  if (int === undefined && (float === undefined || !isFloat)) {
    return { problem: `illegal number syntax: ${JSON.stringify(text)}` };
  }
  if (float === undefined) return { problem: `illegal number syntax: ${JSON.stringify(text)}` };
  if (int !== undefined && (int > INT_MAX || int < INT_MIN)) {
    return { problem: `integer overflow: ${JSON.stringify(text)}` };
  }
  const whole = int ?? (Number.isInteger(float) ? BigInt(float) : undefined);
  return { kind: 'number', at, text, int: whole, float, isFloat };
}

/** A character constant `'a'`: its code point. */
export function parseCharacter(text: string, at: number): NumberOperand | Problem {
  const body = unquoteBody(text.slice(1, -1));
  const points = body === undefined ? [] : Array.from(body);
  const code = points[0]?.codePointAt(0);
  if (points.length !== 1 || code === undefined) {
    return { problem: `malformed character constant: ${text}` };
  }
  return { kind: 'number', at, text, int: BigInt(code), float: code, isFloat: false };
}

/** A string constant in double quotes or backquotes; undefined where an escape is unknown. */
export function unquote(quoted: string): string | undefined {
  const body = quoted.slice(1, -1);
  // Go drops carriage returns from raw strings.
  return quoted.startsWith('`') ? body.replaceAll('\r', '') : unquoteBody(body);
}

/** A whole number as Go's `ParseInt` with base 0 reads it; undefined if it is none. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*)$/.exec(text);
  const digits = match?.[2];
  if (digits === undefined || digits.length > 80 || /__|_$/.test(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  const octal = /^0[0-9]+$/.test(plain);
  if (octal && /[89]/.test(plain)) return undefined;
  const value = BigInt(octal ? `0o${plain.slice(1)}` : plain);
  return match?.[1] === '-' ? -value : value;
}

/** A floating number as Go's `ParseFloat` reads it; undefined if it is none. */
export function parseFloatText(text: string): number | undefined {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const plain = text.replaceAll('_', '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))/gsu;

function unquoteBody(body: string): string | undefined {
  if (!body.includes('\\')) return body;
  const state = { wrong: false, hasBytes: false };
  const text = body.replace(ESCAPE, (_: string, ...groups: (string | undefined)[]) => {
    const [hex, short, long, octal, simple] = groups;
    const point = short ?? long;
    const byte = hex === undefined ? parseInt(octal ?? '', 8) : parseInt(hex, 16);
    if (!Number.isNaN(byte)) state.hasBytes ||= byte > 0x7f;
    const char = Number.isNaN(byte) ? escapedPoint(point, simple) : byteText(byte);
    state.wrong ||= char === undefined;
    return char ?? '';
  });
  if (state.wrong) return undefined;
  // Bytes given one by one may make up characters.
  return state.hasBytes ? fromBytes(toBytes(text)) : text;
}

function escapedPoint(point: string | undefined, simple: string | undefined): string | undefined {
  if (point === undefined) return SIMPLE[simple ?? ''];
  const code = parseInt(point, 16);
  const valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : undefined;
}

/** A byte as texts hold it, see `bytes.ts`; undefined if it is too large for one. */
function byteText(byte: number): string | undefined {
  if (byte > 0xff) return undefined;
  return String.fromCharCode(byte > 0x7f ? 0xdc00 + byte : byte);
}
