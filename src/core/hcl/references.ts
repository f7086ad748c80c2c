/** Which variables an expression looks at, without evaluating it. */
import type { Expression } from './ast.ts';

export type Variable = Extract<Expression, { kind: 'variable' }>;

/** All variables in an expression, in the order written; those that a `for` binds, too. */
export function variablesIn(expression: Expression): readonly Variable[] {
  const found: Variable[] = [];
  const visit = (each: Expression): void => {
    if (each.kind === 'variable') found.push(each);
    for (const child of childrenOf(each)) visit(child);
  };
  visit(expression);
  return found;
}

type ChildrenOf = {
  readonly [K in Expression['kind']]: (
    expression: Extract<Expression, { kind: K }>,
  ) => readonly (Expression | undefined)[];
};

const CHILDREN: ChildrenOf = {
  literal: () => [],
  variable: () => [],
  path: ({ of }) => [of],
  index: ({ of, key }) => [of, key],
  splat: ({ of, each }) => [of, each],
  'splat item': () => [],
  call: ({ args }) => args,
  conditional: ({ test, yes, no }) => [test, yes, no],
  binary: ({ left, right }) => [left, right],
  unary: ({ operand }) => [operand],
  parentheses: ({ inner }) => [inner],
  tuple: ({ items }) => items,
  object: ({ items }) => items.flatMap(({ key, value }) => [key, value]),
  for: ({ collection, key, value, condition }) => [collection, key, value, condition],
  template: ({ parts }) => parts,
  wrap: ({ inner }) => [inner],
  join: ({ tuple }) => [tuple],
};

function childrenOf(expression: Expression): readonly Expression[] {
  const children = CHILDREN[expression.kind] as (
    of: Expression,
  ) => readonly (Expression | undefined)[];
  return children(expression).filter((child) => child !== undefined);
}
