/**
 * Gives a configuration file its canonical form: lines are indented by two spaces for each line
 * that opened brackets, words are spaced by one set of rules, the `=` of attributes on consecutive
 * lines stand below each other, and so do comments at the end of lines.
 *
 * M1: only spaces and tabs between words change; words, comments, newlines and texts stay.
 * M2: what is formatted stays as it is when it is formatted again.
 *
 * Source: what `nomad fmt` and `terraform fmt` make of a file.
 */
import { bracketChange, isSpaced, type Piece } from './format-spaces.ts';
import { tokenize } from './lexer.ts';
import { countCharacters, type Source } from './source.ts';

/** A line, cut where its parts line up with those of its neighbours; a cell may be empty. */
interface Line {
  readonly lead: readonly Piece[];
  /** From the `=` of an attribute on. */
  readonly assign: readonly Piece[];
  /** What ends the line, where there is something before it. */
  readonly comment: readonly Piece[];
}

type Cell = keyof Line;

/** The text of a source in its canonical form. The source is to be one that can be parsed. */
export function formatConfig(source: Source): string {
  const lines = linesOf(piecesOf(source));
  indent(lines);
  for (const { lead, assign } of lines) {
    space(lead);
    space(assign);
  }
  align(lines, 'assign', ['lead']);
  align(lines, 'comment', ['lead', 'assign']);
  return lines
    .flatMap(({ lead, assign, comment }) => [...lead, ...assign, ...comment])
    .map(({ spaces, text }) => ' '.repeat(spaces) + text)
    .join('');
}

const COMMENTS = /\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*/g;

/** The words with the comments between them: the lexer drops comments, their places remain. */
function piecesOf(source: Source): readonly Piece[] {
  const { text } = source;
  const pieces: Piece[] = [];
  let at = 0;
  for (const { kind, start, end } of tokenize(source)) {
    for (const [comment] of text.slice(at, start).matchAll(COMMENTS)) {
      pieces.push({ kind: 'comment', text: comment, spaces: 0 });
    }
    at = end;
    if (kind === 'end of file') continue;
    const word = text.slice(start, end);
    const isComment = kind === 'newline' && /^[#/]/.test(word);
    pieces.push({ kind: isComment ? 'comment' : kind, text: word, spaces: 0 });
  }
  return pieces;
}

function linesOf(pieces: readonly Piece[]): readonly Line[] {
  const lines: Line[] = [];
  let line: Piece[] = [];
  for (const piece of pieces) {
    line.push(piece);
    if (!endsLine(piece)) continue;
    lines.push(cut(line));
    line = [];
  }
  return [...lines, cut(line)];
}

/** A text over several lines (a heredoc) is one line here. */
function endsLine({ kind, text }: Piece): boolean {
  return kind === 'newline' || (kind === 'comment' && text.endsWith('\n'));
}

function cut(pieces: readonly Piece[]): Line {
  const isCommented = pieces.length > 1 && pieces.at(-1)?.kind === 'comment';
  const code = isCommented ? pieces.slice(0, -1) : pieces;
  const comment = isCommented ? pieces.slice(-1) : [];
  const equals = code.findIndex(({ kind }, i) => i > 0 && kind === '=');
  // Where a value goes on in the next lines nothing lines up.
  if (equals === -1 || netBrackets(code.slice(equals)) !== 0) {
    return { lead: code, assign: [], comment };
  }
  return { lead: code.slice(0, equals), assign: code.slice(equals), comment };
}

function netBrackets(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + bracketChange(piece), 0);
}

/**
 * One level deeper after each line that opens more than it closes, however many it opens; back by
 * as many levels as were closed whole.
 */
function indent(lines: readonly Line[]): void {
  const levels: number[] = [];
  for (const { lead, assign } of lines) {
    const [first] = lead;
    if (first === undefined || first.kind === 'newline') continue;
    const net = netBrackets(lead) + netBrackets(assign);
    if (net < 0) closeLevels(levels, -net);
    first.spaces = 2 * levels.length;
    if (net > 0) levels.push(net);
  }
}

function closeLevels(levels: number[], closed: number): void {
  let left = closed;
  while (left > 0) {
    const innermost = levels.pop();
    if (innermost === undefined) return;
    if (innermost > left) levels.push(innermost - left);
    left -= innermost;
  }
}

function space(cell: readonly Piece[]): void {
  cell.forEach((one, i) => {
    const next = cell[i + 1];
    if (next !== undefined) next.spaces = isSpaced(one, next, cell[i - 1]) ? 1 : 0;
  });
}

/** Moves a cell of consecutive lines that have it to the right of the longest of what is before. */
function align(lines: readonly Line[], cell: Cell, before: readonly Cell[]): void {
  let chain: { readonly first: Piece; readonly columns: number }[] = [];
  const close = (): void => {
    const widest = chain.reduce((most, { columns }) => Math.max(most, columns), 0);
    for (const { first, columns } of chain) first.spaces = widest - columns + 1;
    chain = [];
  };
  for (const line of lines) {
    const [first] = line[cell];
    if (first === undefined) close();
    else chain.push({ first, columns: columnsOf(before.flatMap((name) => line[name])) });
  }
  close();
}

function columnsOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { spaces, text }) => sum + spaces + countCharacters(text), 0);
}
