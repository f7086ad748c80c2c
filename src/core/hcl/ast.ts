/**
 * The tree of a configuration: bodies of arguments and blocks, and expressions.
 *
 * A1: every node knows its span; spans of children lie inside it.
 * A2: the tree is no deeper than `HCL_DEPTH_MAX`, so plain recursion over it is safe.
 */
import type { Span } from './source.ts';
import type { Value } from './value.ts';

/** What stands between braces, or in a file: arguments and blocks, in the order written. */
export type Body = Readonly<{
  attributes: ReadonlyMap<string, Attribute>;
  blocks: readonly Block[];
  /** From the opening brace to the closing one; the whole text for a file. */
  span: Span;
  /** JSON does not tell arguments from blocks: there a schema decides (see schema.ts). */
  json: boolean;
}>;

/** `name = value`. */
export type Attribute = Readonly<{ name: string; nameSpan: Span; value: Expression; span: Span }>;

/** `type "label" { ... }`. */
export type Block = Readonly<{
  type: string;
  typeSpan: Span;
  labels: readonly string[];
  labelSpans: readonly Span[];
  openSpan: Span;
  body: Body;
}>;

/** One step of a path: `.name`, `[0]` or `["key"]` with a constant key. */
export type Step = Readonly<{ key: string | number; dotted: boolean; span: Span }>;

export type BinaryOperator =
  '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

/** One `key = value` of an object. A bare word as key is a string, not a variable. */
export type ObjectItem = Readonly<{ key: Expression; value: Expression }>;

export type Expression =
  | Readonly<{ kind: 'literal'; value: Value; span: Span }>
  /** `a.b[0]`: a variable and the constant steps after it. */
  | Readonly<{ kind: 'variable'; name: string; nameSpan: Span; steps: readonly Step[]; span: Span }>
  /** Constant steps after anything but a variable. */
  | Readonly<{ kind: 'path'; of: Expression; steps: readonly Step[]; span: Span }>
  | Readonly<{ kind: 'index'; of: Expression; key: Expression; span: Span }>
  /** `of.*.each` or `of[*].each`; `each` refers to the element by a `splat item`. */
  | Readonly<{ kind: 'splat'; of: Expression; each: Expression; span: Span; marker: Span }>
  | Readonly<{ kind: 'splat item'; span: Span }>
  | Readonly<{
      kind: 'call';
      name: string;
      nameSpan: Span;
      args: readonly Expression[];
      /** The last argument is a list of arguments: `f(list...)`. */
      expands: boolean;
      span: Span;
    }>
  | Readonly<{
      kind: 'conditional';
      test: Expression;
      yes: Expression;
      no: Expression;
      span: Span;
    }>
  | Readonly<{
      kind: 'binary';
      operator: BinaryOperator;
      left: Expression;
      right: Expression;
      span: Span;
    }>
  | Readonly<{ kind: 'unary'; operator: '-' | '!'; operand: Expression; span: Span }>
  | Readonly<{ kind: 'parentheses'; inner: Expression; span: Span }>
  | Readonly<{ kind: 'tuple'; items: readonly Expression[]; span: Span; open: Span }>
  | Readonly<{ kind: 'object'; items: readonly ObjectItem[]; span: Span; open: Span }>
  | ForExpression
  /** Text with things in it. Parts are joined as strings. */
  | Readonly<{ kind: 'template'; parts: readonly Expression[]; span: Span }>
  /** `"${x}"` with nothing around: the value of x itself, whatever its type. */
  | Readonly<{ kind: 'wrap'; inner: Expression; span: Span }>
  /** `%{for}` in a template: the elements of a tuple, joined as strings. */
  | Readonly<{ kind: 'join'; tuple: Expression; span: Span }>;

export type ForExpression = Readonly<{
  kind: 'for';
  keyName: string | undefined;
  valueName: string;
  collection: Expression;
  /** Present in the form that makes an object. */
  key: Expression | undefined;
  value: Expression;
  condition: Expression | undefined;
  /** `=> value...`: values with the same key are collected. */
  groups: boolean;
  span: Span;
  open: Span;
}>;

/**
 * Where an expression begins, as a span to point at: the first thing that a reader would put a
 * finger on.
 */
export function startSpan(expression: Expression): Span {
  if ('nameSpan' in expression) return expression.nameSpan;
  if ('open' in expression) return expression.open;
  const first = firstInside(expression);
  return first === undefined ? expression.span : startSpan(first);
}

function firstInside(expression: Expression): Expression | undefined {
  if ('of' in expression) return expression.of;
  if (expression.kind === 'conditional') return expression.test;
  if (expression.kind === 'binary') return expression.left;
  if (expression.kind === 'template') return expression.parts[0];
  return expression.kind === 'join' ? expression.tuple : undefined;
}
