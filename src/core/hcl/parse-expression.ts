/**
 * Parses expressions: operators by precedence, then terms with the steps after them.
 *
 * E1: a mistake gives an expression all the same (an unknown literal) and a complaint.
 * E2: left-leaning chains (`a + b + c`, `a[x][y]`) are as long as `HCL_DEPTH_MAX` squared at most:
 * the tree they make is as deep as they are long, and evaluation recurses over it.
 *
 * Source: the HCL native syntax specification.
 */
import type { BinaryOperator, Expression, ObjectItem, Step } from './ast.ts';
import { parseNumber } from './number.ts';
import { parseFor } from './parse-for.ts';
import { parseTemplate } from './parse-template.ts';
import type { Span } from './source.ts';
import { between } from './source.ts';
import type { Token, TokenKind } from './token.ts';
import type { TokenReader } from './token-reader.ts';
import { FALSE, NULL, TRUE, UNKNOWN, number, string } from './value.ts';

/** Operands of one chain of operators or steps (E2). */
const CHAIN_MAX = 500;

const PRECEDENCE: Partial<Record<TokenKind, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

/** Parses one expression. */
export function parseExpression(reader: TokenReader): Expression {
  return reader.nested(
    () => parseConditional(reader),
    () => nothing(reader.span(reader.peek())),
  );
}

function nothing(span: Span): Expression {
  return { kind: 'literal', value: UNKNOWN, span };
}

function parseConditional(reader: TokenReader): Expression {
  const test = parseBinary(reader, 1);
  if (reader.take('?') === undefined) return test;
  const yes = parseExpression(reader);
  const colon = reader.peek();
  if (colon.kind === ':') reader.read();
  else {
    reader.complainOnce(
      reader.span(colon),
      'Missing false expression in conditional',
      'The conditional operator (...?...:...) requires a false expression, delimited by a colon.',
      reader.source.span(test.span.start, colon.end),
    );
    return nothing(test.span);
  }
  const no = parseExpression(reader);
  return { kind: 'conditional', test, yes, no, span: between(test.span, no.span) };
}

/** Operators of at least this precedence; all of them group to the left. */
function parseBinary(reader: TokenReader, least: number): Expression {
  let left = parseUnary(reader);
  for (let links = 0; ; links++) {
    const operator = reader.peek();
    const precedence = PRECEDENCE[operator.kind] ?? 0;
    if (precedence < least) return left;
    if (links >= CHAIN_MAX) {
      reader.tooDeep(operator);
      return left;
    }
    reader.read();
    const right = parseBinary(reader, precedence + 1);
    const span = between(left.span, right.span);
    left = { kind: 'binary', operator: operator.kind as BinaryOperator, left, right, span };
  }
}

function parseUnary(reader: TokenReader): Expression {
  const token = reader.peek();
  if (token.kind !== '-' && token.kind !== '!') return parseSteps(reader, parseTerm(reader));
  const operator = token.kind;
  reader.read();
  const operand = reader.nested(
    () => parseUnary(reader),
    () => nothing(reader.span(token)),
  );
  return { kind: 'unary', operator, operand, span: between(reader.span(token), operand.span) };
}

/** What each kind of token begins; each is handed that token, already taken. */
const TERMS: Partial<Record<TokenKind, (reader: TokenReader, token: Token) => Expression>> = {
  ident: parseName,
  number: parseNumberLiteral,
  'open quote': (reader, token) => parseTemplate(reader, token, 'close quote', parseExpression),
  'open heredoc': (reader, token) => parseTemplate(reader, token, 'close heredoc', parseExpression),
  '(': parseParentheses,
  '[': parseTuple,
  '{': parseObject,
};

function parseTerm(reader: TokenReader): Expression {
  const token = reader.peek();
  const parse = TERMS[token.kind];
  return parse === undefined ? missingTerm(reader, token) : parse(reader, reader.read());
}

function missingTerm(reader: TokenReader, token: Token): Expression {
  const found: Partial<Record<TokenKind, string>> = {
    'end of file': 'the end of the file',
    'sequence end': 'the end of the sequence',
    newline: 'the end of the line',
  };
  const what = found[token.kind];
  reader.complainOnce(
    reader.span(token),
    what === undefined ? 'Invalid expression' : 'Missing expression',
    `Expected the start of an expression, but found ${what ?? 'an invalid expression token'}.`,
  );
  return nothing(reader.span(token));
}

const KEYWORDS = new Map([
  ['true', TRUE],
  ['false', FALSE],
  ['null', NULL],
]);

function parseName(reader: TokenReader, token: Token): Expression {
  const span = reader.span(token);
  const name = reader.text(token).normalize('NFC');
  const next = reader.peek().kind;
  if (next === '(' || next === '::') return parseCall(reader, token);
  const keyword = KEYWORDS.get(name);
  if (keyword !== undefined) return { kind: 'literal', value: keyword, span };
  return { kind: 'variable', name, nameSpan: span, steps: [], span };
}

function parseNumberLiteral(reader: TokenReader, token: Token): Expression {
  const span = reader.span(token);
  const parsed = parseNumber(reader.text(token));
  if (parsed !== undefined) return { kind: 'literal', value: number(parsed), span };
  reader.complain(
    span,
    'Invalid number literal',
    'Failed to recognize the value of this number literal: it is malformed or too large.',
  );
  return nothing(span);
}

function parseParentheses(reader: TokenReader, open: Token): Expression {
  const inner = reader.withNewlines(false, () => {
    const expression = parseExpression(reader);
    closeWith(reader, open, ')', {
      summary: 'Unbalanced parentheses',
      detail: 'Expected a closing parenthesis to terminate the expression.',
    });
    return expression;
  });
  return { kind: 'parentheses', inner, span: reader.spanFrom(open) };
}

/** Takes the closing bracket, or complains and goes behind it. */
function closeWith(
  reader: TokenReader,
  open: Token,
  end: TokenKind,
  message: Readonly<{ summary: string; detail: string }>,
): void {
  const close = reader.peek();
  if (close.kind === end) {
    reader.read();
    return;
  }
  const context = reader.source.span(open.start, close.end);
  reader.complainOnce(reader.span(close), message.summary, message.detail, context);
  reader.recover(end);
}

function parseCall(reader: TokenReader, first: Token): Expression {
  while (reader.take('::') !== undefined) {
    if (reader.take('ident') === undefined) break;
  }
  const nameSpan = reader.spanFrom(first);
  const name = reader.source.text.slice(nameSpan.start, nameSpan.end);
  const open = reader.peek();
  if (open.kind !== '(') {
    reader.complainOnce(
      reader.span(open),
      'Missing open parenthesis',
      'Function name must be followed by an open parenthesis, before its arguments.',
    );
    return nothing(nameSpan);
  }
  reader.read();
  const { args, expands } = reader.withNewlines(false, () => parseArguments(reader, name, open));
  return { kind: 'call', name, nameSpan, args, expands, span: reader.spanFrom(first) };
}

function parseArguments(
  reader: TokenReader,
  name: string,
  open: Token,
): Readonly<{ args: readonly Expression[]; expands: boolean }> {
  const args: Expression[] = [];
  for (;;) {
    if (reader.take(')') !== undefined) return { args, expands: false };
    args.push(parseExpression(reader));
    if (reader.isRecovering()) {
      reader.recover(')');
      return { args, expands: false };
    }
    if (reader.take('...') !== undefined) {
      closeWith(reader, open, ')', {
        summary: 'Missing closing parenthesis',
        detail:
          'An expanded function argument (with ...) must be immediately followed by a closing parenthesis.',
      });
      return { args, expands: true };
    }
    const next = reader.peek();
    if (next.kind === ',') reader.read();
    else if (next.kind !== ')') {
      const atEnd = next.kind === 'end of file';
      reader.complainOnce(
        atEnd ? reader.source.span(open.start, open.end) : reader.span(next),
        atEnd ? 'Unterminated function call' : 'Missing argument separator',
        atEnd
          ? 'There is no closing parenthesis for this function call before the end of the file. ' +
              'This may be caused by incorrect parenthesis nesting elsewhere in this file.'
          : `A comma is required to separate each argument of ${name} from the next.`,
      );
      reader.recover(')');
      return { args, expands: false };
    }
  }
}

function parseTuple(reader: TokenReader, open: Token): Expression {
  return reader.withNewlines(false, () => {
    if (reader.isWord('for')) return parseFor(reader, open, ']', parseExpression);
    const items: Expression[] = [];
    while (reader.take(']') === undefined) {
      items.push(parseExpression(reader));
      const next = reader.peek();
      if (next.kind === ',' && !reader.isRecovering()) reader.read();
      else if (next.kind !== ']' || reader.isRecovering()) {
        complainItem(reader, open, next, {
          what: 'tuple',
          summary: 'Missing item separator',
          detail: 'Expected a comma to mark the beginning of the next item.',
        });
        reader.recover(']');
        break;
      }
    }
    return { kind: 'tuple', items, span: reader.spanFrom(open), open: reader.span(open) };
  });
}

function complainItem(
  reader: TokenReader,
  open: Token,
  next: Token,
  message: Readonly<{ what: string; summary: string; detail: string }>,
): void {
  if (next.kind === 'end of file') {
    const bracket = message.what === 'tuple' ? 'bracket' : 'brace';
    reader.complainOnce(
      reader.span(open),
      `Unterminated ${message.what} constructor expression`,
      `There is no corresponding closing ${bracket} before the end of the file. This may be ` +
        `caused by incorrect ${bracket} nesting elsewhere in this file.`,
    );
    return;
  }
  const context = reader.source.span(open.start, next.end);
  reader.complainOnce(reader.span(next), message.summary, message.detail, context);
}

function parseObject(reader: TokenReader, open: Token): Expression {
  const isFor = reader.withNewlines(false, () => reader.isWord('for') && !forIsKey(reader));
  if (isFor) return reader.withNewlines(false, () => parseFor(reader, open, '}', parseExpression));
  return reader.withNewlines(true, () => {
    const items: ObjectItem[] = [];
    for (;;) {
      while (reader.take('newline') !== undefined);
      if (reader.take('}') !== undefined) break;
      const item = parseObjectItem(reader, open);
      if (item === undefined) {
        reader.recover('}');
        break;
      }
      items.push(item);
    }
    return { kind: 'object', items, span: reader.spanFrom(open), open: reader.span(open) };
  });
}

/** `{ for = 1 }` has a key of that name. */
function forIsKey(reader: TokenReader): boolean {
  const rest = reader.source.text.slice(reader.peek().end, reader.peek().end + 200).trimStart();
  return /^(?:=(?!>)|:)/.test(rest);
}

/** One item and the separator after it, or undefined where it is not whole. */
function parseObjectItem(reader: TokenReader, open: Token): ObjectItem | undefined {
  const parsed = parseExpression(reader);
  if (reader.isRecovering()) {
    complainItem(reader, open, reader.peek(), { what: 'object', summary: '', detail: '' });
    return undefined;
  }
  const sign = reader.peek();
  if (sign.kind !== '=' && sign.kind !== ':') {
    const valueMissing = sign.kind === 'newline' || sign.kind === ',' || sign.kind === '}';
    complainItem(reader, open, sign, {
      what: 'object',
      summary: valueMissing ? 'Missing attribute value' : 'Missing key/value separator',
      detail: valueMissing
        ? 'Expected an attribute value, introduced by an equals sign ("=").'
        : 'Expected an equals sign ("=") to mark the beginning of the attribute value.',
    });
    return undefined;
  }
  reader.read();
  const item = { key: asKey(parsed), value: parseExpression(reader) };
  const next = reader.peek();
  if (reader.isRecovering()) return undefined;
  if (next.kind === ',' || next.kind === 'newline') reader.read();
  else if (next.kind !== '}') {
    complainItem(reader, open, next, {
      what: 'object',
      summary: 'Missing attribute separator',
      detail: 'Expected a newline or comma to mark the beginning of the next attribute.',
    });
    return undefined;
  }
  return item;
}

/** A bare word is the key itself; other expressions (or a word in parentheses) are evaluated. */
function asKey(key: Expression): Expression {
  if (key.kind === 'variable' && key.steps.length === 0) {
    return { kind: 'literal', value: string(key.name), span: key.span };
  }
  if (key.kind === 'literal' && key.value.kind !== 'string' && key.value.kind !== 'unknown') {
    const { start, end, source } = key.span;
    return { kind: 'literal', value: string(source.text.slice(start, end)), span: key.span };
  }
  return key;
}

function parseSteps(reader: TokenReader, term: Expression): Expression {
  let result = term;
  for (let links = 0; ; links++) {
    const token = reader.peek();
    if (token.kind !== '.' && token.kind !== '[') return result;
    if (links >= CHAIN_MAX) {
      reader.tooDeep(token);
      return result;
    }
    reader.read();
    const stepped =
      token.kind === '.' ? afterDot(reader, result, token) : afterOpen(reader, result, token);
    if (stepped === undefined) return result;
    result = stepped;
  }
}

function withStep(of: Expression, steps: readonly Step[]): Expression {
  const last = steps[steps.length - 1];
  const span = last === undefined ? of.span : between(of.span, last.span);
  if (of.kind === 'variable' || of.kind === 'path') {
    return { ...of, steps: [...of.steps, ...steps], span };
  }
  return { kind: 'path', of, steps, span };
}

function afterDot(reader: TokenReader, of: Expression, dot: Token): Expression | undefined {
  if (reader.peek().kind === '*') return dottedSplat(reader, of, dot);
  const steps = readDottedStep(reader, dot);
  return steps === undefined ? undefined : withStep(of, steps);
}

/** `.name`, or the older `.0` for an index (where `.0.1` looks like a fraction). */
function readDottedStep(reader: TokenReader, dot: Token): readonly Step[] | undefined {
  const next = reader.peek();
  if (next.kind === 'ident') {
    reader.read();
    return [{ key: reader.text(next).normalize('NFC'), dotted: true, span: reader.spanFrom(dot) }];
  }
  if (next.kind === 'number' && /^[0-9]+(?:\.[0-9]+)?$/.test(reader.text(next))) {
    reader.read();
    const span = reader.spanFrom(dot);
    const keys = reader.text(next).split('.');
    return keys.map((key) => ({ key: Number(key), dotted: false, span }));
  }
  reader.complainOnce(
    reader.span(dot),
    'Invalid attribute name',
    'An attribute name is required after a dot.',
  );
  return undefined;
}

function dottedSplat(reader: TokenReader, of: Expression, dot: Token): Expression {
  const star = reader.read();
  const marker = reader.source.span(dot.start, star.end);
  let each: Expression = { kind: 'splat item', span: marker };
  // Only names belong to the elements here: `a.*.b[0]` takes the first of all the b.
  for (let next = reader.take('.'); next !== undefined; next = reader.take('.')) {
    const steps = readDottedStep(reader, next);
    if (steps === undefined) break;
    each = withStep(each, steps);
  }
  return { kind: 'splat', of, each, span: between(of.span, each.span), marker };
}

function afterOpen(reader: TokenReader, of: Expression, open: Token): Expression | undefined {
  if (reader.withNewlines(false, () => reader.peek()).kind === '*') {
    return fullSplat(reader, of, open);
  }
  return reader.withNewlines(false, () => {
    const key = parseExpression(reader);
    closeWith(reader, open, ']', {
      summary: 'Missing close bracket on index',
      detail: 'The index operator must end with a closing bracket ("]").',
    });
    const span = reader.spanFrom(open);
    const constant = constantKey(key);
    if (constant !== undefined) return withStep(of, [{ key: constant, dotted: false, span }]);
    return { kind: 'index', of, key, span: between(of.span, span) };
  });
}

function constantKey(key: Expression): string | number | undefined {
  if (key.kind === 'literal' && key.value.kind === 'number') {
    return typeof key.value.value === 'number' ? key.value.value : undefined;
  }
  const part = key.kind === 'template' && key.parts.length === 1 ? key.parts[0] : undefined;
  if (part?.kind !== 'literal' || part.value.kind !== 'string') return undefined;
  return part.value.value;
}

function fullSplat(reader: TokenReader, of: Expression, open: Token): Expression {
  const marker = reader.withNewlines(false, () => {
    reader.read();
    closeWith(reader, open, ']', {
      summary: 'Missing close bracket on splat index',
      detail:
        'The star for a full splat operator must be immediately followed by a closing bracket ("]").',
    });
    return reader.spanFrom(open);
  });
  const each = reader.nested(
    () => parseSteps(reader, { kind: 'splat item', span: marker }),
    () => nothing(marker),
  );
  return { kind: 'splat', of, each, span: between(of.span, each.span), marker };
}
