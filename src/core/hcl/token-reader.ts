/**
 * Reads tokens one after another, with what the parsers share: whether newlines count at this
 * place, how deep the nesting is, what has been complained about.
 *
 * R1: once a mistake was met (`isRecovering`), what follows may be its echo: only the first
 * complaint about an item is told, and parsing goes on behind the mistake.
 */
import { HCL_DEPTH_MAX, HCL_DIAGNOSTICS_MAX } from '../limits.ts';
import type { Diagnostic } from './diagnostic.ts';
import { errorAt } from './diagnostic.ts';
import type { Source, Span } from './source.ts';
import type { Token, TokenKind } from './token.ts';

const OPENERS: ReadonlyMap<TokenKind, readonly TokenKind[]> = new Map([
  ['}', ['{']],
  [']', ['[']],
  [')', ['(']],
  ['close quote', ['open quote']],
  ['close heredoc', ['open heredoc']],
  ['sequence end', ['interpolation', 'directive']],
]);
const OPENING = new Set([...OPENERS.values()].flat());

export class TokenReader {
  readonly source: Source;
  readonly diagnostics: Diagnostic[] = [];
  readonly #tokens: readonly Token[];
  readonly #eof: Token;
  readonly #newlines: boolean[] = [true];
  #recovering = false;
  #at = 0;
  #depth = 0;
  #last: Token;

  constructor(source: Source, tokens: readonly Token[]) {
    const end = source.text.length;
    this.source = source;
    this.#tokens = tokens;
    this.#eof = { kind: 'end of file', start: end, end };
    this.#last = { kind: 'newline', start: 0, end: 0 };
  }

  /** Whether a mistake was met in the item being parsed (R1). */
  isRecovering(): boolean {
    return this.#recovering;
  }

  /** A new item begins: its mistakes are its own. */
  startAfresh(): void {
    this.#recovering = false;
  }

  /** What follows is wrong and has been told. */
  stumble(): void {
    this.#recovering = true;
  }

  /** The next token, left where it is. */
  peek(): Token {
    return this.#tokens[this.#next()] ?? this.#eof;
  }

  /** The next token, taken. At the end it is `end of file` again and again. */
  read(): Token {
    const at = this.#next();
    const token = this.#tokens[at] ?? this.#eof;
    if (token.kind !== 'end of file') this.#at = at + 1;
    this.#last = token;
    return token;
  }

  /** Takes the next token if it is of that kind. */
  take(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.read() : undefined;
  }

  /** Whether the next token is that word. */
  isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === 'ident' && this.text(token) === word;
  }

  /** The token read last. */
  last(): Token {
    return this.#last;
  }

  #next(): number {
    let at = this.#at;
    if (this.#newlines[this.#newlines.length - 1] === true) return at;
    while (this.#tokens[at]?.kind === 'newline') at++;
    return at;
  }

  /** Runs `parse` with newlines counting or not: they do not inside brackets. */
  withNewlines<T>(count: boolean, parse: () => T): T {
    this.#newlines.push(count);
    const result = parse();
    this.#newlines.pop();
    return result;
  }

  /** Runs `parse` one level deeper, or complains and gives up on the file if that is too deep. */
  nested<T>(parse: () => T, otherwise: () => T): T {
    if (this.#depth >= HCL_DEPTH_MAX) {
      this.tooDeep(this.peek());
      return otherwise();
    }
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Complains about nesting and goes to the end: nothing sensible can follow. */
  tooDeep(token: Token): void {
    this.complain(
      this.span(token),
      'Nesting too deep',
      `Blocks and expressions can be nested ${HCL_DEPTH_MAX} deep at most.`,
    );
    this.#at = this.#tokens.length;
    this.#recovering = true;
  }

  text(token: Token): string {
    return this.source.text.slice(token.start, token.end);
  }

  span(token: Token): Span {
    return this.source.span(token.start, token.end);
  }

  /** From the start of a token (or span) to the end of the last token read. */
  spanFrom(first: Readonly<{ start: number }>): Span {
    return this.source.span(first.start, Math.max(first.start, this.#last.end));
  }

  /** Records an error, whatever was recorded before. */
  complain(subject: Span, summary: string, detail: string, context?: Span): void {
    if (this.diagnostics.length >= HCL_DIAGNOSTICS_MAX) return;
    this.diagnostics.push(errorAt(subject, summary, detail, context));
  }

  /** Records an error unless it may be the echo of another (R1). */
  complainOnce(subject: Span, summary: string, detail: string, context?: Span): void {
    if (!this.#recovering) this.complain(subject, summary, detail, context);
    this.#recovering = true;
  }

  /** Goes behind the `end` token that closes what is open here, and returns it. */
  recover(end: TokenKind): Token {
    this.#recovering = true;
    const starts = OPENERS.get(end) ?? [];
    for (let nesting = 0; ;) {
      const token = this.read();
      if (token.kind === 'end of file') return token;
      if (starts.includes(token.kind)) nesting++;
      else if (token.kind === end && nesting-- === 0) return token;
    }
  }

  /** Goes behind the newline that ends an argument or block, over whatever brackets it opened. */
  recoverAfterItem(): void {
    this.#recovering = true;
    const open: TokenKind[] = [];
    for (;;) {
      const token = this.read();
      if (token.kind === 'end of file') return;
      if (token.kind === 'newline' && open.length === 0) return;
      if (OPENING.has(token.kind)) open.push(token.kind);
      const openers = OPENERS.get(token.kind);
      if (openers === undefined) continue;
      // Brackets left open inside those that close here were part of the mistake.
      while (open.length > 0 && !openers.includes(open.pop() ?? token.kind));
    }
  }
}
