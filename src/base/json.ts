/**
 * JSON as a type, and as text whose whole numbers are exact to the last digit.
 *
 * J1: what has no whole number beyond 2^53 reads and writes exactly as `JSON` does, as fast.
 * J2: a whole number that a double cannot hold is read as its digits, a text, and is written from a
 * `bigint`, as a number.
 */

/** Any JSON value, readonly. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object, readonly. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** So many digits in a row may be more than a double holds. */
const LONG_NUMBER = /\d{16}/;
/** Strings, which are kept, and whole numbers that are neither fractions nor powers. */
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;
/** The end of a number that began as something else: `1.23`, `1e5`. */
const TAIL_OF_NUMBER = /[\d.eE+-]/;

/**
 * Reads JSON; throws `SyntaxError` as `JSON.parse` does.
 *
 * A whole number that a double would round comes as the text of its digits (J2).
 */
export function readJson(text: string): Json {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as Json;
  const exact = text.replace(STRING_OR_LONG, (found: string, at: number) => {
    if (found.startsWith('"') || (at > 0 && TAIL_OF_NUMBER.test(text.charAt(at - 1)))) return found;
    return String(Number(found)) === found ? found : `"${found}"`;
  });
  return JSON.parse(exact) as Json;
}

/**
 * Writes JSON. A `bigint` is written as the number it is (J2).
 *
 * @param indent spaces for each level, or what stands for them; 0 writes one line
 */
export function writeJson(value: unknown, indent: number | string = 0): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return write(value, typeof indent === 'number' ? ' '.repeat(indent) : indent, '');
  }
}

/** The unsigned 64-bit number in a decimal text as it stands in JSON, see `writeJson`. */
export function exactNumber(digits: string): Json {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : (BigInt(digits) as unknown as Json);
}

function write(value: unknown, step: string, margin: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = margin + step;
  if (Array.isArray(value)) {
    return enclose(
      '[]',
      value.map((one) => write(one, step, inner)),
      step,
      margin,
    );
  }
  const parts: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue;
    const colon = step === '' ? ':' : ': ';
    parts.push(JSON.stringify(key) + colon + write(one, step, inner));
  }
  return enclose('{}', parts, step, margin);
}

function enclose(pair: string, parts: readonly string[], step: string, margin: string): string {
  if (parts.length === 0) return pair;
  const [open, close] = [pair.charAt(0), pair.charAt(1)];
  if (step === '') return open + parts.join(',') + close;
  const lines = parts.map((part) => `\n${margin}${step}${part}`).join(',');
  return `${open}${lines}\n${margin}${close}`;
}
