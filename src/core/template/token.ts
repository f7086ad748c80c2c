/** The words that a template's source is read as. */

export type TokenKind =
  | 'text'
  | 'left delimiter'
  | 'right delimiter'
  | 'space'
  | 'identifier'
  | 'keyword'
  | 'bool'
  | 'field'
  | 'variable'
  | 'dot'
  | 'number'
  | 'character'
  | 'string'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'left paren'
  | 'right paren'
  | 'punctuation'
  | 'error'
  | 'end of file';

/** A word. `text` is as it stands in the source, or the message of an error. */
export type Token = Readonly<{ kind: TokenKind; at: number; text: string }>;

/** Words that are no functions. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** The token as messages name it. */
export function showToken(token: Token): string {
  if (token.kind === 'end of file') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (token.kind === 'keyword') return `<${token.text}>`;
  const { text } = token;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}
