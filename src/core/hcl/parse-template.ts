/**
 * Templates: text with `${...}` and `%{...}` in it, between quotes, in heredocs or standing alone.
 *
 * T1: in a heredoc opened with `<<-`, the indentation that all lines share is taken away.
 * T2: `~` inside a sequence's brace takes away the space of the text beside it.
 * T3: a template of one `${...}` and nothing else has the type of what is inside.
 */
import { HCL_DEPTH_MAX } from '../limits.ts';
import type { Expression, ForExpression } from './ast.ts';
import type { Span } from './source.ts';
import { formatRange } from './diagnostic.ts';
import { countCharacters, toRange } from './source.ts';
import type { Token, TokenKind } from './token.ts';
import type { TokenReader } from './token-reader.ts';
import { string } from './value.ts';

/** How expressions inside sequences are parsed: given, so that the two parsers need no cycle. */
export type ParseExpression = (reader: TokenReader) => Expression;

type Part =
  | { kind: 'text'; text: string; line: boolean; span: Span }
  | { kind: 'value'; value: Expression; span: Span }
  | { kind: 'if'; test: Expression; span: Span }
  | { kind: 'else' | 'endif' | 'endfor'; span: Span }
  | {
      kind: 'for';
      keyName: string | undefined;
      valueName: string;
      collection: Expression;
      span: Span;
    };

/**
 * Parses what follows the opening token up to `end`, and takes that.
 *
 * @param open the opening quote or heredoc, or undefined for a template that stands alone
 */
export function parseTemplate(
  reader: TokenReader,
  open: Token | undefined,
  end: TokenKind,
  parseExpression: ParseExpression,
): Expression {
  const first = open ?? reader.peek();
  const parts = readParts(reader, first, end, parseExpression);
  const span = reader.spanFrom(first);
  if (open !== undefined && reader.text(open).startsWith('<<-')) stripIndent(parts);
  const cursor: Cursor = { reader, parts, at: 0, depth: 0 };
  const expressions = build(cursor, []);
  const only = expressions[0];
  if (only !== undefined && expressions.length === 1 && parts.length === 1) {
    if (parts[0]?.kind === 'value') return { kind: 'wrap', inner: only, span };
  }
  return { kind: 'template', parts: expressions, span };
}

function readParts(
  reader: TokenReader,
  first: Token,
  end: TokenKind,
  parseExpression: ParseExpression,
): Part[] {
  const parts: Part[] = [];
  const quoted = end === 'close quote';
  let trimNext = false;
  for (;;) {
    const token = reader.read();
    if (token.kind === end) return parts;
    const span = reader.span(token);
    if (token.kind === 'quoted text' || token.kind === 'template text') {
      let text = quoted ? unescapeQuoted(reader, token) : unescapeTemplate(reader.text(token));
      if (trimNext) text = text.trimStart();
      trimNext = false;
      parts.push({ kind: 'text', text, line: text.endsWith('\n'), span });
      continue;
    }
    if (token.kind !== 'interpolation' && token.kind !== 'directive') {
      unterminated(reader, first, token, end);
      return parts;
    }
    if (token.end - token.start === 3) trimLast(parts);
    parts.push(readSequence(reader, token, parseExpression));
    trimNext = reader.text(reader.last()).startsWith('~');
  }
}

function trimLast(parts: readonly Part[]): void {
  const last = parts[parts.length - 1];
  if (last?.kind !== 'text') return;
  last.text = last.text.trimEnd();
  last.line = false;
}

function unterminated(reader: TokenReader, first: Token, token: Token, end: TokenKind): void {
  // A newline inside quotes has been told already, with the better advice.
  if (token.kind === 'quoted newline' || token.kind === 'invalid') reader.stumble();
  reader.complainOnce(
    reader.span(token),
    'Unterminated template string',
    'No closing marker was found for the string.',
    reader.source.span(first.start, token.end),
  );
  if (token.kind !== 'end of file') reader.recover(end);
}

function readSequence(reader: TokenReader, open: Token, parse: ParseExpression): Part {
  return reader.withNewlines(false, () => {
    const isValue = open.kind === 'interpolation';
    const part: Part = isValue
      ? { kind: 'value', value: parse(reader), span: reader.span(open) }
      : readDirective(reader, open, parse);
    const close = reader.peek();
    if (close.kind === 'sequence end') reader.read();
    else {
      complainUnclosed(reader, open, close, isValue);
      if (close.kind !== 'end of file') reader.recover('sequence end');
    }
    return { ...part, span: reader.spanFrom(open) };
  });
}

function complainUnclosed(reader: TokenReader, open: Token, close: Token, isValue: boolean): void {
  if (close.kind === 'end of file' || close.kind === 'open quote') {
    reader.complainOnce(
      reader.span(open),
      isValue ? 'Unclosed template interpolation sequence' : 'Unclosed template control sequence',
      'There is no closing brace for this sequence before the end of its template. This might be ' +
        'caused by incorrect nesting inside the given expression.',
    );
    return;
  }
  const marker = reader.text(open).slice(0, 2);
  reader.complainOnce(
    reader.span(close),
    isValue
      ? 'Extra characters after interpolation expression'
      : 'Extra characters in template directive',
    'Expected a closing brace to end the sequence, but found extra characters. If this is meant ' +
      `for another language, such as shell, escape it by starting with "${marker[0] ?? ''}${marker}" ` +
      `instead of just "${marker}".`,
    reader.source.span(open.start, close.end),
  );
}

function readDirective(reader: TokenReader, open: Token, parse: ParseExpression): Part {
  const span = reader.span(open);
  const keyword = reader.peek();
  const word = reader.text(keyword);
  if (keyword.kind === 'ident') reader.read();
  switch (keyword.kind === 'ident' ? word : '') {
    case 'if':
      return { kind: 'if', test: parse(reader), span };
    case 'else':
    case 'endif':
    case 'endfor':
      return { kind: word as 'else' | 'endif' | 'endfor', span };
    case 'for':
      return readFor(reader, span, parse);
    default:
      reader.complainOnce(
        reader.span(keyword),
        'Invalid template directive',
        keyword.kind === 'ident'
          ? `"${word}" is not a valid template control keyword.`
          : 'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
        reader.source.span(open.start, keyword.end),
      );
      return { kind: 'text', text: '', line: false, span };
  }
}

function readFor(reader: TokenReader, span: Span, parse: ParseExpression): Part {
  const invalid = (detail: string) =>
    reader.complainOnce(reader.span(reader.peek()), 'Invalid "for" directive', detail);
  const names: string[] = [];
  do {
    const name = reader.take('ident');
    if (name === undefined) invalid('For directive requires variable name after "for".');
    names.push(name === undefined ? '' : reader.text(name));
  } while (names.length < 2 && reader.take(',') !== undefined);
  if (reader.isWord('in')) reader.read();
  else invalid('For directive requires "in" keyword after names.');
  const [keyName, valueName] = names.length === 2 ? names : [undefined, names[0]];
  return { kind: 'for', keyName, valueName: valueName ?? '', collection: parse(reader), span };
}

type Cursor = { reader: TokenReader; parts: readonly Part[]; at: number; depth: number };

/** Nests the flat parts by their directives, up to one of `ends` (which is left in place). */
function build(cursor: Cursor, ends: readonly Part['kind'][]): Expression[] {
  const built: Expression[] = [];
  for (;;) {
    const part = cursor.parts[cursor.at];
    if (part === undefined || ends.includes(part.kind)) return built;
    cursor.at++;
    switch (part.kind) {
      case 'text':
        built.push({ kind: 'literal', value: string(part.text), span: part.span });
        break;
      case 'value':
        built.push(part.value);
        break;
      case 'if':
      case 'for':
        built.push(buildBlock(cursor, part));
        break;
      case 'else':
      case 'endif':
      case 'endfor':
        cursor.reader.complainOnce(
          part.span,
          `Unexpected ${part.kind} directive`,
          'This directive has no corresponding beginning.',
        );
    }
  }
}

function buildBlock(cursor: Cursor, part: Extract<Part, { kind: 'if' | 'for' }>): Expression {
  const empty: Expression = { kind: 'template', parts: [], span: part.span };
  if (cursor.depth >= HCL_DEPTH_MAX) {
    cursor.reader.tooDeep({ kind: 'directive', start: part.span.start, end: part.span.end });
    cursor.at = cursor.parts.length;
    return empty;
  }
  cursor.depth++;
  const built = part.kind === 'if' ? buildIf(cursor, part) : buildFor(cursor, part);
  cursor.depth--;
  return built;
}

function buildIf(cursor: Cursor, part: Extract<Part, { kind: 'if' }>): Expression {
  const yes = template(part.span, build(cursor, ['else', 'endif', 'endfor']));
  let no = template(part.span, []);
  if (cursor.parts[cursor.at]?.kind === 'else') {
    cursor.at++;
    no = template(part.span, build(cursor, ['endif', 'else', 'endfor']));
  }
  close(cursor, part.span, 'endif');
  return { kind: 'conditional', test: part.test, yes, no, span: part.span };
}

function buildFor(cursor: Cursor, part: Extract<Part, { kind: 'for' }>): Expression {
  const value = template(part.span, build(cursor, ['endfor', 'endif', 'else']));
  close(cursor, part.span, 'endfor');
  const { keyName, valueName, collection, span } = part;
  const none = { key: undefined, condition: undefined, groups: false };
  const tuple: ForExpression = {
    ...none,
    kind: 'for',
    keyName,
    valueName,
    collection,
    value,
    span,
    open: span,
  };
  return { kind: 'join', tuple, span };
}

function template(span: Span, parts: readonly Expression[]): Expression {
  return { kind: 'template', parts, span };
}

function close(cursor: Cursor, opened: Span, kind: 'endif' | 'endfor'): void {
  const part = cursor.parts[cursor.at];
  if (part?.kind === kind) {
    cursor.at++;
    return;
  }
  const name = kind === 'endif' ? 'if' : 'for';
  cursor.reader.complainOnce(
    part?.span ?? cursor.reader.span(cursor.reader.last()),
    part === undefined ? 'Unexpected end of template' : `Unexpected ${part.kind} directive`,
    part === undefined
      ? `The ${name} directive at ${formatRange(toRange(opened))} is missing its corresponding ${kind} directive.`
      : `Expecting an ${kind} directive for the ${name} started before.`,
  );
}

/** T1. A line that begins with a sequence has no indentation; a blank one does not count. */
function stripIndent(parts: readonly Part[]): void {
  const lines: Extract<Part, { kind: 'text' }>[] = [];
  let indent = Infinity;
  let atLineStart = true;
  for (const part of parts) {
    if (atLineStart && part.kind !== 'text') indent = 0;
    if (atLineStart && part.kind === 'text') {
      const spaces = part.text.length - part.text.trimStart().length;
      const blank = spaces === part.text.length && part.line;
      if (!blank) {
        lines.push(part);
        indent = Math.min(indent, countCharacters(part.text.slice(0, spaces)));
      }
    }
    atLineStart = part.kind === 'text' && part.line;
  }
  for (const line of lines) line.text = Array.from(line.text).slice(indent).join('');
}

function unescapeTemplate(text: string): string {
  return text.replace(/\$\$\{/g, '${').replace(/%%\{/g, '%{');
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
};
const ESCAPE = /\$\$\{|%%\{|\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^])/gu;

function unescapeQuoted(reader: TokenReader, token: Token): string {
  const raw = reader.text(token);
  if (!/[\\$%]/.test(raw)) return raw;
  return raw.replace(ESCAPE, (sequence: string, at: number) => {
    const letter = sequence[1] ?? '';
    if (sequence.startsWith('$') || sequence.startsWith('%')) return sequence.slice(1);
    if (sequence.length > 3) return character(parseInt(sequence.slice(2), 16));
    const simple = SIMPLE_ESCAPES[letter];
    if (simple !== undefined) return simple;
    const start = token.start + at;
    reader.complain(
      reader.source.span(start, start + sequence.length),
      'Invalid escape sequence',
      letter === 'u' || letter === 'U'
        ? `The \\${letter} escape sequence must be followed by ${letter === 'u' ? 'four' : 'eight'} hexadecimal digits.`
        : `The symbol "${sequence.slice(1)}" is not a valid escape sequence selector.`,
    );
    return sequence;
  });
}

function character(code: number): string {
  const valid = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : '\uFFFD';
}
