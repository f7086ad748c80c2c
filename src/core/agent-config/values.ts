/** The kinds of settings: what each accepts, and how a mistake is told. */
import { parseDuration } from '../../base/duration.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { parseByteSize } from './byte-size.ts';
import type { Setting } from './setting.ts';

interface Kind {
  /** Begins the sentence `... is required here.` */
  readonly wanted: string;
  /** The value in its own form, or undefined where it has none. */
  readonly decode: (value: Json) => Json | undefined;
}

/** Texts stand for numbers and flags too, as older files wrote them. */
export const KINDS: Readonly<Record<Setting['kind'], Kind>> = {
  text: { wanted: 'A text', decode: (v) => (isScalar(v) ? String(v) : undefined) },
  flag: {
    wanted: 'true or false',
    decode: (v) =>
      v === true || v === 'true' ? true : v === false || v === 'false' ? false : undefined,
  },
  count: { wanted: 'A whole number', decode: wholeNumber },
  texts: {
    wanted: 'A list of texts',
    decode: (v) => {
      const list = isArray(v) ? v : [v];
      return list.every(isScalar) ? list.map(String) : undefined;
    },
  },
  duration: {
    wanted: 'A duration such as "30s"',
    decode: (v) => (typeof v === 'string' ? parseDuration(v) : undefined),
  },
  size: {
    wanted: 'A size such as "1M"',
    decode: (v) => (typeof v === 'string' ? parseByteSize(v) : wholeNumber(v)),
  },
  record: { wanted: 'A record of texts', decode: record },
  block: { wanted: 'A block', decode: () => undefined },
  named: { wanted: 'A block', decode: () => undefined },
  free: { wanted: 'A block', decode: (v) => v },
  blocks: { wanted: 'A block or a list of them', decode: blocksOf },
};

function blocksOf(value: Json): Json | undefined {
  const list = isArray(value) ? value : [value];
  return list.every(isObject) ? list : undefined;
}

function wholeNumber(value: Json): Json | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function record(value: Json): Json | undefined {
  if (!isObject(value)) return undefined;
  const texts: Record<string, string> = {};
  for (const [name, item] of Object.entries(value)) {
    if (!isScalar(item)) return undefined;
    texts[name] = String(item);
  }
  return texts;
}

function isScalar(value: Json): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
