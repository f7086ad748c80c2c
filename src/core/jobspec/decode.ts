/**
 * Decodes blocks by their tables.
 *
 * J1: what is not in a table is a mistake, told with the nearest name that is.
 * J2: a field is in the draft if and only if its argument or block was written (and is not null).
 */
import type { Json, JsonObject } from '../../base/json.ts';
import { parseDuration } from '../../base/duration.ts';
import { startSpan } from '../hcl/ast.ts';
import type { Attribute, Block } from '../hcl/ast.ts';
import { formatRange } from '../hcl/diagnostic.ts';
import { generateBlocks } from '../hcl/dynamic.ts';
import type { Evaluation } from '../hcl/evaluate.ts';
import type { Scope } from '../hcl/evaluation.ts';
import { isInteger, toNumber } from '../hcl/number.ts';
import { headerSpan, readAttributes, readContent } from '../hcl/schema.ts';
import type { BodySchema, BoundBlock } from '../hcl/schema.ts';
import { toRange } from '../hcl/source.ts';
import { BOOL, NUMBER, STRING, listOf, mapOf } from '../hcl/type.ts';
import type { Type } from '../hcl/type.ts';
import type { Value } from '../hcl/value.ts';
import type { ArgumentRow, BlockRow, BlockTable, Kind, Written } from './table.ts';

const schemas = new WeakMap<BlockTable, BodySchema>();

/** What a body may have by a table. Free maps may be written as an argument, too: `meta = {}`. */
function schemaOf(table: BlockTable): BodySchema {
  const known = schemas.get(table);
  if (known !== undefined) return known;
  const attributes = new Map<string, { required?: boolean }>(table.arguments);
  const blocks = new Map<string, readonly string[]>();
  for (const [name, row] of table.blocks) {
    if (row.table === undefined) attributes.set(name, {});
    blocks.set(name, row.table?.labels.map((label) => label.name) ?? []);
  }
  const schema = { attributes, blocks };
  schemas.set(table, schema);
  return schema;
}

/** The fields that a block has. */
export function decodeBlock(table: BlockTable, block: BoundBlock, run: Evaluation): Written {
  const content = readContent(block, schemaOf(table), run);
  const written: Written = {};
  for (const [i, { field }] of table.labels.entries()) written[field] = block.labels[i] ?? '';
  for (const [name, attribute] of content.attributes) {
    const argument = table.arguments.get(name);
    const row = table.blocks.get(name);
    if (argument !== undefined) {
      const value = decodeArgument(argument, attribute, block.scope, run);
      if (value !== undefined) written[argument.field] = value;
    } else if (row !== undefined) {
      const value = decodeMapArgument(row, attribute, block.scope, run);
      if (value !== undefined) written[row.field] = value;
    }
  }
  for (const [type, row] of table.blocks) {
    const found = content.blocks.filter((each) => each.type === type);
    if (found.length > 0) written[row.field] = decodeNested(row, found, run);
  }
  return table.finish(written, block, run);
}

function decodeNested(row: BlockRow, found: readonly BoundBlock[], run: Evaluation): unknown {
  if (row.as === 'one' || row.table === undefined) refuseSecond(found, run);
  const [first] = found;
  if (first === undefined) return undefined;
  if (row.table === undefined) return decodeFree(row, first, run);
  const of = row.table;
  if (row.as === 'one') return decodeBlock(of, first, run);
  const all = found.map((block) => decodeBlock(of, block, run));
  if (row.as === 'list') return all;
  return Object.fromEntries(found.map((block, i) => [block.labels[0] ?? '', all[i]]));
}

function refuseSecond([first, ...others]: readonly BoundBlock[], run: Evaluation): void {
  if (first === undefined) return;
  for (const block of others) tellDuplicate(first, block, block.type, run);
}

/** Complains of a block that may be there only once. */
export function tellDuplicate(first: Block, second: Block, name: string, run: Evaluation): void {
  const before = formatRange(toRange(headerSpan(first)));
  const plain = name.replace(/"/g, '');
  run.fail(
    headerSpan(second),
    `Duplicate ${name} block`,
    `Only one ${plain} block is allowed. Another was defined at ${before}.`,
  );
}

const TYPES: Readonly<Record<Exclude<Kind, 'duration'>, Type>> = {
  text: STRING,
  int: NUMBER,
  flag: BOOL,
  texts: listOf(STRING),
};

/** The value of an argument; undefined if it is null, or wrong (which is told). */
function decodeArgument(
  row: ArgumentRow,
  attribute: Attribute,
  scope: Scope,
  run: Evaluation,
): unknown {
  if (row.kind === 'duration') return decodeDuration(attribute, scope, run);
  const value = run.evaluateAs(attribute.value, scope, TYPES[row.kind]);
  if (value === undefined) return undefined;
  if (row.kind === 'int' && value.kind === 'number' && !isWhole(value)) {
    const bounds = 'between -9007199254740991 and 9007199254740991';
    unsuitable(attribute, `Unsuitable value: value must be a whole number, ${bounds}`, run);
    return undefined;
  }
  return toPlain(value) ?? undefined;
}

function isWhole(value: Extract<Value, { kind: 'number' }>): boolean {
  return isInteger(value.value) && Number.isSafeInteger(toNumber(value.value));
}

function unsuitable(attribute: Attribute, detail: string, run: Evaluation): void {
  const { value } = attribute;
  run.fail(startSpan(value), 'Unsuitable value type', detail, value.span);
}

/** Text such as `30s`; a number is of nanoseconds. Source: Nomad's job files. */
function decodeDuration(attribute: Attribute, scope: Scope, run: Evaluation): number | undefined {
  const value = run.evaluate(attribute.value, scope);
  if (value.kind === 'null' || value.kind === 'unknown') return undefined;
  if (value.kind === 'number') return toNumber(value.value) / 1e6;
  const parsed = value.kind === 'string' ? parseDuration(value.value) : undefined;
  if (parsed === undefined) unsuitable(attribute, durationProblem(value), run);
  return parsed;
}

function durationProblem(value: Value): string {
  if (value.kind !== 'string') return 'Unsuitable value: a duration such as "30s" is required';
  const bare = /^[0-9.]+$/.test(value.value);
  const what = bare ? 'missing unit in duration' : 'invalid duration';
  return `Unsuitable duration value: time: ${what} ${JSON.stringify(value.value)}`;
}

/** The older and newer spellings of free maps: `meta { a = 1 }` and `meta = { a = 1 }`. */
function decodeMapArgument(
  row: BlockRow,
  attribute: Attribute,
  scope: Scope,
  run: Evaluation,
): unknown {
  const type = row.as === 'textMap' ? mapOf(STRING) : mapOf(listOf(STRING));
  const value =
    row.as === 'free'
      ? run.evaluate(attribute.value, scope)
      : run.evaluateAs(attribute.value, scope, type);
  if (value === undefined || value.kind === 'unknown') return undefined;
  return toPlain(value) ?? undefined;
}

function decodeFree(row: BlockRow, block: BoundBlock, run: Evaluation): JsonObject {
  if (row.as === 'free') return freeForm(block, run);
  const type = row.as === 'textMap' ? STRING : listOf(STRING);
  const entries: [string, Json][] = [];
  for (const [name, attribute] of readAttributes(block, run)) {
    const value = run.evaluateAs(attribute.value, block.scope, type);
    if (value !== undefined && value.kind !== 'null') entries.push([name, toPlain(value)]);
  }
  return Object.fromEntries(entries);
}

/**
 * A body as JSON: arguments are properties, blocks lists of objects (one level more for each
 * label), as they may be repeated. Source: what `job run -output` prints of a `config` block.
 */
export function freeForm(block: BoundBlock, run: Evaluation): JsonObject {
  const out = new Map<string, Json>();
  for (const [name, attribute] of block.body.attributes) {
    const value = run.evaluate(attribute.value, block.scope);
    if (value.kind !== 'unknown') out.set(name, toPlain(value));
  }
  const lists = new Map<string, Json[]>();
  for (const inner of innerBlocks(block, run)) {
    const labelled = inner.labels.reduceRight<Json>(
      (value, label) => ({ [label]: [value] }),
      freeForm(inner, run),
    );
    const list = lists.get(inner.type) ?? [];
    list.push(labelled);
    lists.set(inner.type, list);
  }
  for (const [type, list] of lists) out.set(type, list);
  return Object.fromEntries(out);
}

function innerBlocks(block: BoundBlock, run: Evaluation): readonly BoundBlock[] {
  return block.body.blocks.flatMap((inner): readonly BoundBlock[] => {
    const bound = { ...inner, scope: block.scope };
    // In a free body every type is meant, so a dynamic block may make any.
    if (inner.type !== 'dynamic' || inner.labels.length !== 1) return [bound];
    return generateBlocks(bound, inner.labels, run);
  });
}

/** A value as JSON. */
export function toPlain(value: Value): Json {
  switch (value.kind) {
    case 'null':
    case 'unknown':
      return null;
    case 'string':
    case 'bool':
      return value.value;
    case 'number':
      return toNumber(value.value);
    case 'list':
    case 'set':
    case 'tuple':
      return value.items.map(toPlain);
    case 'map':
    case 'object':
      return Object.fromEntries([...value.entries].map(([key, item]) => [key, toPlain(item)]));
  }
}
