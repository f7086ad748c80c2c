/** The parser's view of the tokens: looks ahead, skips spaces, and tells where it stands. */
import type { TemplateText } from './ast.ts';
import { TemplateError } from './problem.ts';
import { positionOf } from './position.ts';
import { showToken, type Token, type TokenKind } from './token.ts';

export class TokenStream {
  readonly source: TemplateText;
  readonly #tokens: readonly Token[];
  #next = 0;
  /** Where the action began that is being read. */
  #actionAt = 0;

  constructor(source: TemplateText, tokens: readonly Token[]) {
    this.source = source;
    this.#tokens = tokens;
  }

  /** The next token, spaces included. Beyond the last one it stays the last. */
  next(): Token {
    const token = this.peek();
    if (this.#next < this.#tokens.length) this.#next++;
    if (token.kind === 'left delimiter') this.#actionAt = token.at;
    return token;
  }

  peek(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)];
    return token ?? { kind: 'end of file', at: this.source.text.length, text: '' };
  }

  nextWord(): Token {
    this.skipSpaces();
    return this.next();
  }

  peekWord(): Token {
    this.skipSpaces();
    return this.peek();
  }

  skipSpaces(): void {
    while (this.peek().kind === 'space') this.next();
  }

  /** Where the stream stands, to come back to. */
  mark(): number {
    return this.#next;
  }

  reset(mark: number): void {
    this.#next = mark;
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextWord();
    if (token.kind !== kind) this.unexpected(token, context);
    return token;
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${showToken(token)} in ${context}`, token.at);
    const began = positionOf(this.source.text, this.#actionAt).line;
    const isElsewhere = began !== positionOf(this.source.text, token.at).line;
    const started = ` started at ${this.source.name}:${began}`;
    const action = token.text.endsWith(' action') ? '' : ' in action';
    this.fail(isElsewhere ? `${token.text}${action}${started}` : token.text, token.at);
  }

  /** Ends parsing. @param at the place; where the stream stands if absent */
  fail(message: string, at?: number): never {
    const last = this.#tokens[Math.max(0, this.#next - 1)];
    const place = positionOf(this.source.text, at ?? last?.at ?? 0);
    throw new TemplateError(`template: ${this.source.name}:${place.line}: ${message}`, place);
  }
}
