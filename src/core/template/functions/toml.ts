/** Values as TOML: plain keys first, then tables, each indented under its own. */
import { TEMPLATE_VALUE_DEPTH_MAX } from '../../limits.ts';
import { fail } from '../function.ts';
import { formatJsonFloat } from '../float.ts';
import type { Charge } from '../print.ts';
import { Dict, isList, Struct, type List, type Value } from '../value.ts';
import { entriesOf } from './json.ts';

type Writer = Readonly<{ lines: string[]; charge: Charge }>;

/** A map or struct as a document. */
export function toToml(value: Value, charge: Charge): string {
  if (!(value instanceof Dict) && !(value instanceof Struct)) {
    return fail('toTOML: only a map can be a document');
  }
  const writer = { lines: [], charge };
  writeTable(value, [], writer);
  return writer.lines.join('\n').trim();
}

function writeTable(table: Dict | Struct, path: readonly string[], writer: Writer): void {
  if (path.length > TEMPLATE_VALUE_DEPTH_MAX) fail('toTOML: the value is nested too deep');
  const margin = '  '.repeat(path.length);
  const present = entriesOf(table).filter(([, value]) => value !== undefined && value !== null);
  writer.charge(present.length + 1);
  for (const [key, value] of present) {
    if (isTable(value) || isTables(value)) continue;
    writer.lines.push(`${margin}${bareKey(key)} = ${inline(value, writer, path.length)}`);
  }
  // Tables of the top stand apart.
  for (const [key, value] of present) {
    const inner = [...path, bareKey(key)];
    const header = `${margin}[${inner.join('.')}]`;
    const tables = isTable(value) ? [value] : isTables(value) ? value.filter(isTable) : [];
    for (const inside of tables) {
      if (path.length === 0 && writer.lines.length > 0) writer.lines.push('');
      writer.lines.push(isTable(value) ? header : `${margin}[${header.trim()}]`);
      writeTable(inside, inner, writer);
    }
  }
}

function isTable(value: Value): value is Dict | Struct {
  return value instanceof Dict || value instanceof Struct;
}

function isTables(value: Value): value is List {
  return isList(value) && value.length > 0 && value.every(isTable);
}

function inline(value: Value, writer: Writer, depth: number): string {
  if (depth > TEMPLATE_VALUE_DEPTH_MAX) fail('toTOML: the value is nested too deep');
  writer.charge(1);
  if (isList(value)) {
    return `[${value.map((item) => inline(item, writer, depth + 1)).join(', ')}]`;
  }
  if (isTable(value)) {
    const pairs = entriesOf(value).map(([key, item]) => {
      return `${bareKey(key)} = ${inline(item, writer, depth + 1)}`;
    });
    return `{${pairs.join(', ')}}`;
  }
  if (typeof value === 'number') return floating(value);
  if (typeof value === 'string') return quoted(value);
  return value === undefined || value === null ? fail('toTOML: a list holds nil') : String(value);
}

function floating(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  const text = formatJsonFloat(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function bareKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
