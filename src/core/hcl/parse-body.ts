/**
 * Parses bodies: arguments and blocks, one per line, and goes on behind mistakes so that a file's
 * mistakes are told together.
 *
 * Source: the HCL native syntax specification, "Structural Elements".
 */
import type { Attribute, Block, Body, Expression } from './ast.ts';
import { parseExpression } from './parse-expression.ts';
import { parseTemplate } from './parse-template.ts';
import type { Span } from './source.ts';
import { toRange } from './source.ts';
import { formatRange } from './diagnostic.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

const NEEDS_ITEM = 'Argument or block definition required';

/**
 * Parses arguments and blocks up to `end`, and takes that.
 *
 * @param open the opening brace, or undefined for a whole file
 */
export function parseBody(reader: TokenReader, open: Token | undefined): Body {
  const end = open === undefined ? 'end of file' : '}';
  const first = open ?? { start: 0, end: 0 };
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (let next = reader.peek(); next.kind !== end; next = reader.peek()) {
    if (next.kind === 'newline') {
      reader.read();
    } else if (next.kind === 'ident') {
      parseItem(reader, attributes, blocks);
    } else {
      const isOver = misplaced(reader, reader.read(), open);
      if (isOver) break;
    }
  }
  if (reader.peek().kind === end) reader.read();
  const span =
    open === undefined ? reader.source.span(0, reader.source.text.length) : reader.spanFrom(first);
  return { attributes, blocks, span, json: false };
}

/** Complains about what can begin no item; true if the body ends with it. */
function misplaced(reader: TokenReader, token: Token, open: Token | undefined): boolean {
  if (token.kind === 'end of file' && open !== undefined) {
    complainUnclosed(reader, open);
    return true;
  }
  const quoted = token.kind === 'open quote';
  reader.complainOnce(
    reader.span(token),
    quoted ? 'Invalid argument name' : NEEDS_ITEM,
    quoted
      ? 'Argument names must not be quoted.'
      : 'An argument or block definition is required here.',
  );
  reader.recoverAfterItem();
  return reader.peek().kind === 'end of file';
}

function complainUnclosed(reader: TokenReader, open: Token): void {
  reader.complainOnce(
    reader.span(open),
    'Unclosed configuration block',
    'There is no closing brace for this block before the end of the file. This may be caused ' +
      'by incorrect brace nesting elsewhere in this file.',
  );
}

function parseItem(reader: TokenReader, attributes: Map<string, Attribute>, blocks: Block[]): void {
  const name = reader.read();
  const next = reader.peek();
  reader.startAfresh();
  if (next.kind === '=') {
    addAttribute(reader, attributes, parseAttribute(reader, name, false));
  } else if (next.kind === 'open quote' || next.kind === '{' || next.kind === 'ident') {
    addBlock(reader, blocks, name);
  } else {
    reader.complainOnce(
      reader.span(name),
      NEEDS_ITEM,
      'An argument or block definition is required here. To set an argument, use the equals ' +
        'sign "=" to introduce the argument value.',
    );
    reader.recoverAfterItem();
  }
}

function addAttribute(
  reader: TokenReader,
  attributes: Map<string, Attribute>,
  attribute: Attribute,
): void {
  const before = attributes.get(attribute.name);
  if (before === undefined) {
    attributes.set(attribute.name, attribute);
    return;
  }
  reader.complain(
    attribute.nameSpan,
    'Attribute redefined',
    `The argument "${attribute.name}" was already set at ${formatRange(toRange(before.nameSpan))}. ` +
      'Each argument may be set only once.',
  );
}

function addBlock(reader: TokenReader, blocks: Block[], name: Token): void {
  const block = reader.nested(
    () => parseBlock(reader, name),
    () => undefined,
  );
  if (block !== undefined) blocks.push(block);
}

function parseAttribute(reader: TokenReader, name: Token, singleLine: boolean): Attribute {
  reader.read();
  const value = parseExpression(reader);
  const nameSpan = reader.span(name);
  const attribute = {
    name: reader.text(name).normalize('NFC'),
    nameSpan,
    value,
    span: reader.spanFrom(name),
  };
  if (singleLine) return attribute;
  if (reader.isRecovering()) reader.recoverAfterItem();
  else endItem(reader, name, 'argument');
  return attribute;
}

/** Takes the newline after an item; the end of the file does as well. */
function endItem(reader: TokenReader, name: Token, what: 'argument' | 'block'): void {
  const end = reader.peek();
  if (end.kind === 'end of file') return;
  if (end.kind === 'newline') {
    reader.read();
    return;
  }
  const comma = end.kind === ',' && what === 'argument';
  const must = `${what === 'argument' ? 'An argument' : 'A block'} definition must end with a newline.`;
  reader.complainOnce(
    reader.span(end),
    comma
      ? 'Unexpected comma after argument'
      : `Missing newline after ${what}${what === 'block' ? ' definition' : ''}`,
    comma ? `Argument definitions must be separated by newlines, not commas. ${must}` : must,
    reader.source.span(name.start, end.end),
  );
  reader.recoverAfterItem();
}

type Label = Readonly<{ text: string; span: Span }>;

function parseBlock(reader: TokenReader, name: Token): Block | undefined {
  const labels: Label[] = [];
  for (let next = reader.peek(); next.kind !== '{'; next = reader.peek()) {
    const label = parseLabel(reader, next);
    if (label === undefined) {
      complainHeader(reader, name, next);
      reader.recoverAfterItem();
      return undefined;
    }
    labels.push(label);
  }
  const open = reader.read();
  const body = reader.withNewlines(true, () => parseBlockBody(reader, open));
  if (!(reader.isRecovering() && reader.peek().kind === 'end of file')) endBlock(reader, name);
  return {
    type: reader.text(name).normalize('NFC'),
    typeSpan: reader.span(name),
    labels: labels.map((label) => label.text),
    labelSpans: labels.map((label) => label.span),
    openSpan: reader.span(open),
    body,
  };
}

function endBlock(reader: TokenReader, name: Token): void {
  // The mistakes inside the block are told; what follows its brace is a new matter.
  reader.startAfresh();
  endItem(reader, name, 'block');
}

function complainHeader(reader: TokenReader, name: Token, next: Token): void {
  const details: Partial<Record<Token['kind'], string>> = {
    '=':
      'The equals sign "=" indicates an argument definition, and must not be used when defining ' +
      'a block.',
    newline:
      'A block definition must have block content delimited by "{" and "}", starting on the same ' +
      'line as the block header.',
  };
  reader.complainOnce(
    reader.span(next),
    'Invalid block definition',
    details[next.kind] ??
      'Either a quoted string block label or an opening brace ("{") is expected here.',
    reader.source.span(name.start, next.end),
  );
}

function parseLabel(reader: TokenReader, token: Token): Label | undefined {
  if (token.kind === 'ident') {
    reader.read();
    return { text: reader.text(token).normalize('NFC'), span: reader.span(token) };
  }
  if (token.kind !== 'open quote') return undefined;
  const label = parseTemplate(reader, reader.read(), 'close quote', parseExpression);
  const text = label.kind === 'template' ? constantText(label.parts) : undefined;
  if (text === undefined) {
    reader.complain(
      label.span,
      'Invalid string literal',
      'Template sequences are not allowed in this string. To include a literal "$", double it ' +
        '(as "$$") to escape it.',
    );
  }
  return { text: text ?? '', span: label.span };
}

function constantText(parts: readonly Expression[]): string | undefined {
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'literal' || part.value.kind !== 'string') return undefined;
    text += part.value.value;
  }
  return text;
}

function parseBlockBody(reader: TokenReader, open: Token): Body {
  if (reader.peek().kind !== 'ident') return parseBody(reader, open);
  const attributes = new Map<string, Attribute>();
  const attribute = parseOnlyAttribute(reader);
  if (attribute !== undefined) attributes.set(attribute.name, attribute);
  const next = reader.peek();
  if (next.kind === '}') reader.read();
  else {
    complainSingleLine(reader, open, next);
    reader.recover('}');
  }
  return { attributes, blocks: [], span: reader.spanFrom(open), json: false };
}

function complainSingleLine(reader: TokenReader, open: Token, next: Token): void {
  if (next.kind === 'end of file') {
    complainUnclosed(reader, open);
    return;
  }
  const details: Partial<Record<Token['kind'], string>> = {
    ',':
      'Single-line block syntax can include only one argument definition. To define multiple ' +
      'arguments, use the multi-line block syntax with one argument definition per line.',
    newline:
      'An argument definition on the same line as its containing block creates a single-line ' +
      "block definition, which must also be closed on the same line. Place the block's closing " +
      'brace immediately after the argument definition.',
  };
  const detail =
    details[next.kind] ??
    'A single-line block definition must end with a closing brace immediately after its single ' +
      'argument definition.';
  const summary = 'Invalid single-line block definition';
  reader.complainOnce(reader.span(next), summary, detail, reader.source.span(open.start, next.end));
}

/** The one argument that fits on the line of its block's braces. */
function parseOnlyAttribute(reader: TokenReader): Attribute | undefined {
  const name = reader.read();
  const next = reader.peek();
  reader.startAfresh();
  if (next.kind === '=') return parseAttribute(reader, name, true);
  const word = reader.text(name);
  reader.complainOnce(
    reader.source.span(name.start, next.end),
    'Argument definition required',
    `A single-line block definition can contain only a single argument. If you meant to define ` +
      `argument "${word}", use an equals sign to assign it a value. To define a nested block, ` +
      'place it on a line of its own within its parent block.',
  );
  return undefined;
}
