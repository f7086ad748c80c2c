/**
 * The JSON form of the language: the same tree from an object. JSON does not say which properties
 * are arguments and which are blocks; a schema does, when the body is read (see schema.ts).
 *
 * J1: texts are templates, as between quotes; property names are not.
 *
 * Source: the HCL JSON syntax specification.
 */
import { HCL_DEPTH_MAX, HCL_SOURCE_MAX } from '../limits.ts';
import type { Attribute, Block, Body, Expression, ObjectItem } from './ast.ts';
import type { Run } from './evaluation.ts';
import { errorAt } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseNumber } from './number.ts';
import { parseTemplate } from './parse.ts';
import type { Parsed } from './parse.ts';
import { Source } from './source.ts';
import type { Span } from './source.ts';
import { FALSE, NULL, TRUE, UNKNOWN, number, string } from './value.ts';

/** Parses a configuration in JSON form. */
export function parseJson(source: Source): Parsed<Body> {
  const reader = new JsonReader(source);
  const root = reader.document();
  const body = asBody(root, reader.diagnostics);
  return { tree: body, diagnostics: reader.diagnostics };
}

/**
 * The blocks that a property stands for: an object or a list of them, with one more level of
 * object around for each label.
 */
export function blocksOfJson(attribute: Attribute, labelCount: number, run: Run): readonly Block[] {
  const blocks: Block[] = [];
  const walk = (value: Expression, labels: readonly Label[]): void => {
    if (value.kind === 'tuple') {
      for (const item of value.items) walk(item, labels);
    } else if (value.kind !== 'object') {
      const detail = `Either a JSON object or a JSON array of objects is required for "${attribute.name}".`;
      run.fail(value.span, 'Incorrect JSON value type', detail);
    } else if (labels.length < labelCount) {
      for (const item of value.items) walk(item.value, [...labels, labelOf(item)]);
    } else {
      blocks.push(asBlock(attribute, value, labels, run));
    }
  };
  walk(attribute.value, []);
  return blocks;
}

type Label = Readonly<{ text: string; span: Span }>;

function labelOf(item: ObjectItem): Label {
  return { text: keyOf(item), span: item.key.span };
}

function asBlock(
  attribute: Attribute,
  value: Extract<Expression, { kind: 'object' }>,
  labels: readonly Label[],
  run: Run,
): Block {
  const diagnostics: Diagnostic[] = [];
  const body = asBody(value, diagnostics);
  for (const { summary, detail } of diagnostics) run.fail(value.span, summary, detail);
  return {
    type: attribute.name,
    typeSpan: attribute.nameSpan,
    labels: labels.map((label) => label.text),
    labelSpans: labels.map((label) => label.span),
    openSpan: value.open,
    body,
  };
}

function keyOf(item: ObjectItem): string {
  const { key } = item;
  return key.kind === 'literal' && key.value.kind === 'string' ? key.value.value : '';
}

function asBody(root: Expression, diagnostics: Diagnostic[]): Body {
  const attributes = new Map<string, Attribute>();
  if (root.kind !== 'object') {
    if (diagnostics.length === 0) {
      const detail = 'A JSON object is required, whose properties are arguments and blocks.';
      diagnostics.push(errorAt(root.span, 'Root value must be object', detail));
    }
    return { attributes, blocks: [], span: root.span, json: true };
  }
  for (const item of root.items) {
    const name = keyOf(item);
    if (attributes.has(name) && name !== '//') {
      const detail = `The property "${name}" was already set. Use an array for several blocks.`;
      diagnostics.push(errorAt(item.key.span, 'Property redefined', detail));
    }
    const { start, source } = item.key.span;
    const span = source.span(start, item.value.span.end);
    attributes.set(name, { name, nameSpan: item.key.span, value: item.value, span });
  }
  return { attributes, blocks: [], span: root.span, json: true };
}

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z]+/y;
const WORDS = new Map([
  ['true', TRUE],
  ['false', FALSE],
  ['null', NULL],
]);

/** Reads JSON with positions, up to the first mistake. */
class JsonReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: Source;
  #at = 0;
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  document(): Expression {
    if (this.#source.text.length > HCL_SOURCE_MAX) {
      return this.#wrong(0, `a file can have ${HCL_SOURCE_MAX} characters at most`);
    }
    const root = this.#value();
    this.#space();
    if (this.#at < this.#source.text.length) {
      this.#wrong(this.#at, 'there are extra characters after the value');
    }
    return root;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source.text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  /** Records the first mistake and goes to the end: nothing after it is told. */
  #wrong(at: number, what: string): Expression {
    const span = this.#source.span(at, Math.min(at + 1, this.#source.text.length));
    if (this.diagnostics.length === 0) {
      this.diagnostics.push(errorAt(span, 'Invalid JSON', `This is not valid JSON: ${what}.`));
    }
    this.#at = this.#source.text.length;
    return { kind: 'literal', value: UNKNOWN, span };
  }

  #value(): Expression {
    this.#space();
    const start = this.#at;
    if (this.#depth >= HCL_DEPTH_MAX) return this.#wrong(start, 'it is nested too deep');
    this.#depth++;
    const value = this.#startsWith(this.#source.text[start], start);
    this.#depth--;
    return value;
  }

  #startsWith(character: string | undefined, start: number): Expression {
    if (character === '{') return this.#object(start);
    if (character === '[') return this.#array(start);
    if (character === '"') return this.#text(start);
    const span = () => this.#source.span(start, this.#at);
    const digits = this.#match(NUMBER);
    if (digits !== '') {
      const parsed = parseNumber(digits);
      if (parsed === undefined) return this.#wrong(start, 'the number is too large');
      return { kind: 'literal', value: number(parsed), span: span() };
    }
    const word = WORDS.get(this.#match(WORD));
    if (word !== undefined) return { kind: 'literal', value: word, span: span() };
    return this.#wrong(start, 'a value is expected here');
  }

  #object(start: number): Expression {
    const items: ObjectItem[] = [];
    const open = this.#source.span(start, ++this.#at);
    for (let first = true; !this.#closes('}'); first = false) {
      if (!first && !this.#takes(',')) return this.#wrong(this.#at, 'a comma is missing');
      this.#space();
      const keyAt = this.#at;
      const name = this.#source.text[keyAt] === '"' ? this.#string() : undefined;
      if (name === undefined) return this.#wrong(keyAt, 'a property name in quotes is expected');
      const span = this.#source.span(keyAt, this.#at);
      if (!this.#takes(':')) return this.#wrong(this.#at, 'a colon is missing');
      const key: Expression = { kind: 'literal', value: string(name), span };
      items.push({ key, value: this.#value() });
    }
    return { kind: 'object', items, open, span: this.#source.span(start, this.#at) };
  }

  #array(start: number): Expression {
    const items: Expression[] = [];
    const open = this.#source.span(start, ++this.#at);
    for (let first = true; !this.#closes(']'); first = false) {
      if (!first && !this.#takes(',')) return this.#wrong(this.#at, 'a comma is missing');
      items.push(this.#value());
    }
    return { kind: 'tuple', items, open, span: this.#source.span(start, this.#at) };
  }

  #takes(mark: string): boolean {
    this.#space();
    if (this.#source.text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  /** Whether a list of things ends here; it does at the end of the file, which is a mistake. */
  #closes(mark: string): boolean {
    if (this.#takes(mark)) return true;
    if (this.#at < this.#source.text.length) return false;
    this.#wrong(this.#at, 'it ends in the middle of a value');
    return true;
  }

  #text(start: number): Expression {
    const text = this.#string();
    if (text === undefined) return this.#wrong(start, 'the string is malformed or not closed');
    const span = this.#source.span(start, this.#at);
    if (!/[$%]\{/.test(text)) return { kind: 'literal', value: string(text), span };
    const { tree, diagnostics } = parseTemplate(new Source(this.#source.name, text, span));
    this.diagnostics.push(...diagnostics);
    return tree;
  }

  #string(): string | undefined {
    const start = this.#at;
    let end = this.#source.text.indexOf('"', start + 1);
    while (end !== -1 && isEscaped(this.#source.text, end)) {
      end = this.#source.text.indexOf('"', end + 1);
    }
    if (end === -1) return undefined;
    this.#at = end + 1;
    return decodeString(this.#source.text.slice(start, this.#at));
  }
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

function decodeString(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
