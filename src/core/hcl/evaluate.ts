/**
 * Evaluates expressions.
 *
 * V1: evaluation never throws and always ends: what is wrong becomes a diagnostic and an unknown
 * value, what is too much stops the whole evaluation with one diagnostic (see budget.ts).
 * V2: the same expression with the same scope, functions and host gives the same value.
 *
 * Source: the HCL syntax-agnostic information model and native syntax specification.
 */
import { HCL_DIAGNOSTICS_MAX } from '../limits.ts';
import { startSpan } from './ast.ts';
import type { Expression, Step } from './ast.ts';
import { Budget } from './budget.ts';
import { convert, toText, unify } from './convert.ts';
import type { Diagnostic } from './diagnostic.ts';
import { errorAt, hasErrors } from './diagnostic.ts';
import { callFunction } from './call.ts';
import { evaluateFor, evaluateSplat, keyText } from './evaluate-for.ts';
import { SPLAT_ITEM, isTrue, lookUp, visibleNames } from './evaluation.ts';
import type { Run, Scope } from './evaluation.ts';
import type { FunctionHost, FunctionTable, Problem } from './function.ts';
import { OPERATORS, UNARY } from './operators.ts';
import { parseTemplate } from './parse.ts';
import type { Span } from './source.ts';
import { Source } from './source.ts';
import { didYouMean } from './suggest.ts';
import { elementOf, isComplaint, stepInto } from './traverse.ts';
import type { Stepped } from './traverse.ts';
import { STRING, friendlyType, sameType } from './type.ts';
import type { Type } from './type.ts';
import {
  UNKNOWN,
  isMapping,
  isSequence,
  object,
  string,
  tuple,
  typeOf,
  extentOf,
} from './value.ts';
import type { Value } from './value.ts';

export type EvaluationOptions = Readonly<{
  functions?: FunctionTable;
  host?: FunctionHost;
  /** See `Run.undefinedVariable`. */
  undefinedVariable?: (name: string, span: Span) => Value | undefined;
}>;

/** One configuration's evaluation: its budget, its functions, and what was found wrong. */
export class Evaluation implements Run {
  readonly budget = new Budget();
  readonly functions: FunctionTable;
  readonly host: FunctionHost;
  readonly undefinedVariable: Run['undefinedVariable'];
  #diagnostics: Diagnostic[] = [];
  #toldSpent = false;

  constructor(options: EvaluationOptions = {}) {
    this.functions = options.functions ?? new Map();
    this.host = options.host ?? {};
    this.undefinedVariable = options.undefinedVariable;
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** The value of an expression; unknown where it is wrong. */
  evaluate(expression: Expression, scope: Scope): Value {
    if (!this.budget.step()) return this.#tooMuch(expression.span);
    const evaluator = EVALUATORS[expression.kind] as Evaluator<Expression>;
    const value = evaluator(expression, scope, this);
    this.budget.value(extentOf(value));
    return this.budget.spent() === undefined ? value : this.#tooMuch(expression.span);
  }

  /** The value as a type, or undefined (and a diagnostic) if it cannot be that. */
  evaluateAs(expression: Expression, scope: Scope, want: Type): Value | undefined {
    const before = this.#diagnostics.length;
    const value = this.evaluate(expression, scope);
    if (hasErrors(this.#diagnostics.slice(before))) return undefined;
    const converted = convert(value, want);
    if (!('problem' in converted)) return converted.value;
    this.fail(
      startSpan(expression),
      'Unsuitable value type',
      `Unsuitable value: ${converted.problem}`,
      expression.span,
    );
    return undefined;
  }

  /** Evaluates and keeps what is found wrong apart. */
  attempt(
    expression: Expression,
    scope: Scope,
  ): Readonly<{ value: Value; diagnostics: readonly Diagnostic[] }> {
    const kept = this.#diagnostics;
    this.#diagnostics = [];
    const value = this.evaluate(expression, scope);
    const diagnostics = this.#diagnostics;
    this.#diagnostics = kept;
    // Having too much to do is not a mistake of this expression that may be passed over.
    if (this.budget.spent() !== undefined) this.report(diagnostics);
    return { value, diagnostics };
  }

  /** Renders a template with these variables only. */
  render(name: string, text: string, variables: Value): Value | Problem {
    const { tree, diagnostics } = parseTemplate(new Source(name, text));
    const wrong = diagnostics[0];
    if (wrong !== undefined) return { problem: `${name}: ${wrong.summary}; ${wrong.detail}` };
    const names = isMapping(variables) ? variables.entries : new Map<string, Value>();
    const result = this.attempt(tree, { names });
    const failed = result.diagnostics[0];
    return failed === undefined
      ? result.value
      : { problem: `${name}:${failed.subject.start.line}: ${failed.detail}` };
  }

  report(diagnostics: readonly Diagnostic[]): void {
    const room = HCL_DIAGNOSTICS_MAX - this.#diagnostics.length;
    this.#diagnostics.push(...diagnostics.slice(0, Math.max(0, room)));
  }

  /** Records a mistake; answers the value of whatever is wrong. */
  fail(subject: Span, summary: string, detail: string, context?: Span): Value {
    this.report([errorAt(subject, summary, detail, context)]);
    return UNKNOWN;
  }

  #tooMuch(span: Span): Value {
    if (this.#toldSpent) return UNKNOWN;
    this.#toldSpent = true;
    const what = this.budget.spent() ?? '';
    return this.fail(span, 'Configuration too expensive', `Evaluating it was given up: ${what}.`);
  }
}

type Evaluator<E> = (expression: E, scope: Scope, run: Run) => Value;
type Kind<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

const EVALUATORS: { readonly [K in Expression['kind']]: Evaluator<Kind<K>> } = {
  literal: (expression) => expression.value,
  variable: evaluateVariable,
  path: (expression, scope, run) =>
    follow(run.evaluate(expression.of, scope), expression.steps, run),
  index: evaluateIndex,
  splat: evaluateSplat,
  'splat item': (_, scope) => lookUp(scope, SPLAT_ITEM) ?? UNKNOWN,
  call: (expression, scope, run) => callFunction(expression, scope, run),
  conditional: evaluateConditional,
  binary: evaluateBinary,
  unary: evaluateUnary,
  parentheses: (expression, scope, run) => run.evaluate(expression.inner, scope),
  tuple: evaluateTuple,
  object: evaluateObject,
  for: evaluateFor,
  template: (expression, scope, run) => joinParts(expression.parts, scope, run),
  wrap: (expression, scope, run) => run.evaluate(expression.inner, scope),
  join: evaluateJoin,
};

function evaluateVariable(expression: Kind<'variable'>, scope: Scope, run: Run): Value {
  const { name, nameSpan, steps, span } = expression;
  const value = lookUp(scope, name);
  if (value !== undefined) return follow(value, steps, run);
  const stands = run.undefinedVariable?.(name, span);
  if (stands !== undefined) return stands;
  const names = visibleNames(scope);
  if (names.length === 0) {
    return run.fail(nameSpan, 'Variables not allowed', 'Variables may not be used here.');
  }
  const hint = didYouMean(name, names);
  return run.fail(nameSpan, 'Unknown variable', `There is no variable named "${name}".${hint}`);
}

function follow(value: Value, steps: readonly Step[], run: Run): Value {
  let at = value;
  for (const step of steps) {
    const stepped = stepInto(at, step);
    if (isComplaint(stepped)) return run.fail(step.span, stepped.summary, stepped.detail);
    at = stepped;
  }
  return at;
}

function evaluateIndex(expression: Kind<'index'>, scope: Scope, run: Run): Value {
  const of = run.evaluate(expression.of, scope);
  const key = run.evaluate(expression.key, scope);
  const result: Stepped = elementOf(of, key);
  if (!isComplaint(result)) return result;
  return run.fail(expression.key.span, result.summary, result.detail, expression.span);
}

function evaluateConditional(expression: Kind<'conditional'>, scope: Scope, run: Run): Value {
  const test = isTrue(expression.test, scope, run);
  if (test === undefined) return UNKNOWN;
  const [chosen, other] = test ? [expression.yes, expression.no] : [expression.no, expression.yes];
  const value = run.evaluate(chosen, scope);
  // Literals of one type need no look at the branch not taken; that is the common case.
  const rejected = run.attempt(other, scope);
  if (rejected.diagnostics.length > 0) return value;
  const [mine, theirs] = [typeOf(value), typeOf(rejected.value)];
  if (value.kind === 'unknown' || sameType(mine, theirs)) return value;
  const common = unify([mine, theirs]);
  const converted = common === undefined ? undefined : convert(value, common);
  if (converted !== undefined && !('problem' in converted)) return converted.value;
  const [yes, no] = test ? [mine, theirs] : [theirs, mine];
  return run.fail(
    between(expression.yes, expression.no),
    'Inconsistent conditional result types',
    'The true and false result expressions must have consistent types. The given expressions ' +
      `are ${friendlyType(yes)} and ${friendlyType(no)}, respectively.`,
    expression.span,
  );
}

function between(first: Expression, last: Expression): Span {
  return { source: first.span.source, start: first.span.start, end: last.span.end };
}

function evaluateBinary(expression: Kind<'binary'>, scope: Scope, run: Run): Value {
  const operator = OPERATORS[expression.operator];
  const left = operandValue(expression.left, scope, run, { want: operator.operand, side: 'left ' });
  const right = operandValue(expression.right, scope, run, {
    want: operator.operand,
    side: 'right ',
  });
  if (left === undefined || right === undefined) return UNKNOWN;
  if (left.kind === 'unknown' || right.kind === 'unknown') {
    return { kind: 'unknown', type: operator.result };
  }
  const result = operator.compute(left, right);
  if (!('problem' in result)) return result;
  const summary = result.problem === 'division by zero' ? 'Division by zero' : 'Operation failed';
  return run.fail(expression.span, summary, `Error during operation: ${result.problem}.`);
}

function evaluateUnary(expression: Kind<'unary'>, scope: Scope, run: Run): Value {
  const operator = UNARY[expression.operator];
  const operand = operandValue(expression.operand, scope, run, {
    want: operator.operand,
    side: '',
  });
  return operand === undefined ? UNKNOWN : operator.compute(operand);
}

function operandValue(
  operand: Expression,
  scope: Scope,
  run: Run,
  how: Readonly<{ want: Type | undefined; side: string }>,
): Value | undefined {
  const value = run.evaluate(operand, scope);
  if (how.want === undefined) return value;
  const converted =
    value.kind === 'null' ? { problem: 'argument must not be null' } : convert(value, how.want);
  if (!('problem' in converted)) return converted.value;
  run.fail(
    operand.span,
    'Invalid operand',
    `Unsuitable value for ${how.side}operand: ${converted.problem}.`,
  );
  return undefined;
}

function evaluateTuple(expression: Kind<'tuple'>, scope: Scope, run: Run): Value {
  if (!run.budget.elements(expression.items.length)) return UNKNOWN;
  return tuple(expression.items.map((item) => run.evaluate(item, scope)));
}

function evaluateObject(expression: Kind<'object'>, scope: Scope, run: Run): Value {
  if (!run.budget.elements(expression.items.length)) return UNKNOWN;
  const entries: [string, Value][] = [];
  let known = true;
  for (const item of expression.items) {
    const key = keyText(run.evaluate(item.key, scope), item.key, run);
    const value = run.evaluate(item.value, scope);
    if (key === undefined) known = false;
    else entries.push([key, value]);
  }
  return known ? object(entries) : UNKNOWN;
}

function joinParts(parts: readonly Expression[], scope: Scope, run: Run): Value {
  let text = '';
  let known = true;
  for (const part of parts) {
    const added = partText(run.evaluate(part, scope), part, run);
    if (added === undefined || !run.budget.text(added.length)) known = false;
    else text += added;
  }
  return known ? string(text) : { kind: 'unknown', type: STRING };
}

function partText(value: Value, part: Expression, run: Run): string | undefined {
  if (value.kind === 'unknown') return undefined;
  const text = toText(value);
  if (text !== undefined) return text;
  run.fail(
    part.span,
    'Invalid template interpolation value',
    value.kind === 'null'
      ? 'The expression result is null. Cannot include a null value in a string template.'
      : 'Cannot include the given value in a string template: string required.',
  );
  return undefined;
}

function evaluateJoin(expression: Kind<'join'>, scope: Scope, run: Run): Value {
  const value = run.evaluate(expression.tuple, scope);
  if (!isSequence(value)) return UNKNOWN;
  let text = '';
  for (const item of value.items) {
    const added = partText(item, expression.tuple, run);
    if (added === undefined || !run.budget.text(added.length)) return UNKNOWN;
    text += added;
  }
  return string(text);
}
