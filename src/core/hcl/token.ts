/** The words of the language. */

/** Punctuation stands for itself; the rest has names. */
export type TokenKind =
  | Punctuation
  | 'ident'
  | 'number'
  | 'newline'
  | 'end of file'
  /** An opening quote, a closing one, and a stretch of text between them. */
  | 'open quote'
  | 'close quote'
  | 'quoted text'
  /** `<<EOT` with its newline, the closing marker, and one line (or part of it) between them. */
  | 'open heredoc'
  | 'close heredoc'
  | 'template text'
  /** `${` or `${~`; `%{` or `%{~`; the `}` or `~}` that ends either. */
  | 'interpolation'
  | 'directive'
  | 'sequence end'
  /** A newline inside quotes; a character that the language does not use. */
  | 'quoted newline'
  | 'invalid';

/** The operators and brackets, and those that exist only to be refused with a good message. */
export const PUNCTUATION = [
  '...',
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '=>',
  '::',
  '**',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '*',
  '/',
  '+',
  '-',
  '%',
  '=',
  '<',
  '>',
  '!',
  '.',
  ',',
  '?',
  ':',
  '&',
  '|',
  '~',
  '^',
  ';',
  '`',
  "'",
] as const;

export type Punctuation = (typeof PUNCTUATION)[number];

/** A word and where it stands, in UTF-16 offsets, `end` exclusive. */
export type Token = Readonly<{ kind: TokenKind; start: number; end: number }>;
