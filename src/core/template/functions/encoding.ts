/** Functions that translate: base64, YAML, TOML, and texts that are numbers or truths. */
import { parseDocument, stringify, type Tags } from 'yaml';
import { fromBase64, toBase64 } from '../../../base/base64.ts';
import { TEMPLATE_VALUE_DEPTH_MAX } from '../../limits.ts';
import { fromBytes, toBytes } from '../bytes.ts';
import { fail, textual, type FunctionTable, type TemplateFunction } from '../function.ts';
import { parseFloatText } from '../literal.ts';
import { quote, type Charge } from '../print.ts';
import { Dict, isList, Struct, type Value } from '../value.ts';
import { entriesOf } from './json.ts';
import { fromData } from './shapes.ts';
import { toToml } from './toml.ts';

export const ENCODING: FunctionTable = new Map<string, TemplateFunction>([
  ['base64Encode', textual(1, (text) => toBase64(toBytes(text)))],
  ['base64Decode', textual(1, (text) => decode64('base64Decode', text, text))],
  ['base64URLEncode', textual(1, (text) => urlSafe(toBase64(toBytes(text))))],
  [
    'base64URLDecode',
    textual(1, (text) => {
      if (/[+/]/.test(text)) return fail('base64URLDecode: illegal base64 data');
      return decode64('base64URLDecode', text, text.replaceAll('-', '+').replaceAll('_', '/'));
    }),
  ],
  ['parseYAML', textual(1, parseYaml)],
  [
    'toYAML',
    {
      params: ['any'],
      call: ([value], run) => toYaml(value, (steps) => run.charge(steps)),
    },
  ],
  [
    'toTOML',
    {
      params: ['any'],
      call: ([value], run) => toToml(value, (steps) => run.charge(steps)),
    },
  ],
  ['parseBool', textual(1, parseBool)],
  ['parseInt', textual(1, (text) => parseWhole('parseInt', text))],
  ['parseUint', textual(1, (text) => parseWhole('parseUint', text))],
  ['parseFloat', textual(1, parseDecimal)],
]);

function urlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

function decode64(name: string, shown: string, text: string): string {
  const bytes = fromBase64(text.replace(/[\r\n]/g, ''));
  if (bytes === undefined)
    return fail(`${name}: illegal base64 data: ${quote(shown.slice(0, 80))}`);
  return fromBytes(bytes);
}

function parseBool(text: string): boolean {
  if (text === '') return false;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  return fail(`parseBool: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

const LIMITS = {
  parseInt: { go: 'ParseInt', pattern: /^[+-]?\d+$/, min: -(1n << 63n), max: (1n << 63n) - 1n },
  parseUint: { go: 'ParseUint', pattern: /^\d+$/, min: 0n, max: (1n << 64n) - 1n },
} as const;

function parseWhole(name: keyof typeof LIMITS, text: string): bigint {
  if (text === '') return 0n;
  const { go, pattern, min, max } = LIMITS[name];
  const parsing = `${name}: strconv.${go}: parsing ${quote(text.slice(0, 80))}`;
  if (!pattern.test(text)) return fail(`${parsing}: invalid syntax`);
  if (text.length > 40) return fail(`${parsing}: value out of range`);
  const value = BigInt(text.replace(/^\+/, ''));
  return value < min || value > max ? fail(`${parsing}: value out of range`) : value;
}

function parseDecimal(text: string): number {
  if (text === '') return 0;
  const value = parseFloatText(text);
  const parsing = `parseFloat: strconv.ParseFloat: parsing ${quote(text.slice(0, 80))}`;
  return value ?? fail(`${parsing}: invalid syntax`);
}

/** Types that Go's library does not know in YAML 1.1 either. */
const withoutTimes = (tags: Tags): Tags =>
  tags.filter((tag) => {
    if (typeof tag !== 'object') return !tag.toLowerCase().includes('time');
    return (
      tag.tag !== 'tag:yaml.org,2002:timestamp' && (tag as { format?: string }).format !== 'TIME'
    );
  });

/** Types that would write an ordinary map as a list of pairs. */
function isMapLike(tag: Tags[number]): boolean {
  const name = typeof tag === 'object' ? tag.tag : tag;
  return /(omap|pairs|set)$/.test(name);
}

/** Nested deeper than any document that is meant; also keeps the reader from its stack's end. */
const FLOW_DEPTH_MAX = 200;

/** Exported for sprig's `fromYaml`. */
export function parseYaml(text: string): Value {
  if (text === '') return new Dict();
  const openings = (text.match(/[[{]|^\s*-(?:\s+-)*|\?\s/gm) ?? []).length;
  if (openings > FLOW_DEPTH_MAX && deepest(text) > FLOW_DEPTH_MAX) {
    return fail('parseYAML: the document is nested too deep');
  }
  try {
    const document = parseDocument(text, {
      version: '1.1',
      intAsBigInt: true,
      customTags: withoutTimes,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const [error] = document.errors;
    if (error !== undefined) return fail(`parseYAML: yaml: ${error.message}`);
    return fromData(document.toJS({ mapAsMap: true, maxAliasCount: 100 }));
  } catch (error) {
    if (!(error instanceof ReferenceError) && !(error instanceof RangeError)) throw error;
    return fail(`parseYAML: yaml: ${error.message}`);
  }
}

/** How deep brackets stand inside each other at most; those in texts count too. */
function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  for (const char of text) {
    if (char === '[' || char === '{') most = Math.max(most, ++depth);
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
  }
  return most;
}

/** As Go's library writes it: keys sorted, lists not indented, texts in quotes where needed. */
export function toYaml(value: Value, charge: Charge): string {
  return stringify(plainData(value, charge, 0), {
    version: '1.1',
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    customTags: (tags) => withoutTimes(tags).filter((tag) => !isMapLike(tag)),
  }).trim();
}

/** What the library takes: maps in order, no fields. */
function plainData(value: Value, charge: Charge, depth: number): unknown {
  if (depth > TEMPLATE_VALUE_DEPTH_MAX) fail('toYAML: the value is nested too deep');
  charge(1);
  if (value === undefined || value === null) return null;
  if (isList(value)) return value.map((item) => plainData(item, charge, depth + 1));
  if (value instanceof Dict || value instanceof Struct) {
    const isStruct = value instanceof Struct;
    const entries = entriesOf(value).map(([key, item]) => {
      return [isStruct ? key.toLowerCase() : key, plainData(item, charge, depth + 1)] as const;
    });
    return new Map(entries);
  }
  return value;
}
