/**
 * Cuts a text into words. What a character means depends on where it stands: inside quotes and
 * heredocs text runs until `${` or `%{`, inside those the language goes on until their brace
 * closes. The lexer keeps that nesting on a stack of its own, so depth costs no call stack.
 *
 * X1: tokens are in order, do not overlap, and the last one is `end of file`.
 * X2: spaces and comments leave no token, but the newline that ends a `#` comment does.
 * X3: every character is in a token or is space or comment: nothing is dropped silently.
 *
 * Source: the HCL native syntax specification.
 */
import type { Source } from './source.ts';
import type { Token, TokenKind } from './token.ts';
import { PUNCTUATION } from './token.ts';

/** What a text is as a whole: a configuration, or a template without quotes around it. */
export type LexMode = 'config' | 'template';

type Frame =
  | { mode: 'normal'; braces: number }
  | { mode: 'quoted' }
  | { mode: 'template' }
  | { mode: 'heredoc'; marker: string };

const IDENT = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
// As much as could be meant as a number, so that the complaint covers all of it.
const NUMBER = /[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?/y;
const SPACES = /[ \t]+/y;
const LINE_COMMENT = /[^\n]*\n?/y;
const HEREDOC_OPEN = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;
const NOTABLE_IN_QUOTES = /["\\\n\r$%]/g;
const NOTABLE_IN_TEMPLATE = /[\n$%]/g;

const byLength = [3, 2, 1].map(
  (length) => new Set<string>(PUNCTUATION.filter((mark) => mark.length === length)),
);

/** The words of a source. */
export function tokenize(source: Source, mode: LexMode = 'config'): readonly Token[] {
  const lexer = new Lexer(source.text, mode);
  return lexer.run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #frames: Frame[];
  #at = 0;

  constructor(text: string, mode: LexMode) {
    this.#text = text;
    this.#frames = [mode === 'config' ? { mode: 'normal', braces: 0 } : { mode: 'template' }];
  }

  run(): readonly Token[] {
    while (this.#at < this.#text.length) this.#step();
    this.#tokens.push({ kind: 'end of file', start: this.#at, end: this.#at });
    return this.#tokens;
  }

  #step(): void {
    const frame = this.#frames[this.#frames.length - 1];
    if (frame?.mode === 'normal') this.#normal(frame);
    else if (frame?.mode === 'quoted') this.#quoted();
    else if (frame?.mode !== 'heredoc' || !this.#closeHeredoc(frame.marker)) this.#template();
  }

  #emit(kind: TokenKind, length: number): void {
    this.#tokens.push({ kind, start: this.#at, end: this.#at + length });
    this.#at += length;
  }

  /** How much of the text from here on the pattern takes; 0 for nothing. */
  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text) ? pattern.lastIndex - this.#at : 0;
  }

  #normal(frame: { braces: number }): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x20 || code === 0x09) {
      this.#at += this.#match(SPACES);
    } else if (isIdentStart(code)) {
      this.#ident();
    } else if (code >= 0x30 && code <= 0x39) {
      this.#emit('number', this.#match(NUMBER));
    } else if (code === 0x0a) {
      this.#emit('newline', 1);
    } else if (code === 0x22) {
      this.#emit('open quote', 1);
      this.#frames.push({ mode: 'quoted' });
    } else {
      this.#mark(frame);
    }
  }

  #ident(): void {
    let end = this.#at + 1;
    let code = this.#text.charCodeAt(end);
    while (isIdentPart(code)) code = this.#text.charCodeAt(++end);
    const length = code >= 0x80 ? this.#match(IDENT) : end - this.#at;
    this.#emit('ident', length);
  }

  #mark(frame: { braces: number }): void {
    const text = this.#text;
    const at = this.#at;
    const two = text.slice(at, at + 2);
    if (two.startsWith('#') || two === '//') this.#lineComment();
    else if (two === '/*' && this.#blockComment()) return;
    else if (two === '<<' && this.#openHeredoc()) return;
    else if (two === '\r\n') this.#emit('newline', 2);
    else if (two === '~}' || two.startsWith('}')) this.#closingBrace(frame, two);
    else {
      if (two.startsWith('{')) frame.braces++;
      this.#punctuation();
    }
  }

  /** A brace closes what opened last: an object or block, or the sequence around this text. */
  #closingBrace(frame: { braces: number }, two: string): void {
    if (frame.braces === 0 && this.#frames.length > 1) {
      this.#frames.pop();
      this.#emit('sequence end', two === '~}' ? 2 : 1);
      return;
    }
    if (two.startsWith('}')) frame.braces = Math.max(0, frame.braces - 1);
    this.#punctuation();
  }

  #punctuation(): void {
    for (const [index, marks] of byLength.entries()) {
      const mark = this.#text.slice(this.#at, this.#at + 3 - index);
      if (!marks.has(mark)) continue;
      this.#emit(mark as TokenKind, mark.length);
      return;
    }
    const length = this.#match(IDENT);
    const wide = (this.#text.codePointAt(this.#at) ?? 0) > 0xffff;
    if (length > 0) this.#emit('ident', length);
    else this.#emit('invalid', wide ? 2 : 1);
  }

  #lineComment(): void {
    const length = this.#match(LINE_COMMENT);
    // The comment ate its newline; the newline still ends the item before it (X2).
    if (this.#text.charCodeAt(this.#at + length - 1) === 0x0a) this.#emit('newline', length);
    else this.#at += length;
  }

  #blockComment(): boolean {
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end === -1) return false;
    this.#at = end + 2;
    return true;
  }

  #openHeredoc(): boolean {
    HEREDOC_OPEN.lastIndex = this.#at;
    const match = HEREDOC_OPEN.exec(this.#text);
    if (match === null) return false;
    this.#emit('open heredoc', match[0].length);
    this.#frames.push({ mode: 'heredoc', marker: match[1] ?? '' });
    return true;
  }

  #quoted(): void {
    if (this.#openSequence()) return;
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x22) {
      this.#frames.pop();
      this.#emit('close quote', 1);
    } else if (code === 0x0a) {
      this.#emit('quoted newline', 1);
    } else if (this.#text.startsWith('\r\n', this.#at)) {
      this.#emit('quoted newline', 2);
    } else {
      const length = this.#textLength(NOTABLE_IN_QUOTES);
      // What is left is a backslash before a newline or the end of the file.
      this.#emit(length > 0 ? 'quoted text' : 'invalid', Math.max(length, 1));
    }
  }

  #template(): void {
    if (this.#openSequence()) return;
    this.#emit('template text', this.#textLength(NOTABLE_IN_TEMPLATE));
  }

  /** How far plain text runs: to a quote or newline (which template text includes) or `${`. */
  #textLength(notable: RegExp): number {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      notable.lastIndex = at;
      if (!notable.test(text)) return text.length - this.#at;
      at = notable.lastIndex - 1;
      const step = notable === NOTABLE_IN_QUOTES ? quotedStep(text, at) : templateStep(text, at);
      if (step.ends) return at + step.width - this.#at;
      at += step.width;
    }
  }

  #openSequence(): boolean {
    const two = this.#text.slice(this.#at, this.#at + 2);
    if (two !== '${' && two !== '%{') return false;
    const trims = this.#text.charCodeAt(this.#at + 2) === 0x7e;
    this.#emit(two === '${' ? 'interpolation' : 'directive', trims ? 3 : 2);
    this.#frames.push({ mode: 'normal', braces: 0 });
    return true;
  }

  #closeHeredoc(marker: string): boolean {
    const at = this.#at;
    if (this.#text.charCodeAt(at - 1) !== 0x0a) return false;
    // Only a line that the token before ended is looked at: text after `${x}` is in its middle.
    const newline = this.#text.indexOf('\n', at);
    const line = this.#text.slice(at, newline === -1 ? undefined : newline);
    if (line.length < marker.length || line.trim() !== marker) return false;
    this.#frames.pop();
    this.#emit('close heredoc', line.trimEnd().length);
    return true;
  }
}

type Step = Readonly<{ ends: boolean; width: number }>;
const STOP: Step = { ends: true, width: 0 };

function quotedStep(text: string, at: number): Step {
  const character = text[at];
  const next = text[at + 1];
  if (character === '"' || character === '\n') return STOP;
  if (character === '\r') return next === '\n' ? STOP : { ends: false, width: 1 };
  if (character !== '\\') return sequenceStep(text, at);
  return next === undefined || next === '\n' || next === '\r' ? STOP : { ends: false, width: 2 };
}

function templateStep(text: string, at: number): Step {
  // One token per line: what `<<-` strips, it strips from each line.
  return text[at] === '\n' ? { ends: true, width: 1 } : sequenceStep(text, at);
}

/** At a `$` or `%`: a sequence opens, is escaped by doubling, or the character is just itself. */
function sequenceStep(text: string, at: number): Step {
  if (text[at + 1] === '{') return STOP;
  const escaped = text[at + 1] === text[at] && text[at + 2] === '{';
  return { ends: false, width: escaped ? 3 : 1 };
}

function isIdentStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

function isIdentPart(code: number): boolean {
  return isIdentStart(code) || (code >= 0x30 && code <= 0x39) || code === 0x2d;
}
