/**
 * The doors of the language: text in, tree and complaints out.
 *
 * D1: whatever the text, the answer comes in time linear in its length, and never as a throw.
 */
import { HCL_SOURCE_MAX } from '../limits.ts';
import type { Body, Expression } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import { errorAt } from './diagnostic.ts';
import { tokenize } from './lexer.ts';
import { parseBody } from './parse-body.ts';
import { parseExpression as parseExpressionFrom } from './parse-expression.ts';
import { parseTemplate as parseTemplateFrom } from './parse-template.ts';
import type { Source } from './source.ts';
import type { Token } from './token.ts';
import { TokenReader } from './token-reader.ts';
import { UNKNOWN } from './value.ts';

/** A tree, and what is wrong with its text. With errors the tree has what could be understood. */
export type Parsed<T> = Readonly<{ tree: T; diagnostics: readonly Diagnostic[] }>;

/** Parses a configuration file. */
export function parseConfig(source: Source): Parsed<Body> {
  const nothing: Body = {
    attributes: new Map(),
    blocks: [],
    span: source.span(0, 0),
    json: false,
  };
  return parseWith(source, 'config', nothing, (reader) => parseBody(reader, undefined));
}

/** Parses one expression; newlines in it do not count. */
export function parseExpression(source: Source): Parsed<Expression> {
  return parseWith(source, 'config', empty(source), (reader) =>
    reader.withNewlines(false, () => {
      const expression = parseExpressionFrom(reader);
      const rest = reader.peek();
      if (rest.kind !== 'end of file') {
        reader.complainOnce(
          reader.span(rest),
          'Extra characters after expression',
          'An expression was successfully parsed, but extra characters were found after it.',
        );
      }
      return expression;
    }),
  );
}

/** Parses a template that has no quotes around it. */
export function parseTemplate(source: Source): Parsed<Expression> {
  return parseWith(source, 'template', empty(source), (reader) =>
    parseTemplateFrom(reader, undefined, 'end of file', parseExpressionFrom),
  );
}

function empty(source: Source): Expression {
  return { kind: 'literal', value: UNKNOWN, span: source.span(0, 0) };
}

function parseWith<T>(
  source: Source,
  mode: 'config' | 'template',
  nothing: T,
  parse: (reader: TokenReader) => T,
): Parsed<T> {
  const refusal = refuse(source);
  if (refusal !== undefined) return { tree: nothing, diagnostics: [refusal] };
  const tokens = tokenize(source, mode);
  const reader = new TokenReader(source, tokens);
  complainOfTokens(reader, tokens);
  const tree = parse(reader);
  return { tree, diagnostics: reader.diagnostics };
}

/** What is not even looked into. */
function refuse(source: Source): Diagnostic | undefined {
  if (source.text.length > HCL_SOURCE_MAX) {
    return errorAt(
      source.span(0, 0),
      'Configuration too large',
      `A configuration file can have ${HCL_SOURCE_MAX} characters at most, this one has ${source.text.length}.`,
    );
  }
  const nul = source.text.indexOf('\0');
  if (nul === -1) return undefined;
  return errorAt(
    source.span(nul, nul + 1),
    'Invalid character',
    'Configuration files are text: the NUL character cannot be in them.',
  );
}

type Remark = Readonly<{ summary: string; detail: string; once: boolean }>;

function bitwise(advice: string): Remark {
  return {
    summary: 'Unsupported operator',
    detail: `Bitwise operators are not supported.${advice}`,
    once: true,
  };
}

const REMARKS: Partial<Record<Token['kind'], Remark>> = {
  '&': bitwise(' Did you mean boolean AND ("&&")?'),
  '|': bitwise(' Did you mean boolean OR ("||")?'),
  '~': bitwise(' Did you mean boolean NOT ("!")?'),
  '^': bitwise(''),
  '**': {
    summary: 'Unsupported operator',
    detail: '"**" is not a supported operator. Exponentiation is not supported as an operator.',
    once: true,
  },
  '`': {
    summary: 'Invalid character',
    detail:
      'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax, ' +
      'like "<<EOT".',
    once: true,
  },
  "'": {
    summary: 'Invalid character',
    detail: 'Single quotes are not valid. Use double quotes (") to enclose strings.',
    once: true,
  },
  ';': {
    summary: 'Invalid character',
    detail:
      'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas ' +
      'to separate items in collection values.',
    once: true,
  },
  'quoted newline': {
    summary: 'Invalid multi-line string',
    detail:
      'Quoted strings may not be split over multiple lines. To produce a multi-line string, ' +
      'either use the \\n escape to represent a newline character or use the "heredoc" ' +
      'multi-line template syntax.',
    // The newlines after it are in what looks like strings because of it.
    once: true,
  },
  invalid: {
    summary: 'Invalid character',
    detail: 'This character is not used within the language.',
    once: false,
  },
};
const CURLY_QUOTES = '“”‘’';

/** Characters that no place allows are told first: what the parser finds is only their echo. */
function complainOfTokens(reader: TokenReader, tokens: readonly Token[]): void {
  const told = new Set<Token['kind']>();
  for (const token of tokens) {
    const remark = REMARKS[token.kind];
    if (remark === undefined || (remark.once && told.has(token.kind))) continue;
    told.add(token.kind);
    const curly = token.kind === 'invalid' && CURLY_QUOTES.includes(reader.text(token));
    const detail = curly
      ? '"Curly quotes" are not valid here. They come from documents or discussion forums; ' +
        'replace them with "straight quotes".'
      : remark.detail;
    reader.complain(reader.span(token), remark.summary, detail);
  }
}
