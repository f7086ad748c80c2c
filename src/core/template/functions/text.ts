/** Functions of texts: case, trimming, replacing, splitting, regular expressions. */
import { compileRegex, searchAllRegex, testRegex } from '../../regex/search.ts';
import type { Regex, RegexMatch } from '../../regex/search.ts';
import { TEMPLATE_TEXT_MAX } from '../../limits.ts';
import {
  fail,
  intAt,
  listAt,
  textAt,
  textual,
  type FunctionTable,
  type TemplateFunction,
} from '../function.ts';
import { printed } from '../print.ts';
import { textDict, type Value } from '../value.ts';

export const TEXT: FunctionTable = new Map<string, TemplateFunction>([
  ['toLower', textual(1, (text) => text.toLowerCase())],
  ['toUpper', textual(1, (text) => text.toUpperCase())],
  ['toTitle', textual(1, toTitle)],
  ['trim', textual(2, (cutset, text) => trimSet(cutset, text))],
  ['trimSpace', textual(1, (text) => text.trim())],
  ['trimPrefix', textual(2, (prefix, text) => trimPrefix(prefix, text))],
  ['trimSuffix', textual(2, (suffix, text) => trimSuffix(suffix, text))],
  ['replaceAll', textual(3, (from, to, text) => replaceAll(from, to, text))],
  ['regexMatch', textual(2, (pattern, text) => regexMatch(pattern, text))],
  ['regexReplaceAll', textual(3, (pattern, to, text) => regexReplaceAll(pattern, to, text))],
  ['split', textual(2, (separator, text) => split(separator, text))],
  ['splitToMap', textual(3, splitToMap)],
  [
    'join',
    {
      params: ['string', 'list'],
      call: (args, run) => {
        const texts = listAt(args, 1).map((item) => printed(item, (steps) => run.charge(steps)));
        run.charge(texts.length);
        return join(textAt(args, 0), texts);
      },
    },
  ],
  [
    'indent',
    {
      params: ['int', 'string'],
      call: (args) => indent(intAt(args, 0), textAt(args, 1)),
    },
  ],
]);

/** Each word with a capital. */
export function toTitle(text: string): string {
  return text.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, letter: string) => {
    return before + letter.toUpperCase();
  });
}

/** Cuts off characters of a set at both ends. */
export function trimSet(cutset: string, text: string): string {
  const set = new Set(cutset);
  const chars = Array.from(text);
  let from = 0;
  let to = chars.length;
  while (from < to && set.has(chars[from] ?? '')) from++;
  while (to > from && set.has(chars[to - 1] ?? '')) to--;
  return chars.slice(from, to).join('');
}

export function trimPrefix(prefix: string, text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

export function trimSuffix(suffix: string, text: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** Refuses to make what is larger than a rendering may be. */
export function replaceAll(from: string, to: string, text: string): string {
  const count = from === '' ? text.length + 1 : text.split(from).length - 1;
  bound(text.length + count * to.length);
  if (from !== '') return text.replaceAll(from, () => to);
  return to + Array.from(text, (char) => char + to).join('');
}

/** Refuses a text that is too long, before it is made. */
export function bound(length: number): void {
  if (length > TEMPLATE_TEXT_MAX) fail(`the result has more than ${TEMPLATE_TEXT_MAX} characters`);
}

export function join(separator: string, texts: readonly string[]): string {
  bound(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
  return texts.join(separator);
}

export function regexMatch(pattern: string, text: string): boolean {
  const found = testRegex(compiled(pattern), text);
  return typeof found === 'boolean' ? found : fail(found.problem);
}

export function regexReplaceAll(pattern: string, to: string, text: string): string {
  const regex = compiled(pattern);
  const matches = searchAllRegex(regex, text);
  if ('problem' in matches) return fail(matches.problem);
  const parts: string[] = [];
  let at = 0;
  let length = 0;
  for (const match of matches) {
    const put = expand(to, match, text, regex.groups);
    length += match.start - at + put.length;
    bound(length);
    parts.push(text.slice(at, match.start), put);
    at = match.end;
  }
  return parts.join('') + text.slice(at);
}

function compiled(pattern: string): Regex {
  const regex = compileRegex(pattern);
  return 'problem' in regex ? fail(regex.problem) : regex;
}

/** Fills `$1`, `${name}` and `$$`; a group that is not there is nothing. */
function expand(
  to: string,
  match: RegexMatch,
  text: string,
  names: readonly (string | undefined)[],
): string {
  return to.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_, dollar?: string, bare?: string, braced?: string) => {
      if (dollar !== undefined) return '$';
      const name = bare ?? braced ?? '';
      const number = /^\d+$/.test(name) ? Number(name) : names.indexOf(name) + 1;
      if (number === 0) return /^\d+$/.test(name) ? text.slice(match.start, match.end) : '';
      const group = match.groups[number - 1];
      return group === undefined ? '' : text.slice(group[0], group[1]);
    },
  );
}

/** Of the text without spaces around it; an empty one has no parts. */
function split(separator: string, text: string): readonly string[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  return separator === '' ? Array.from(trimmed) : trimmed.split(separator);
}

function splitToMap(pairs: string, parts: string, text: string): Value {
  const entries: [string, string][] = [];
  for (const pair of split(pairs, text)) {
    const at = pair.indexOf(parts);
    if (at < 0 || parts === '') entries.push([pair, '']);
    else entries.push([pair.slice(0, at), pair.slice(at + parts.length)]);
  }
  return textDict(Object.fromEntries(entries));
}

/** Puts spaces before each line that is not empty. */
export function indent(spaces: bigint, text: string): string {
  if (spaces < 0n) return fail('indent value must be a positive integer');
  const lines = text.split('\n');
  bound(text.length + lines.length * Math.min(Number(spaces), TEMPLATE_TEXT_MAX + 1));
  const margin = ' '.repeat(Number(spaces));
  return lines.map((line) => (line === '' ? '' : margin + line)).join('\n');
}
