/** Types as configurations write them: `list(string)`, `object({ name = string })`. */
import type { Expression } from './ast.ts';
import { didYouMean } from './suggest.ts';
import type { Span } from './source.ts';
import { ANY, BOOL, NUMBER, STRING } from './type.ts';
import type { Type } from './type.ts';

/** A type, or what is wrong with the expression and where. */
export type TypeResult = Readonly<{ type: Type }> | Readonly<{ problem: string; span: Span }>;

const SIMPLE: ReadonlyMap<string, Type> = new Map([
  ['string', STRING],
  ['number', NUMBER],
  ['bool', BOOL],
  ['any', ANY],
]);
const COLLECTIONS = ['list', 'set', 'map'] as const;
const CONSTRUCTORS: readonly string[] = [...COLLECTIONS, 'object', 'tuple'];

/** Reads an expression as a type; it is not evaluated. */
export function readType(expression: Expression): TypeResult {
  if (expression.kind === 'variable' && expression.steps.length === 0) {
    return readKeyword(expression.name, expression.span);
  }
  if (expression.kind === 'wrap') return readType(expression.inner);
  if (expression.kind === 'template' && expression.parts.length === 1) {
    // The older spelling in quotes: type = "string".
    const [part] = expression.parts;
    if (part?.kind === 'literal' && part.value.kind === 'string') {
      return readKeyword(part.value.value, expression.span);
    }
  }
  if (expression.kind === 'call') return readConstructor(expression);
  return {
    problem:
      'A type specification is either a keyword (bool, number, string, any) or a call such as list(string).',
    span: expression.span,
  };
}

function readKeyword(name: string, span: Span): TypeResult {
  const simple = SIMPLE.get(name);
  if (simple !== undefined) return { type: simple };
  if (name === 'list') return { type: { kind: 'list', element: ANY } };
  if (name === 'map') return { type: { kind: 'map', element: ANY } };
  const hint = didYouMean(name, [...SIMPLE.keys(), ...CONSTRUCTORS]);
  return { problem: `The keyword "${name}" is not a valid type specification.${hint}`, span };
}

function readConstructor(call: Extract<Expression, { kind: 'call' }>): TypeResult {
  const collection = COLLECTIONS.find((kind) => kind === call.name);
  const [argument] = call.args;
  if (argument === undefined || call.args.length > 1) {
    return { problem: `The ${call.name} type constructor requires one argument.`, span: call.span };
  }
  if (collection !== undefined) {
    const element = readType(argument);
    return 'problem' in element ? element : { type: { kind: collection, element: element.type } };
  }
  if (call.name === 'object' && argument.kind === 'object') return readObject(argument);
  if (call.name === 'tuple' && argument.kind === 'tuple') return readTuple(argument);
  const hint = didYouMean(call.name, CONSTRUCTORS);
  return {
    problem: CONSTRUCTORS.includes(call.name)
      ? `The ${call.name} type constructor requires one argument with the types in it.`
      : `The keyword "${call.name}" is not a valid type constructor.${hint}`,
    span: call.span,
  };
}

function readTuple(argument: Extract<Expression, { kind: 'tuple' }>): TypeResult {
  const items: Type[] = [];
  for (const item of argument.items) {
    const result = readType(item);
    if ('problem' in result) return result;
    items.push(result.type);
  }
  return { type: { kind: 'tuple', items } };
}

function readObject(argument: Extract<Expression, { kind: 'object' }>): TypeResult {
  const attributes = new Map<string, Type>();
  const optional = new Set<string>();
  for (const { key, value } of argument.items) {
    if (key.kind !== 'literal' || key.value.kind !== 'string') {
      return { problem: 'Object type attribute names must be plain words.', span: key.span };
    }
    const isOptional = value.kind === 'call' && value.name === 'optional';
    const [inner = value] = isOptional ? value.args : [value];
    const result = readType(inner);
    if ('problem' in result) return result;
    attributes.set(key.value.value, result.type);
    if (isOptional) optional.add(key.value.value);
  }
  const type: Type = { kind: 'object', attributes };
  return { type: optional.size === 0 ? type : { ...type, optional } };
}
