/**
 * Decodes a body into a value by a specification that is data: what task drivers say of their
 * `config` blocks.
 *
 * Source: the decoder specification language that comes with HCL's test suite.
 */
import type { Run } from './evaluation.ts';
import { readContent } from './schema.ts';
import type { BodySchema, BoundBlock, BoundBody } from './schema.ts';
import { headerSpan, missingSpan, readAttributes } from './schema.ts';
import type { Span } from './source.ts';
import { toRange } from './source.ts';
import { formatRange } from './diagnostic.ts';
import { convert, unify } from './convert.ts';
import { ANY } from './type.ts';
import type { Type } from './type.ts';
import { NULL, UNKNOWN, list, map, object, set, string, tuple, typeOf } from './value.ts';
import type { Value } from './value.ts';

export type Spec =
  | Readonly<{ kind: 'literal'; value: Value }>
  | Readonly<{ kind: 'attr'; name: string; type: Type; required: boolean }>
  | Readonly<{ kind: 'object'; fields: ReadonlyMap<string, Spec> }>
  | Readonly<{ kind: 'array'; items: readonly Spec[] }>
  | Readonly<{ kind: 'block'; type: string; required: boolean; nested: Spec }>
  | Readonly<{
      kind: 'block_list' | 'block_set';
      type: string;
      min: number;
      max: number;
      nested: Spec;
    }>
  | Readonly<{ kind: 'block_map'; type: string; labels: readonly string[]; nested: Spec }>
  | Readonly<{ kind: 'block_attrs'; type: string; required: boolean; element: Type }>
  /** A label of the block around, counted from 0. */
  | Readonly<{ kind: 'block_label'; index: number }>
  /** The first that is not null. */
  | Readonly<{ kind: 'default'; choices: readonly Spec[] }>;

/** The value that a body has by a specification; unknown parts where it is wrong. */
export function decodeSpec(bound: BoundBody, spec: Spec, run: Run): Value {
  const found = readContent(bound, schemaOf(spec), run);
  return decode(spec, { bound, blocks: found.blocks, labels: [] }, run);
}

type Place = Readonly<{
  bound: BoundBody;
  blocks: readonly BoundBlock[];
  labels: readonly string[];
}>;

/** What must be looked for in a body so that the specification can be met. */
export function schemaOf(spec: Spec): BodySchema {
  const attributes = new Map<string, { required: boolean }>();
  const blocks = new Map<string, readonly string[]>();
  const visit = (part: Spec): void => {
    if (part.kind === 'attr') attributes.set(part.name, { required: part.required });
    else if (part.kind === 'object') for (const field of part.fields.values()) visit(field);
    else if (part.kind === 'array') part.items.forEach(visit);
    else if (part.kind === 'default') part.choices.forEach(visit);
    else if (part.kind === 'block_map') blocks.set(part.type, part.labels);
    else if ('type' in part) blocks.set(part.type, 'nested' in part ? labelsIn(part.nested) : []);
  };
  visit(spec);
  return { attributes, blocks };
}

function labelsIn(spec: Spec): readonly string[] {
  let count = 0;
  const visit = (part: Spec): void => {
    if (part.kind === 'block_label') count = Math.max(count, part.index + 1);
    else if (part.kind === 'object') for (const field of part.fields.values()) visit(field);
    else if (part.kind === 'array') part.items.forEach(visit);
    else if (part.kind === 'default') part.choices.forEach(visit);
  };
  visit(spec);
  return Array.from({ length: count }, (_, i) => `label ${i + 1}`);
}

function decode(spec: Spec, place: Place, run: Run): Value {
  switch (spec.kind) {
    case 'literal':
      return spec.value;
    case 'attr':
      return decodeAttribute(spec, place, run);
    case 'object':
      return object([...spec.fields].map(([name, field]) => [name, decode(field, place, run)]));
    case 'array':
      return tuple(spec.items.map((item) => decode(item, place, run)));
    case 'block':
      return decodeBlock(spec, place, run);
    case 'block_list':
    case 'block_set':
      return decodeBlocks(spec, place, run);
    case 'block_map':
      return decodeMap(spec, place, run);
    case 'block_attrs':
      return decodeAttributes(spec, place, run);
    case 'block_label':
      return string(place.labels[spec.index] ?? '');
    case 'default':
      return spec.choices.map((choice) => decode(choice, place, run)).find(isPresent) ?? NULL;
  }
}

function isPresent(value: Value): boolean {
  return value.kind !== 'null';
}

type Part<K extends Spec['kind']> = Extract<Spec, { kind: K }>;

function decodeAttribute(spec: Part<'attr'>, place: Place, run: Run): Value {
  const attribute = place.bound.body.attributes.get(spec.name);
  if (attribute === undefined) return { kind: 'null', type: spec.type };
  const value = run.evaluate(attribute.value, place.bound.scope);
  const converted = convert(value, spec.type);
  if (!('problem' in converted)) return converted.value;
  return run.fail(
    attribute.value.span,
    'Incorrect attribute value type',
    `Inappropriate value for attribute "${spec.name}": ${converted.problem}.`,
  );
}

function ofType(type: string, place: Place): readonly BoundBlock[] {
  return place.blocks.filter((block) => block.type === type);
}

function inside(block: BoundBlock, nested: Spec, labels: readonly string[], run: Run): Value {
  const bound = { body: block.body, scope: block.scope };
  const { blocks } = readContent(bound, schemaOf(nested), run);
  return decode(nested, { bound, blocks, labels }, run);
}

function missing(type: string, place: Place, run: Run): Value {
  const detail = `A block of type "${type}" is required here.`;
  return run.fail(missingSpan(place.bound.body), `Missing ${type} block`, detail);
}

function decodeBlock(spec: Part<'block'>, place: Place, run: Run): Value {
  const [first, second] = ofType(spec.type, place);
  if (second !== undefined && first !== undefined) duplicate(spec.type, first, second, run);
  if (first !== undefined) return inside(first, spec.nested, first.labels, run);
  return spec.required ? missing(spec.type, place, run) : NULL;
}

function duplicate(name: string, first: BoundBlock, second: BoundBlock, run: Run): void {
  const before: Span = headerSpan(first);
  run.fail(
    headerSpan(second),
    `Duplicate ${name} block`,
    `Only one ${name} block is allowed. Another was defined at ${formatRange(toRange(before))}.`,
  );
}

function decodeBlocks(
  spec: Extract<Spec, { kind: 'block_list' | 'block_set' }>,
  place: Place,
  run: Run,
): Value {
  const found = ofType(spec.type, place);
  const extra = found[spec.max];
  if (extra !== undefined) {
    const detail = `No more than ${spec.max} "${spec.type}" blocks are allowed.`;
    run.fail(headerSpan(extra), `Too many ${spec.type} blocks`, detail);
  }
  if (found.length < spec.min) {
    const detail = `At least ${spec.min} "${spec.type}" blocks are required.`;
    run.fail(missingSpan(place.bound.body), `Insufficient ${spec.type} blocks`, detail);
  }
  const items = found.map((block) => inside(block, spec.nested, block.labels, run));
  const element = unify(items.map(typeOf));
  if (element === undefined) return tuple(items);
  const same = items.map((item) => {
    const converted = convert(item, element);
    return 'problem' in converted ? UNKNOWN : converted.value;
  });
  return spec.kind === 'block_list' ? list(element, same) : set(element, same);
}

function decodeMap(spec: Part<'block_map'>, place: Place, run: Run): Value {
  const depth = spec.labels.length;
  const build = (blocks: readonly BoundBlock[], level: number): Value => {
    const byLabel = new Map<string, BoundBlock[]>();
    for (const block of blocks) {
      const label = block.labels[level] ?? '';
      byLabel.set(label, [...(byLabel.get(label) ?? []), block]);
    }
    const entries = [...byLabel].map(([label, group]): [string, Value] => {
      if (level + 1 < depth) return [label, build(group, level + 1)];
      const [first, second] = group;
      if (first === undefined) return [label, NULL];
      if (second !== undefined) duplicate(`${spec.type} "${label}"`, first, second, run);
      return [label, inside(first, spec.nested, first.labels.slice(depth), run)];
    });
    return map(unify(entries.map(([, value]) => typeOf(value))) ?? ANY, entries);
  };
  return build(ofType(spec.type, place), 0);
}

function decodeAttributes(spec: Part<'block_attrs'>, place: Place, run: Run): Value {
  const [block] = ofType(spec.type, place);
  if (block === undefined) return spec.required ? missing(spec.type, place, run) : NULL;
  const bound = { body: block.body, scope: block.scope };
  const entries: [string, Value][] = [];
  for (const attribute of readAttributes(bound, run).values()) {
    const converted = convert(run.evaluate(attribute.value, block.scope), spec.element);
    if (!('problem' in converted)) entries.push([attribute.name, converted.value]);
    else {
      const detail = `Invalid value for "${attribute.name}": ${converted.problem}.`;
      run.fail(attribute.value.span, 'Invalid attribute value', detail);
    }
  }
  return map(spec.element, entries);
}
