/**
 * Evaluates what goes through collections: `for` expressions and splats.
 */
import type { Expression, ForExpression } from './ast.ts';
import { convert, toText } from './convert.ts';
import { SPLAT_ITEM, isTrue } from './evaluation.ts';
import type { Run, Scope } from './evaluation.ts';
import { STRING, friendlyType, sameType } from './type.ts';
import {
  NULL,
  UNKNOWN,
  isMapping,
  isSequence,
  list,
  number,
  object,
  string,
  tuple,
  typeOf,
} from './value.ts';
import type { Value } from './value.ts';

/** The elements of a collection, each with the same steps taken; `null` has none. */
export function evaluateSplat(
  expression: Extract<Expression, { kind: 'splat' }>,
  scope: Scope,
  run: Run,
): Value {
  const of = run.evaluate(expression.of, scope);
  if (of.kind === 'unknown') return UNKNOWN;
  if (of.kind === 'null') return tuple([]);
  const source = isSequence(of) ? of.items : [of];
  if (!run.budget.elements(source.length)) return UNKNOWN;
  const items = source.map((item) =>
    run.evaluate(expression.each, { names: new Map([[SPLAT_ITEM, item]]), parent: scope }),
  );
  const first = items[0];
  if (of.kind !== 'list' && of.kind !== 'set') return tuple(items);
  const element = first === undefined ? of.element : typeOf(first);
  const uniform = items.every((item) => sameType(typeOf(item), element));
  return uniform ? list(element, items) : tuple(items);
}

type Pair = readonly [key: Value, value: Value];

/** The keys and values of a collection, or undefined for what has none (which is told). */
function pairsOf(expression: ForExpression, scope: Scope, run: Run): Iterable<Pair> | undefined {
  const { collection } = expression;
  const value = run.evaluate(collection, scope);
  if (value.kind === 'unknown') return undefined;
  if (value.kind === 'set') return value.items.map((item): Pair => [item, item]);
  if (isSequence(value)) return value.items.map((item, i): Pair => [number(i), item]);
  if (isMapping(value)) return [...value.entries].map(([key, item]): Pair => [string(key), item]);
  const isNull = value.kind === 'null';
  run.fail(
    collection.span,
    isNull ? 'Iteration over null value' : 'Iteration over non-iterable value',
    isNull
      ? 'A null value cannot be used as the collection in a "for" expression.'
      : `A value of type ${friendlyType(typeOf(value))} cannot be used as the collection in a "for" expression.`,
  );
  return undefined;
}

/** A tuple, or an object if the expression has keys. */
export function evaluateFor(expression: ForExpression, scope: Scope, run: Run): Value {
  const pairs = pairsOf(expression, scope, run);
  if (pairs === undefined) return UNKNOWN;
  const items: Value[] = [];
  const groups = new Map<string, Value[]>();
  for (const [key, value] of pairs) {
    if (!run.budget.elements(1)) return UNKNOWN;
    const names = new Map([[expression.valueName, value]]);
    if (expression.keyName !== undefined) names.set(expression.keyName, key);
    const inner = { names, parent: scope };
    const wanted = expression.condition === undefined || isTrue(expression.condition, inner, run);
    if (wanted === undefined) return UNKNOWN;
    if (!wanted) continue;
    const item = run.evaluate(expression.value, inner);
    if (expression.key === undefined) items.push(item);
    else if (!addTo(groups, item, { expression, key: expression.key, inner }, run)) return UNKNOWN;
  }
  if (expression.key === undefined) return tuple(items);
  return object(
    [...groups].map(([key, grouped]): [string, Value] => [
      key,
      expression.groups ? tuple(grouped) : (grouped[0] ?? NULL),
    ]),
  );
}

function addTo(
  groups: Map<string, Value[]>,
  item: Value,
  at: Readonly<{ expression: ForExpression; key: Expression; inner: Scope }>,
  run: Run,
): boolean {
  const key = keyText(run.evaluate(at.key, at.inner), at.key, run);
  if (key === undefined) return false;
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, [item]);
    return true;
  }
  if (at.expression.groups) {
    group.push(item);
    return true;
  }
  run.fail(
    at.key.span,
    'Duplicate object key',
    `Two different items produced the key "${key}" in this "for" expression. If duplicates are ` +
      'expected, use the ellipsis (...) after the value expression to enable grouping by key.',
    at.expression.span,
  );
  return false;
}

/** A key as text; undefined if it is unknown or cannot be one (which is told). */
export function keyText(value: Value, place: Expression, run: Run): string | undefined {
  if (value.kind === 'null') {
    run.fail(place.span, 'Null value as key', "Can't use a null value as a key.");
    return undefined;
  }
  const converted = convert(value, STRING);
  if ('problem' in converted) {
    run.fail(
      place.span,
      'Incorrect key type',
      `Can't use this value as a key: ${converted.problem}.`,
    );
    return undefined;
  }
  return toText(converted.value);
}
