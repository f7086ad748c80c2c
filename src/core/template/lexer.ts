/**
 * Splits a template into text and the words of its actions.
 *
 * X1: what is wrong is the last token, so that an earlier mistake is told first.
 * X2: spaces beside `{{-` and `-}}` belong to no text.
 *
 * Source: https://pkg.go.dev/text/template, "Text and spaces" and "Actions".
 */
import { KEYWORDS, type Token, type TokenKind } from './token.ts';

export type Delimiters = Readonly<{ left: string; right: string }>;

export const DELIMITERS: Delimiters = { left: '{{', right: '}}' };

/** All tokens of a source; the last one is the end of the file or an error (X1). */
export function tokenize(text: string, delimiters: Delimiters = DELIMITERS): readonly Token[] {
  return new Lexer(text, delimiters).run();
}

const isSpace = (char: string): boolean => char !== '' && ' \t\r\n'.includes(char);
const WORD = /[\p{L}\p{Nd}_]/u;
const WORDS = /[\p{L}\p{Nd}_]*/uy;
const SPACES = /[ \t\r\n]*/y;
const HEXADECIMAL = /0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?/.source;
const DECIMAL = /[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?/.source;
const NUMBER = new RegExp(`[+-]?(?:${HEXADECIMAL}|0[oO][0-7_]*|0[bB][01_]*|${DECIMAL})`, 'y');
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;
const QUOTES: ReadonlySet<string> = new Set(['"', "'", '`']);
/** A minus and a space inside the delimiter, or the other way round. */
const TRIM_MARK = 2;

class Lexer {
  readonly #text: string;
  readonly #left: string;
  readonly #right: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;

  constructor(text: string, delimiters: Delimiters) {
    this.#text = text;
    this.#left = delimiters.left;
    this.#right = delimiters.right;
  }

  run(): readonly Token[] {
    while (this.#readText() && this.#readAction());
    return this.#tokens;
  }

  /** Reads up to the next action; false at the end. */
  #readText(): boolean {
    const found = this.#text.indexOf(this.#left, this.#at);
    const end = found < 0 ? this.#text.length : found;
    const trims = found >= 0 && this.#isLeftTrim(found + this.#left.length);
    const text = this.#text.slice(this.#at, end);
    const kept = trims ? text.slice(0, text.length - trailingSpaces(text)) : text;
    if (kept !== '') this.#tokens.push({ kind: 'text', at: this.#at, text: kept });
    this.#at = end;
    if (found < 0) this.#push('end of file', '');
    return found >= 0;
  }

  /** Reads one action or comment with its delimiters; false after an error. */
  #readAction(): boolean {
    const open = this.#at;
    const inside = open + this.#left.length;
    const begin = this.#isLeftTrim(inside) ? inside + TRIM_MARK : inside;
    if (this.#text.startsWith('/*', begin)) return this.#readComment(begin);
    this.#tokens.push({ kind: 'left delimiter', at: open, text: this.#left });
    this.#at = begin;
    this.#parens = 0;
    for (;;) {
      const closes = this.#rightDelimiter();
      if (closes !== undefined) {
        if (this.#parens > 0) return this.#error('unclosed left paren');
        this.#close(closes);
        return true;
      }
      if (!this.#readWord()) return false;
    }
  }

  #readComment(begin: number): boolean {
    const end = this.#text.indexOf('*/', begin + 2);
    if (end < 0) return this.#error('unclosed comment');
    this.#at = end + 2;
    const closes = this.#rightDelimiter();
    if (closes === undefined) return this.#error('comment ends before closing delimiter');
    this.#skipClose(closes);
    return true;
  }

  /** Reads one word of an action; false after an error. */
  #readWord(): boolean {
    const char = this.#text.charAt(this.#at);
    if (char === '') return this.#error('unclosed action');
    if (isSpace(char)) return this.#readSpaces();
    if (char === ':') {
      if (this.#text.charAt(this.#at + 1) !== '=') return this.#error('expected :=');
      return this.#push('declare', ':=');
    }
    if (QUOTES.has(char)) return this.#readQuoted(char);
    if (char === '$') return this.#readName('variable');
    const isFraction = /[0-9]/.test(this.#text.charAt(this.#at + 1));
    if (char === '.' && !isFraction) return this.#readName('field');
    if (/[-+.0-9]/.test(char)) return this.#readNumber();
    if (WORD.test(this.#character())) return this.#readIdentifier();
    return this.#readMark(char);
  }

  #readMark(char: string): boolean {
    if (char === '=') return this.#push('assign', char);
    if (char === '|') return this.#push('pipe', char);
    if (char === '(') {
      this.#parens++;
      return this.#push('left paren', char);
    }
    if (char === ')') {
      this.#parens--;
      return this.#parens < 0
        ? this.#error('unexpected right paren')
        : this.#push('right paren', char);
    }
    if (/[!-~]/.test(char)) return this.#push('punctuation', char);
    return this.#error(`unrecognized character in action: ${codePointOf(this.#character())}`);
  }

  #readSpaces(): boolean {
    SPACES.lastIndex = this.#at;
    const spaces = SPACES.exec(this.#text)?.[0] ?? '';
    // The last space may belong to a closing delimiter that trims.
    const last = this.#at + spaces.length - 1;
    const trims = this.#text.startsWith(`-${this.#right}`, last + 1);
    const width = trims ? spaces.length - 1 : spaces.length;
    if (width > 0) this.#tokens.push({ kind: 'space', at: this.#at, text: spaces.slice(0, width) });
    this.#at += width;
    return true;
  }

  #readQuoted(mark: string): boolean {
    if (mark === '`') return this.#readRaw();
    return mark === '"'
      ? this.#readMatch('string', QUOTED, 'unterminated quoted string')
      : this.#readMatch('character', CHARACTER, 'unterminated character constant');
  }

  #readMatch(kind: TokenKind, pattern: RegExp, otherwise: string): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    return match === undefined ? this.#error(otherwise) : this.#push(kind, match);
  }

  #readRaw(): boolean {
    const end = this.#text.indexOf('`', this.#at + 1);
    if (end < 0) return this.#error('unterminated raw quoted string');
    return this.#push('string', this.#text.slice(this.#at, end + 1));
  }

  #readName(kind: 'field' | 'variable'): boolean {
    WORDS.lastIndex = this.#at + 1;
    const word = WORDS.exec(this.#text)?.[0] ?? '';
    const text = this.#text.charAt(this.#at) + word;
    if (!this.#isTerminator(this.#at + text.length)) return this.#badCharacter(text.length);
    return this.#push(text === '.' ? 'dot' : kind, text);
  }

  #readIdentifier(): boolean {
    WORDS.lastIndex = this.#at;
    const word = WORDS.exec(this.#text)?.[0] ?? '';
    if (!this.#isTerminator(this.#at + word.length)) return this.#badCharacter(word.length);
    const isBool = word === 'true' || word === 'false';
    return this.#push(isBool ? 'bool' : KEYWORDS.has(word) ? 'keyword' : 'identifier', word);
  }

  #readNumber(): boolean {
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0] ?? '';
    const next = this.#text.charAt(this.#at + number.length);
    if (number === '' || WORD.test(next)) {
      const shown = this.#text.slice(this.#at, this.#at + number.length + 1);
      return this.#error(`bad number syntax: ${JSON.stringify(shown)}`);
    }
    return this.#push('number', number);
  }

  #badCharacter(offset: number): boolean {
    this.#at += offset;
    return this.#error(`bad character ${codePointOf(this.#character())}`);
  }

  #isTerminator(at: number): boolean {
    const char = this.#text.charAt(at);
    if (char === '' || isSpace(char) || '.,|:)('.includes(char)) return true;
    return this.#text.startsWith(this.#right, at);
  }

  /** Whether an action closes here, and trims; undefined if it goes on. */
  #rightDelimiter(): 'plain' | 'trims' | undefined {
    const trims = isSpace(this.#text.charAt(this.#at));
    if (trims && this.#text.startsWith(`-${this.#right}`, this.#at + 1)) return 'trims';
    return this.#text.startsWith(this.#right, this.#at) ? 'plain' : undefined;
  }

  #close(closes: 'plain' | 'trims'): void {
    this.#tokens.push({ kind: 'right delimiter', at: this.#at, text: this.#right });
    this.#skipClose(closes);
  }

  #skipClose(closes: 'plain' | 'trims'): void {
    this.#at += this.#right.length;
    if (closes === 'plain') return;
    SPACES.lastIndex = this.#at + TRIM_MARK;
    const spaces = SPACES.exec(this.#text)?.[0] ?? '';
    this.#at += TRIM_MARK + spaces.length;
  }

  #isLeftTrim(at: number): boolean {
    return this.#text.charAt(at) === '-' && isSpace(this.#text.charAt(at + 1));
  }

  #character(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  #push(kind: TokenKind, text: string): true {
    this.#tokens.push({ kind, at: this.#at, text });
    this.#at += text.length;
    return true;
  }

  #error(message: string): false {
    this.#tokens.push({ kind: 'error', at: this.#at, text: message });
    return false;
  }
}

/** Not a pattern anchored at the end: that would look at every run of spaces in the text. */
function trailingSpaces(text: string): number {
  let count = 0;
  while (count < text.length && isSpace(text.charAt(text.length - 1 - count))) count++;
  return count;
}

/** `U+0023 '#'`, as Go's `%#U` prints. */
function codePointOf(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${hex} '${char}'`;
}
