/** What evaluators of all kinds of expression share: scopes, and the run that they are in. */
import type { Expression } from './ast.ts';
import type { Budget } from './budget.ts';
import { convert } from './convert.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FunctionHost, FunctionTable, Problem } from './function.ts';
import type { Span } from './source.ts';
import { BOOL } from './type.ts';
import type { Value } from './value.ts';

/** Names and their values, with those of the scopes around. */
export type Scope = Readonly<{
  names: ReadonlyMap<string, Value>;
  parent?: Scope | undefined;
}>;

/** The name under which a scope holds the element of a splat: no variable can have it. */
export const SPLAT_ITEM = '*';

/** The value of a name in a scope or those around it. */
export function lookUp(scope: Scope | undefined, name: string): Value | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** All names that can be used, sorted. */
export function visibleNames(scope: Scope | undefined): readonly string[] {
  const names = new Set<string>();
  for (let at = scope; at !== undefined; at = at.parent) {
    for (const name of at.names.keys()) names.add(name);
  }
  names.delete(SPLAT_ITEM);
  return [...names].sort();
}

/** One evaluation, as its parts see it. */
export interface Run {
  readonly budget: Budget;
  readonly functions: FunctionTable;
  readonly host: FunctionHost;
  /**
   * What a variable stands for that no scope has, or undefined if it is a mistake.
   *
   * @param span all of the variable with the steps after it: `attr.kernel.name`
   */
  readonly undefinedVariable: ((name: string, span: Span) => Value | undefined) | undefined;
  /** The value of an expression; unknown where it is wrong (which is told). */
  evaluate(expression: Expression, scope: Scope): Value;
  /** Evaluates and keeps what is found wrong apart. */
  attempt(
    expression: Expression,
    scope: Scope,
  ): Readonly<{ value: Value; diagnostics: readonly Diagnostic[] }>;
  /** Renders a template with these variables only. */
  render(name: string, text: string, variables: Value): Value | Problem;
  /** Records a mistake; answers the unknown value that stands for whatever is wrong. */
  fail(subject: Span, summary: string, detail: string, context?: Span): Value;
}

/** The condition as a boolean; undefined if it is unknown or wrong (which is told). */
export function isTrue(test: Expression, scope: Scope, run: Run): boolean | undefined {
  const value = run.evaluate(test, scope);
  if (value.kind === 'null') {
    const detail = 'The condition value is null. Conditions must either be true or false.';
    run.fail(test.span, 'Null condition', detail);
    return undefined;
  }
  const converted = convert(value, BOOL);
  if ('problem' in converted) {
    const detail = `The condition expression must be of type bool: ${converted.problem}.`;
    run.fail(test.span, 'Incorrect condition type', detail);
    return undefined;
  }
  return converted.value.kind === 'bool' ? converted.value.value : undefined;
}
