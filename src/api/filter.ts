/**
 * Filter expressions over the wire form of a row: `Status == "running" and "dc1" in Datacenters`.
 *
 * A selector is a path of names (`Service.Meta.team`), one of them in brackets where it holds signs
 * (`Meta["a.b"]`), or a JSON pointer in quotes (`"/Meta/a.b"`).
 *
 * F1: no expression throws; a mistake says where it is, counted from 1.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/features/filtering
 */
import { assert } from '../base/assert.ts';
import type { Json } from '../base/json.ts';
import { compileRegex, testRegex } from '../core/regex/search.ts';
import { isObject } from './codec/codec.ts';

/** Longest expression; a page of conditions. */
export const FILTER_CHARS_MAX = 4096;
/** Parentheses and `not` inside each other. */
const DEPTH_MAX = 32;

type Test = (row: Json) => boolean;
export type Filter = Readonly<{ test: Test }> | Readonly<{ mistake: string }>;

type Token = Readonly<{
  kind: 'word' | 'text' | 'sign' | 'end';
  value: string;
  at: number;
  /** Of what stands there. */
  length: number;
}>;

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
const QUOTED = /"(?:[^"\\]|\\.)*"|`[^`]*`/y;
const SIGN = /==|!=|[()]/y;
/** Names, dots, and names in brackets that hold anything. */
const WORD = /(?:[A-Za-z0-9_.\-/:*]|\["(?:[^"\\]|\\.)*"\]|\[[A-Za-z0-9_.\-/:*]*\])+/y;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; ;) {
    at += (matchAt(SPACE, text, at) ?? '').length;
    const token = at < text.length ? tokenAt(text, at) : undefined;
    if (token === undefined) break;
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: 'end', value: 'end', at: text.length, length: 0 });
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  const quoted = matchAt(QUOTED, text, at);
  if (quoted !== undefined) {
    return { kind: 'text', value: unquote(quoted), at, length: quoted.length };
  }
  const sign = matchAt(SIGN, text, at);
  if (sign !== undefined) return { kind: 'sign', value: sign, at, length: sign.length };
  const word = matchAt(WORD, text, at);
  if (word !== undefined) return { kind: 'word', value: word, at, length: word.length };
  throw new Mistake(`unexpected character at ${at + 1}`);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
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
    const { at } = this.#peek();
    if (this.#takeSign('(')) {
      const inner = this.#either(depth + 1);
      if (!this.#takeSign(')')) throw new Mistake(`the parenthesis at ${at + 1} is not closed`);
      return inner;
    }
    return this.#condition();
  }

  /** `value in selector`, or a selector with what is said of it. */
  #condition(): Test {
    const first = this.#take('a name or a value');
    const negative = this.#takeWord('not');
    if (this.#takeWord('in')) {
      const select = selectorOf(this.#take('a name'));
      return flip((row) => holds(select(row), first.value), negative);
    }
    return this.#said(selectorOf(first), first, negative);
  }

  #said(select: Select, { value: name }: Token, negative: boolean): Test {
    if (this.#takeWord('contains')) {
      const { value } = this.#take('a value');
      return flip((row) => holds(select(row), value), negative);
    }
    if (this.#takeWord('matches')) return flip(this.#matches(select), negative);
    const operator = this.#peek();
    if (negative) throw new Mistake(`expected "in" after "not" at ${operator.at + 1}`);
    if (this.#takeSign('==')) return this.#equals(select);
    if (this.#takeSign('!=')) return flip(this.#equals(select), true);
    if (this.#takeWord('is')) {
      const not = this.#takeWord('not');
      const { at } = this.#peek();
      if (!this.#takeWord('empty')) throw new Mistake(`expected "empty" after "is" at ${at + 1}`);
      return flip((row) => isEmpty(select(row)), not);
    }
    throw new Mistake(`expected an operator after "${name}" at ${operator.at + 1}`);
  }

  #equals(select: Select): Test {
    const { value } = this.#take('a value');
    return (row) => {
      const found = select(row);
      return found !== undefined && textOf(found) === value;
    };
  }

  #matches(select: Select): Test {
    const { value: pattern, at } = this.#take('a pattern');
    const regex = compileRegex(pattern);
    if ('problem' in regex) throw new Mistake(`"${pattern}" at ${at + 1}: ${regex.problem}`);
    return (row) => {
      const found = select(row);
      return found !== undefined && testRegex(regex, textOf(found)) === true;
    };
  }

  /** The last token is the end, which nothing takes. */
  #peek(): Token {
    const token = this.#tokens[this.#next];
    assert(token !== undefined, 'the end is not passed');
    return token;
  }

  #take(what: string): Token {
    const token = this.#peek();
    if (token.kind !== 'word' && token.kind !== 'text') {
      throw new Mistake(`expected ${what} at ${token.at + 1}`);
    }
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

/** What a selector leads to in a row; undefined where it leads nowhere. */
type Select = (row: Json) => Json | undefined;

function selectorOf({ kind, value, at }: Token): Select {
  const steps = kind === 'text' && value.startsWith('/') ? pointer(value) : path(value);
  if (steps.some((step) => step === '')) {
    throw new Mistake(`selector "${value}" at ${at + 1} is not valid`);
  }
  return (row) => {
    let found: Json | undefined = row;
    for (const step of steps) {
      if (!isObject(found) || !Object.hasOwn(found, step)) return undefined;
      found = found[step];
    }
    return found;
  };
}

/** Source: RFC 6901 */
function pointer(text: string): readonly string[] {
  const steps = text.slice(1).split('/');
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const STEP = /\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|\.?([^.[]*)/y;

function path(text: string): readonly string[] {
  const steps: string[] = [];
  for (STEP.lastIndex = 0; STEP.lastIndex < text.length;) {
    const [whole = '', quoted, bare, name] = STEP.exec(text) ?? [];
    if (whole === '') return [''];
    steps.push(quoted?.replace(/\\(.)/g, '$1') ?? bare ?? name ?? '');
  }
  return steps;
}

function flip(test: Test, negative: boolean): Test {
  return negative ? (row) => !test(row) : test;
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
