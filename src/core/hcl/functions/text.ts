/** Functions of text. Positions and lengths count characters as a reader sees them. */
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { compileRegex, searchAllRegex, searchRegex } from '../../regex/search.ts';
import type { Regex, RegexMatch } from '../../regex/search.ts';
import { countCharacters } from '../source.ts';
import { STRING } from '../type.ts';
import { NULL, list, number, object, string, tuple } from '../value.ts';
import type { Value } from '../value.ts';
import {
  TOO_MUCH,
  numberParam,
  ofTexts,
  textOf,
  textParam,
  textToText,
  texts,
  textsOf,
  textsParam,
  wholeOf,
} from './define.ts';

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

function charactersOf(text: string): readonly string[] {
  return Array.from(characters.segment(text), (segment) => segment.segment);
}

function substring(args: readonly Value[]): Value | Problem {
  const all = charactersOf(textOf(args[0]));
  const offset = wholeOf(args, 1);
  const length = wholeOf(args, 2);
  if (typeof offset !== 'number') return offset;
  if (typeof length !== 'number') return length;
  const start = offset < 0 ? Math.max(0, all.length + offset) : offset;
  return string(all.slice(start, length < 0 ? undefined : start + length).join(''));
}

function trimOf(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const all = Array.from(text);
  let start = 0;
  let end = all.length;
  while (start < end && cut.has(all[start] ?? '')) start++;
  while (end > start && cut.has(all[end - 1] ?? '')) end--;
  return all.slice(start, end).join('');
}

function joinTexts(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const [separator, ...lists] = args;
  const parts: string[] = [];
  for (const [i, each] of lists.entries()) {
    const items = textsOf(each);
    const missing = items.indexOf(undefined);
    if (missing !== -1) return { problem: `element ${missing} is null`, argument: i + 1 };
    parts.push(...items.map((item) => item ?? ''));
  }
  const mark = textOf(separator);
  if (!budget.text(mark.length * parts.length)) return TOO_MUCH;
  return string(parts.join(mark));
}

function indentText(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const spaces = wholeOf(args, 0);
  if (typeof spaces !== 'number') return spaces;
  const text = textOf(args[1]);
  const lines = text.split('\n');
  if (!budget.text(Math.max(0, spaces) * lines.length)) return TOO_MUCH;
  return string(lines.join(`\n${' '.repeat(Math.max(0, spaces))}`));
}

function replaceText(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const [text = '', old = '', made = ''] = args.map(textOf);
  const parts = text.split(old);
  if (!budget.text(text.length + parts.length * made.length)) return TOO_MUCH;
  return string(parts.join(made));
}

/** A pattern and a text, compiled and searched by `use`. */
function withRegex(
  args: readonly Value[],
  use: (regex: Regex, text: string) => Value | Problem,
): Value | Problem {
  const regex = compileRegex(textOf(args[0]));
  return 'problem' in regex ? { problem: regex.problem, argument: 0 } : use(regex, textOf(args[1]));
}

/** A match as a value: its text, or its groups by number, or by name. */
function matchValue(regex: Regex, match: RegexMatch, text: string): Value | Problem {
  if (regex.groups.length === 0) return string(text.slice(match.start, match.end));
  const values = regex.groups.map((_, i): Value => {
    const group = match.groups[i];
    return group === undefined ? NULL : string(text.slice(...group));
  });
  const names = regex.groups.filter((name) => name !== undefined);
  if (names.length === 0) return tuple(values);
  if (names.length < values.length) {
    return { problem: 'cannot mix both named and unnamed capture groups', argument: 0 };
  }
  return object(names.map((name, i): [string, Value] => [name, values[i] ?? NULL]));
}

function regexFirst(args: readonly Value[]): Value | Problem {
  return withRegex(args, (regex, text) => {
    const match = searchRegex(regex, text, 0);
    if (match === undefined)
      return { problem: 'pattern did not match any part of the given string' };
    return 'problem' in match ? match : matchValue(regex, match, text);
  });
}

function regexEach(args: readonly Value[], { budget }: CallContext): Value | Problem {
  return withRegex(args, (regex, text) => {
    const matches = searchAllRegex(regex, text);
    if ('problem' in matches) return matches;
    if (!budget.elements(matches.length * (1 + regex.groups.length))) return TOO_MUCH;
    const values: Value[] = [];
    for (const match of matches) {
      const value = matchValue(regex, match, text);
      if (isProblem(value)) return value;
      values.push(value);
    }
    return regex.groups.length === 0 ? list(STRING, values) : tuple(values);
  });
}

const GROUP_REFERENCE = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+)|(\$))/g;

function regexReplace(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const [text = '', pattern = '', made = ''] = args.map(textOf);
  const regex = compileRegex(pattern);
  if ('problem' in regex) return { problem: regex.problem, argument: 1 };
  const matches = searchAllRegex(regex, text);
  if ('problem' in matches) return matches;
  const parts: string[] = [];
  let last = 0;
  for (const match of matches) {
    const expanded = made.replace(
      GROUP_REFERENCE,
      (_, braced: string | undefined, bare: string | undefined, dollar: string | undefined) =>
        dollar ?? groupText(regex, match, text, braced ?? bare ?? ''),
    );
    if (!budget.text(expanded.length)) return TOO_MUCH;
    parts.push(text.slice(last, match.start), expanded);
    last = match.end;
  }
  parts.push(text.slice(last));
  return budget.text(text.length) ? string(parts.join('')) : TOO_MUCH;
}

function groupText(regex: Regex, match: RegexMatch, text: string, name: string): string {
  if (name === '0') return text.slice(match.start, match.end);
  const index = /^[0-9]+$/.test(name) ? Number(name) - 1 : regex.groups.indexOf(name);
  const group = match.groups[index];
  return group === undefined ? '' : text.slice(...group);
}

function titleCase(text: string): string {
  return text.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, letter: string) => {
    return before + letter.toUpperCase();
  });
}

export const TEXT: Readonly<Record<string, HclFunction>> = {
  chomp: textToText((text) => text.replace(/(?:\r?\n)+$/, '')),
  indent: { params: [numberParam('spaces'), textParam('str')], call: indentText },
  join: { params: [textParam('separator')], rest: textsParam('lists'), call: joinTexts },
  lower: textToText((text) => text.toLowerCase()),
  regex: { params: [textParam('pattern'), textParam('string')], call: regexFirst },
  regexall: { params: [textParam('pattern'), textParam('string')], call: regexEach },
  regex_replace: {
    params: [textParam('str'), textParam('pattern'), textParam('replace')],
    call: regexReplace,
  },
  replace: {
    params: [textParam('str'), textParam('substr'), textParam('replace')],
    call: replaceText,
  },
  split: ofTexts(['separator', 'str'], (separator = '', text = '') =>
    texts(separator === '' ? Array.from(text) : text.split(separator)),
  ),
  strlen: ofTexts(['str'], (text = '') => number(countCharacters(text))),
  strrev: textToText((text) => [...charactersOf(text)].reverse().join('')),
  substr: {
    params: [textParam('str'), numberParam('offset'), numberParam('length')],
    call: substring,
  },
  title: textToText(titleCase),
  trim: ofTexts(['str', 'cutset'], (text = '', cutset = '') => string(trimOf(text, cutset))),
  trimprefix: ofTexts(['str', 'prefix'], (text = '', prefix = '') =>
    string(text.startsWith(prefix) ? text.slice(prefix.length) : text),
  ),
  trimspace: textToText((text) => text.trim()),
  trimsuffix: ofTexts(['str', 'suffix'], (text = '', suffix = '') =>
    string(suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  ),
  upper: textToText((text) => text.toUpperCase()),
};
