/** Values as JSON, byte for byte as Go's `encoding/json` writes them, and JSON as values. */
import { TEMPLATE_VALUE_DEPTH_MAX } from '../../limits.ts';
import { fail, textual, type FunctionTable, type TemplateFunction } from '../function.ts';
import { formatJsonFloat } from '../float.ts';
import type { Charge } from '../print.ts';
import { Dict, isList, type Struct, type Value } from '../value.ts';
import { fromData } from './shapes.ts';

export type JsonStyle = Readonly<{ indent: string; escapesHtml: boolean }>;

export const JSON_FUNCTIONS: FunctionTable = new Map<string, TemplateFunction>([
  ['parseJSON', textual(1, parseJson)],
  ['toJSON', writer('toJSON', { indent: '', escapesHtml: true })],
  ['toJSONPretty', writer('toJSONPretty', { indent: '  ', escapesHtml: true })],
  ['toUnescapedJSON', writer('toUnescapedJSON', { indent: '', escapesHtml: false })],
  ['toUnescapedJSONPretty', writer('toUnescapedJSONPretty', { indent: '  ', escapesHtml: false })],
]);

/** All numbers are floating ones, as in Go; an empty text is an empty map. */
export function parseJson(text: string): Value {
  if (text === '') return new Dict();
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(`invalid JSON: ${error.message.slice(0, 200)}`);
  }
  return fromData(data, true);
}

function writer(name: string, style: JsonStyle): TemplateFunction {
  return {
    params: ['any'],
    call: ([value], run) => toJson(value, style, (steps) => run.charge(steps), name),
  };
}

/** @param name the function's, for messages */
export function toJson(value: Value, style: JsonStyle, charge: Charge, name = 'toJSON'): string {
  const write = (item: Value, margin: string, depth: number): string => {
    if (depth > TEMPLATE_VALUE_DEPTH_MAX) fail(`${name}: the value is nested too deep`);
    charge(1);
    if (item === null || typeof item !== 'object') return scalar(item ?? undefined, style, name);
    const inner = style.indent === '' ? '' : margin + style.indent;
    const one = (part: Value): string => write(part, inner, depth + 1);
    if (isList(item)) return enclose('[]', item.map(one), margin, style);
    const colon = style.indent === '' ? ':' : ': ';
    const pairs = entriesOf(item).map(([key, part]) => {
      return writeText(key, style) + colon + one(part);
    });
    return enclose('{}', pairs, margin, style);
  };
  return write(value, '', 0);
}

/** The entries of a map in the order of their keys, or the fields of a struct. */
export function entriesOf(value: Dict | Struct): readonly (readonly [string, Value])[] {
  if (value instanceof Dict) return value.keys().map((key) => [key, value.entries.get(key)]);
  return [...value.type.fields.keys()].map((name) => [name, value.field(name)]);
}

function scalar(value: Exclude<Value, object>, style: JsonStyle, name: string): string {
  if (typeof value === 'string') return writeText(value, style);
  if (value === undefined) return 'null';
  if (typeof value !== 'number') return String(value);
  if (Number.isFinite(value)) return formatJsonFloat(value);
  return fail(`${name}: json: unsupported value: ${value}`);
}

function writeText(text: string, style: JsonStyle): string {
  const quoted = JSON.stringify(text).replace(/[\u2028\u2029]/g, unicode);
  const plain = quoted.replaceAll('\\b', '\\u0008').replaceAll('\\f', '\\u000c');
  return style.escapesHtml ? plain.replace(/[<>&]/g, unicode) : plain;
}

function unicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function enclose(pair: string, parts: readonly string[], margin: string, style: JsonStyle): string {
  const [open, close] = [pair.charAt(0), pair.charAt(1)];
  if (parts.length === 0) return pair;
  if (style.indent === '') return open + parts.join(',') + close;
  const lines = parts.map((part) => `\n${margin}${style.indent}${part}`).join(',');
  return `${open}${lines}\n${margin}${close}`;
}
