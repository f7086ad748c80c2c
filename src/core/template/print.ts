/**
 * Values as text, as Go's `fmt` prints them: `[a b]`, `map[a:1 b:2]`, `{x y}`, `<nil>`.
 *
 * K1: each element printed is charged, and depth is bounded, so that lists that hold each other
 * many times over print no more than a rendering may.
 */
import { TEMPLATE_VALUE_DEPTH_MAX } from '../limits.ts';
import { byteLength, toBytes } from './bytes.ts';
import { formatFloat } from './float.ts';
import { fail } from './function.ts';
import { Dict, isList, type Struct, typeName, type Value } from './value.ts';

/** Charges work [steps]; throws when there was too much of it. */
export type Charge = (steps: number) => void;

/** How the parts of a value are written. */
type Style = Readonly<{
  scalar: (value: Exclude<Value, object>) => string;
  /** Names of fields are written: `{Name:x}`. */
  named: boolean;
  charge: Charge;
}>;

/** As an action prints its value: nothing is `<no value>`. */
export function printed(value: Value, charge: Charge): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '<no value>';
  return formatValue(value, charge);
}

/** As `%v` does. @param named as `%+v`: with the names of fields */
export function formatValue(value: Value, charge: Charge, named = false): string {
  return write(value, { scalar: plainScalar, named, charge }, 0);
}

/** As other verbs do: the same, with a scalar form of their own. */
export function formatWith(
  value: Value,
  scalar: (value: Exclude<Value, object>) => string,
  charge: Charge,
): string {
  return write(value, { scalar, named: false, charge }, 0);
}

function plainScalar(value: Exclude<Value, object>): string {
  if (typeof value === 'number') return formatFloat(value);
  return value === undefined ? '<nil>' : String(value);
}

function write(value: Value, style: Style, depth: number): string {
  if (value === null || typeof value !== 'object') return style.scalar(value ?? undefined);
  if (depth > TEMPLATE_VALUE_DEPTH_MAX) fail('the value is nested too deep');
  const one = (item: Value): string => write(item, style, depth + 1);
  if (isList(value)) {
    style.charge(value.length);
    return `[${value.map(one).join(' ')}]`;
  }
  if (value instanceof Dict) {
    style.charge(value.entries.size);
    const pairs = value.keys().map((key) => {
      return `${style.scalar(key)}:${one(value.entries.get(key))}`;
    });
    return `map[${pairs.join(' ')}]`;
  }
  const text = value.text();
  if (text !== undefined) return style.scalar(text);
  return writeStruct(value, style, one);
}

function writeStruct(value: Struct, style: Style, one: (item: Value) => string): string {
  style.charge(value.type.fields.size);
  const fields = [...value.type.fields.keys()].map((name) => {
    const text = one(value.field(name));
    return style.named ? `${name}:${text}` : text;
  });
  return `{${fields.join(' ')}}`;
}

/** As `%#v` does: roughly the Go source of the value. */
export function formatSource(value: Value, charge: Charge, depth = 0): string {
  if (depth > TEMPLATE_VALUE_DEPTH_MAX) fail('the value is nested too deep');
  charge(1);
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return plainScalar(value ?? undefined);
  const one = (item: Value): string => formatSource(item, charge, depth + 1);
  if (isList(value)) return `${typeName(value)}{${value.map(one).join(', ')}}`;
  if (value instanceof Dict) {
    const pairs = value.keys().map((key) => `${quote(key)}:${one(value.entries.get(key))}`);
    return `${value.typeName}{${pairs.join(', ')}}`;
  }
  const fields = [...value.type.fields.keys()].map((name) => `${name}:${one(value.field(name))}`);
  return `&${value.type.name}{${fields.join(', ')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** A text in double quotes, as `%q` writes it. */
export function quote(text: string, ascii = false): string {
  const body = Array.from(text, (char) => {
    const escape = ESCAPES[char];
    if (escape !== undefined) return escape;
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
    if (code >= 0xd800 && code <= 0xdfff) return `\\x${hex(code & 0xff, 2)}`;
    if (code < 0x80 || (!ascii && isPrintable(char))) return char;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${body.join('')}"`;
}

/** The bytes of a text in hexadecimal. */
export function hexBytes(text: string, upper = false, separator = ''): string {
  const digits = [...toBytes(text)].map((byte) => hex(byte, 2)).join(separator);
  return upper ? digits.toUpperCase() : digits;
}

/** How many characters a text has in Go's view, where bytes that are none count one each. */
export function runeCount(text: string): number {
  return byteLength(text) === text.length ? text.length : Array.from(text).length;
}

function isPrintable(char: string): boolean {
  return !/[\p{C}\p{Z}]/u.test(char);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
