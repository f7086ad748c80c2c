/**
 * Whether a space stands between two words of one line, by what they are: the first rule that
 * fits decides.
 *
 * Source: what `nomad fmt` and `terraform fmt` make of a file.
 */
import type { TokenKind } from './token.ts';

/** A word or a comment of a file to be formatted, and how many spaces stand before it. */
export interface Piece {
  readonly kind: TokenKind | 'comment';
  readonly text: string;
  spaces: number;
}

type Kinds = ReadonlySet<Piece['kind'] | undefined>;

const OPENING: Kinds = new Set(['{', '[', '(', 'interpolation', 'directive']);
const CLOSING: Kinds = new Set(['}', ']', ')', 'sequence end']);
const SEQUENCES: Kinds = new Set(['interpolation', 'directive']);

/** What comes after one of these is within a text, and what comes before one of those. */
const TEXT_BEFORE: Kinds = new Set([
  ...(['quoted text', 'template text', 'open quote', 'open heredoc'] as const),
]);
const TEXT_AFTER: Kinds = new Set([
  ...(['quoted text', 'template text', 'close quote', 'close heredoc'] as const),
]);

/** A minus after one of these, or after nothing, makes a number negative. */
const BEFORE_NEGATION: Kinds = new Set([
  ...([undefined, '(', '{', '[', '=', ':', ',', '?', '+', '*', '/', '%', '-'] as const),
  ...(['==', '!=', '>', '>=', '<', '<=', '&&', '||', '!'] as const),
]);

/** By how much a word changes how many brackets are open. */
export function bracketChange({ kind }: Piece): number {
  if (OPENING.has(kind)) return 1;
  return CLOSING.has(kind) ? -1 : 0;
}

/** Two neighbours, and what stands before the first of them in the same cell. */
interface Neighbours {
  readonly one: Piece;
  readonly next: Piece;
  readonly before: Piece | undefined;
}

type Rule = readonly [fits: (neighbours: Neighbours) => boolean, isSpaced: boolean];

const RULES: readonly Rule[] = [
  [({ next }) => next.kind === 'newline', false],
  [({ one, next }) => one.kind === 'ident' && next.kind === '(', false],
  [({ one, next }) => one.kind === '::' || next.kind === '::', false],
  [({ one, next }) => one.kind === '.' || next.kind === '.', false],
  [({ next }) => next.kind === ',' || next.kind === '...', false],
  [({ one }) => one.kind === ',', true],
  [({ one, next }) => TEXT_BEFORE.has(one.kind) || TEXT_AFTER.has(next.kind), false],
  // In `[for x in [a] : x]` it is no name that is indexed.
  [({ one, before }) => isIn(one) && before?.kind === 'ident', true],
  [({ one, next }) => next.kind === '[' && isIndexable(one), false],
  [({ one }) => one.kind === '!', false],
  [({ one, before }) => one.kind === '-' && BEFORE_NEGATION.has(before?.kind), false],
  [({ one }) => one.kind === '-', true],
  [({ one, next }) => one.kind === '{' && next.kind === '}', false],
  [({ one, next }) => one.kind === '{' || next.kind === '}', true],
  // `${ {a = 1} }`: braces of an object are not to be taken for those of the sequence.
  [({ one, next }) => SEQUENCES.has(one.kind) && next.kind === '{', true],
  [({ one, next }) => one.kind === '}' && next.kind === 'sequence end', true],
  [({ one, next }) => one.kind === 'sequence end' && SEQUENCES.has(next.kind), false],
  [({ one }) => OPENING.has(one.kind), false],
  [({ next }) => CLOSING.has(next.kind), false],
];

/** Whether there is a space between `one` and `next`; between most words there is. */
export function isSpaced(one: Piece, next: Piece, before: Piece | undefined): boolean {
  const neighbours = { one, next, before };
  return RULES.find(([fits]) => fits(neighbours))?.[1] ?? true;
}

function isIn({ kind, text }: Piece): boolean {
  return kind === 'ident' && text === 'in';
}

function isIndexable({ kind }: Piece): boolean {
  return kind === 'ident' || kind === 'number' || CLOSING.has(kind);
}
