/**
 * Filter expressions over the wire form of a row: `Status == "running" and "dc1" in Datacenters`.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs#filtering
 */
import type { Json } from '../base/json.ts';
import { compileRegex, testRegex } from '../core/regex/search.ts';
import { isObject } from './codec/codec.ts';

/** Longest expression; a page of conditions. */
export const FILTER_CHARS_MAX = 4096;
/** Parentheses and `not` inside each other. */
const DEPTH_MAX = 32;

type Test = (row: Json) => boolean;
export type Filter = Readonly<{ test: Test }> | Readonly<{ mistake: string }>;

type Token = Readonly<{ kind: 'word' | 'text' | 'sign' | 'end'; value: string; at: number }>;

/** What is wrong with an expression; thrown inside this file only. */
class Mistake extends Error {}

/** Reads an expression, or says what is wrong with it. */
export function filterBy(expression: string): Filter {
  if (expression.length > FILTER_CHARS_MAX) {
    return { mistake: `is longer than ${FILTER_CHARS_MAX} characters` };
  }
  try {
    return { test: new Parser(tokenize(expression)).parse() };
  } catch (error) {
    if (error instanceof Mistake) return { mistake: error.message };
    throw error;
  }
}

const SPACE = /\s*/y;
const TOKEN =
  /(?<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?<sign>==|!=|[()])|(?<word>[A-Za-z0-9_.\-/:*[\]]+)/y;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new Mistake(`unexpected character at ${at + 1}`);
    const { text: quoted, sign, word } = match.groups ?? {};
    if (quoted !== undefined) tokens.push({ kind: 'text', value: unquote(quoted), at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at });
    else tokens.push({ kind: 'word', value: word ?? '', at });
  }
  return tokens;
}

function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

function unquote(quoted: string): string {
  if (quoted.startsWith('`')) return quoted.slice(1, -1);
  return quoted.slice(1, -1).replace(/\\(.)/g, '$1');
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Test {
    const test = this.#either(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new Mistake(`unexpected "${rest.value}" at ${rest.at + 1}`);
    return test;
  }

  #either(depth: number): Test {
    let left = this.#both(depth);
    while (this.#takeWord('or')) {
      const [a, b] = [left, this.#both(depth)];
      left = (row) => a(row) || b(row);
    }
    return left;
  }

  #both(depth: number): Test {
    let left = this.#one(depth);
    while (this.#takeWord('and')) {
      const [a, b] = [left, this.#one(depth)];
      left = (row) => a(row) && b(row);
    }
    return left;
  }

  #one(depth: number): Test {
    if (depth > DEPTH_MAX) throw new Mistake(`is nested more than ${DEPTH_MAX} levels deep`);
    if (this.#takeWord('not')) {
      const inner = this.#one(depth + 1);
      return (row) => !inner(row);
    }
    if (this.#takeSign('(')) {
      const inner = this.#either(depth + 1);
      if (!this.#takeSign(')')) throw new Mistake('a parenthesis is not closed');
      return inner;
    }
    return this.#condition();
  }

  #condition(): Test {
    const first = this.#take('a name or a value');
    const negative = this.#takeWord('not');
    if (negative || this.#isWord('in')) {
      if (!this.#takeWord('in') && !this.#isWord('contains') && !this.#isWord('matches')) {
        throw new Mistake(`expected "in" after "not" at ${this.#peek().at + 1}`);
      }
      if (!this.#isWord('contains') && !this.#isWord('matches')) {
        const selector = this.#take('a name').value;
        return flip((row) => holds(select(row, selector), first.value), negative);
      }
    }
    const selector = first.value;
    if (this.#takeSign('==')) return this.#compare(selector, false);
    if (this.#takeSign('!=')) return this.#compare(selector, true);
    if (this.#takeWord('contains')) {
      const value = this.#take('a value').value;
      return flip((row) => holds(select(row, selector), value), negative);
    }
    if (this.#takeWord('matches')) return flip(this.#matches(selector), negative);
    if (this.#takeWord('is')) {
      const not = this.#takeWord('not');
      if (!this.#takeWord('empty')) throw new Mistake('expected "empty" after "is"');
      return flip((row) => isEmpty(select(row, selector)), not);
    }
    throw new Mistake(`expected an operator after "${selector}"`);
  }

  #compare(selector: string, negative: boolean): Test {
    const value = this.#take('a value').value;
    return flip((row) => textOf(select(row, selector)) === value, negative);
  }

  #matches(selector: string): Test {
    const pattern = this.#take('a pattern').value;
    const regex = compileRegex(pattern);
    if ('problem' in regex) throw new Mistake(`"${pattern}": ${regex.problem}`);
    return (row) => testRegex(regex, textOf(select(row, selector))) === true;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', value: '', at: this.#next };
  }

  #take(what: string): Token {
    const token = this.#peek();
    if (token.kind !== 'word' && token.kind !== 'text') throw new Mistake(`expected ${what}`);
    this.#next += 1;
    return token;
  }

  #isWord(word: string): boolean {
    const token = this.#peek();
    return token.kind === 'word' && token.value === word;
  }

  #takeWord(word: string): boolean {
    const is = this.#isWord(word);
    if (is) this.#next += 1;
    return is;
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek();
    const is = token.kind === 'sign' && token.value === sign;
    if (is) this.#next += 1;
    return is;
  }
}

function flip(test: Test, negative: boolean): Test {
  return negative ? (row) => !test(row) : test;
}

/** Follows `A.B.C`, or `/a/b` as in JSON pointers; undefined where it leads nowhere. */
function select(row: Json, selector: string): Json | undefined {
  const steps = selector.startsWith('/') ? selector.slice(1).split('/') : selector.split('.');
  let at: Json | undefined = row;
  for (const step of steps) {
    if (!isObject(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

function holds(value: Json | undefined, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((one: Json) => textOf(one) === wanted);
  if (isObject(value)) return Object.hasOwn(value, wanted);
  return typeof value === 'string' && value.includes(wanted);
}

function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function textOf(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? '' : String(value);
}
