/**
 * Input variables of a job file: declared in `variable` blocks, given on the command line, in files
 * and in the environment.
 *
 * W1: a variable's value is, in this order, what the command line says (the last word counts), a
 * file (the last), the environment, its default.
 */
import type { Attribute, Expression } from '../hcl/ast.ts';
import { convert } from '../hcl/convert.ts';
import { formatRange } from '../hcl/diagnostic.ts';
import type { Evaluation } from '../hcl/evaluate.ts';
import type { Scope } from '../hcl/evaluation.ts';
import { parseJson } from '../hcl/json-body.ts';
import { parseConfig, parseExpression } from '../hcl/parse.ts';
import { headerSpan, readContent } from '../hcl/schema.ts';
import type { BodySchema, BoundBlock } from '../hcl/schema.ts';
import { Source, toRange } from '../hcl/source.ts';
import type { Span } from '../hcl/source.ts';
import { didYouMean } from '../hcl/suggest.ts';
import { readType } from '../hcl/type-expression.ts';
import { ANY } from '../hcl/type.ts';
import type { Type } from '../hcl/type.ts';
import { object, string } from '../hcl/value.ts';
import type { Value } from '../hcl/value.ts';

/** Where values come from. Texts are as people write them: `5`, `["a"]`, or just words. */
export type VariableInput = Readonly<{
  /** `-var name=value`, in the order given. */
  variables?: readonly (readonly [name: string, text: string])[];
  /** `-var-file`, in the order given. */
  varFiles?: readonly Source[];
  /** The environment: `NOMAD_VAR_name` is looked for. */
  environment?: Readonly<Record<string, string | undefined>>;
}>;

type Declared = Readonly<{
  name: string;
  type: Type;
  block: BoundBlock;
  defaultValue: Value | undefined;
  validations: readonly BoundBlock[];
}>;

type Given = Readonly<{ value: Value; span: Span | undefined }>;

const EMPTY: Scope = { names: new Map() };
const VARIABLE: BodySchema = {
  attributes: new Map([
    ['type', {}],
    ['default', {}],
    ['description', {}],
    ['sensitive', {}],
  ]),
  blocks: new Map([['validation', []]]),
};
const VALIDATION: BodySchema = {
  attributes: new Map([
    ['condition', { required: true }],
    ['error_message', { required: true }],
  ]),
  blocks: new Map(),
};

/** The object that `var` stands for; what is wrong or missing is told. */
export function readVariables(
  blocks: readonly BoundBlock[],
  input: VariableInput,
  run: Evaluation,
): Value {
  const declared = declare(blocks, run);
  const given = new Map<string, Given>();
  for (const name of declared.keys()) {
    const text = input.environment?.[`NOMAD_VAR_${name}`];
    if (text !== undefined) give(given, declared, [name, text], run);
  }
  for (const file of input.varFiles ?? []) giveFile(given, declared, file, run);
  for (const pair of input.variables ?? []) give(given, declared, pair, run);
  const values: [string, Value][] = [];
  for (const variable of declared.values()) {
    const value = valueOf(variable, given.get(variable.name), run);
    if (value === undefined) continue;
    validate(variable, value, run);
    values.push([variable.name, value]);
  }
  return object(values);
}

function declare(blocks: readonly BoundBlock[], run: Evaluation): ReadonlyMap<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const block of blocks) {
    const all = block.type === 'variables' ? listed(block) : [single(block, run)];
    for (const variable of all) {
      const before = declared.get(variable.name);
      if (before === undefined) {
        declared.set(variable.name, variable);
        continue;
      }
      const place = formatRange(toRange(headerSpan(before.block)));
      const detail = `Variable "${variable.name}" was already declared at ${place}.`;
      run.fail(headerSpan(block), 'Duplicate variable', detail);
    }
  }
  return declared;

  /** `variables { name = default }`: several at once, of any type. */
  function listed(block: BoundBlock): readonly Declared[] {
    return [...block.body.attributes.values()].map((attribute) => ({
      name: attribute.name,
      type: ANY,
      block,
      defaultValue: run.evaluate(attribute.value, EMPTY),
      validations: [],
    }));
  }
}

function single(block: BoundBlock, run: Evaluation): Declared {
  const content = readContent(block, VARIABLE, run);
  const [name = ''] = block.labels;
  const type = typeIn(content.attributes.get('type'), run);
  const written = content.attributes.get('default');
  const defaultValue = written === undefined ? undefined : run.evaluate(written.value, EMPTY);
  const converted = defaultValue === undefined ? undefined : convert(defaultValue, type);
  if (written !== undefined && converted !== undefined && 'problem' in converted) {
    const detail = `This default value is not compatible with the variable's type constraint: ${converted.problem}.`;
    run.fail(written.value.span, 'Invalid default value for variable', detail);
  }
  const value = converted === undefined || 'problem' in converted ? defaultValue : converted.value;
  return { name, type, block, defaultValue: value, validations: content.blocks };
}

function typeIn(attribute: Attribute | undefined, run: Evaluation): Type {
  if (attribute === undefined) return ANY;
  const result = readType(attribute.value);
  if ('type' in result) return result.type;
  run.fail(result.span, 'Invalid type specification', result.problem);
  return ANY;
}

function undeclared(name: string, known: ReadonlyMap<string, Declared>): string {
  return (
    `A "${name}" variable was set but is not declared: add a variable "${name}" block to the job ` +
    `file.${didYouMean(name, known.keys())}`
  );
}

/** Takes a value that was given as text. */
function give(
  given: Map<string, Given>,
  declared: ReadonlyMap<string, Declared>,
  [name, text]: readonly [string, string],
  run: Evaluation,
): void {
  const source = new Source(`<value for var.${name}>`, text);
  const span = source.span(0, text.length);
  const variable = declared.get(name);
  if (variable === undefined) {
    run.fail(span, 'Undefined -var variable', undeclared(name, declared));
    return;
  }
  // Text for a simple type is meant as it is; everything else is an expression.
  const simple = ['string', 'number', 'bool'].includes(variable.type.kind);
  if (simple) {
    given.set(name, { value: string(text), span });
    return;
  }
  const { tree, diagnostics } = parseExpression(source);
  const word = variable.type.kind === 'any' && isPlainText(tree, diagnostics.length > 0);
  if (word) given.set(name, { value: string(text), span });
  else {
    run.report(diagnostics);
    given.set(name, { value: run.evaluate(tree, EMPTY), span });
  }
}

/** Without a type, what does not read as a value is text: `-var image=redis:6`. */
function isPlainText(tree: Expression, broken: boolean): boolean {
  return broken || !['literal', 'tuple', 'object', 'template', 'unary'].includes(tree.kind);
}

function giveFile(
  given: Map<string, Given>,
  declared: ReadonlyMap<string, Declared>,
  file: Source,
  run: Evaluation,
): void {
  const { tree, diagnostics } = file.name.endsWith('.json') ? parseJson(file) : parseConfig(file);
  run.report(diagnostics);
  for (const block of tree.blocks) {
    const detail = 'A variables file holds only arguments: values for variables.';
    run.fail(block.typeSpan, `Unexpected "${block.type}" block`, detail);
  }
  for (const attribute of tree.attributes.values()) {
    if (!declared.has(attribute.name)) {
      run.fail(attribute.nameSpan, 'Undefined variable', undeclared(attribute.name, declared));
      continue;
    }
    const value = run.evaluate(attribute.value, EMPTY);
    given.set(attribute.name, { value, span: attribute.value.span });
  }
}

function valueOf(variable: Declared, given: Given | undefined, run: Evaluation): Value | undefined {
  if (given === undefined) {
    if (variable.defaultValue !== undefined) return variable.defaultValue;
    run.fail(
      headerSpan(variable.block),
      `Unset variable "${variable.name}"`,
      'A used variable must be set or have a default value: give it with ' +
        `-var ${variable.name}=..., in a -var-file, or as NOMAD_VAR_${variable.name}.`,
    );
    return undefined;
  }
  const converted = convert(given.value, variable.type);
  if (!('problem' in converted)) return converted.value;
  const detail = `The value for "${variable.name}" is not compatible with the variable's type constraint: ${converted.problem}.`;
  run.fail(given.span ?? headerSpan(variable.block), 'Invalid value for variable', detail);
  return undefined;
}

function validate(variable: Declared, value: Value, run: Evaluation): void {
  const self = object([[variable.name, value]]);
  const scope = { names: new Map([['var', self]]) };
  for (const block of variable.validations) {
    const { attributes } = readContent(block, VALIDATION, run);
    const condition = attributes.get('condition');
    const message = attributes.get('error_message');
    if (condition === undefined || message === undefined) continue;
    const holds = run.evaluate(condition.value, scope);
    if (holds.kind === 'unknown' || (holds.kind === 'bool' && holds.value)) continue;
    const told = run.evaluate(message.value, scope);
    const place = formatRange(toRange(condition.span));
    run.fail(
      headerSpan(variable.block),
      'Invalid value for variable',
      `${told.kind === 'string' ? told.value : ''}\n\nThis was checked by the validation rule at ${place}.`,
    );
  }
}
