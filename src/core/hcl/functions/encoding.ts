/** Functions that encode and decode. */
import { fromBase64, toBase64 } from '../../../base/base64.ts';
import { isProblem } from '../function.ts';
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { number, object, string, tuple } from '../value.ts';
import type { Value } from '../value.ts';
import { formatNumber } from '../number.ts';
import { TOO_MUCH, freeParam, ofTexts, textOf, textParam, textToText } from './define.ts';
import { decodeJson, encodeJson, valueOfData } from './json.ts';

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decodeBase64(text: string): Value | Problem {
  const bytes = fromBase64(text);
  if (bytes === undefined) return { problem: 'failed to decode base64 data', argument: 0 };
  try {
    return string(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const problem = 'the result of decoding the provided string is not valid UTF-8';
    return { problem, argument: 0 };
  }
}

/** As in the query of an address: a space is a plus. Source: Go's url.QueryEscape. */
function encodeUrl(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

function decodeCsv(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const rows = csvRows(textOf(args[0]));
  if ('problem' in rows) return { ...rows, argument: 0 };
  const [header, ...records] = rows;
  if (header === undefined) return { problem: 'missing header line', argument: 0 };
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) return { problem: `duplicate column name "${twice}"`, argument: 0 };
  if (!budget.elements(records.length * header.length)) return TOO_MUCH;
  const wrong = records.findIndex((record) => record.length !== header.length);
  if (wrong !== -1)
    return { problem: `wrong number of fields in record ${wrong + 1}`, argument: 0 };
  return tuple(
    records.map((record) =>
      object(header.map((name, i): [string, Value] => [name, string(record[i] ?? '')])),
    ),
  );
}

const CSV_FIELD = /("(?:[^"]|"")*"|[^,"\r\n]*)(,|\r?\n|$)/y;

/** Source: RFC 4180; empty lines do not count. */
function csvRows(text: string): readonly (readonly string[])[] | Problem {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length || row.length > 0;) {
    CSV_FIELD.lastIndex = at;
    const match = CSV_FIELD.exec(text);
    if (match === null) return { problem: `invalid CSV in record ${rows.length + 1}` };
    const [whole, field = '', end] = match;
    at += whole.length;
    row.push(field.startsWith('"') ? field.slice(1, -1).replace(/""/g, '"') : field);
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** One value in YAML, in blocks; texts are quoted, so that none is taken for something else. */
function encodeYaml(value: Value, indent: string): string {
  const deeper = `${indent}  `;
  if ('items' in value && value.items.length > 0) {
    const items = value.items.map((item) => `${indent}- ${encodeYaml(item, deeper).trimStart()}`);
    return items.join('');
  }
  if ('entries' in value && value.entries.size > 0) {
    const entries = [...value.entries].map(([key, item]) => {
      const nested =
        ('items' in item && item.items.length > 0) || ('entries' in item && item.entries.size > 0);
      const under = 'items' in item ? indent : deeper;
      return `${indent}${JSON.stringify(key)}:${nested ? '\n' : ' '}${encodeYaml(item, nested ? under : '')}`;
    });
    return entries.join('');
  }
  return `${scalarYaml(value)}\n`;
}

function scalarYaml(value: Value): string {
  if ('items' in value) return '[]';
  if ('entries' in value) return '{}';
  if (value.kind === 'string') return JSON.stringify(value.value);
  return value.kind === 'number' ? formatNumber(value.value) : encodeJson(value);
}

const NO_YAML: Problem = { problem: 'YAML cannot be read here' };

export const ENCODING: Readonly<Record<string, HclFunction>> = {
  base64decode: ofTexts(['str'], (text = '') => decodeBase64(text)),
  base64encode: textToText((text) => toBase64(bytesOf(text))),
  csvdecode: { params: [textParam('str')], call: decodeCsv },
  jsondecode: ofTexts(['str'], (text = '') => decodeJson(text)),
  jsonencode: {
    params: [freeParam('val')],
    call: ([value]) => string(encodeJson(value ?? number(0))),
  },
  urlencode: textToText(encodeUrl),
  yamldecode: {
    params: [textParam('src')],
    call: ([src], { host }) => {
      const decoded = host.decodeYaml?.(textOf(src)) ?? NO_YAML;
      if (isProblem(decoded)) return decoded;
      const value = valueOfData(decoded.data);
      return 'problem' in value ? { ...value, argument: 0 } : value;
    },
  },
  yamlencode: {
    params: [freeParam('value')],
    call: ([value]) => string(encodeYaml(value ?? number(0), '')),
  },
};
