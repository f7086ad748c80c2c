/**
 * Reads a body by a schema: which arguments and blocks it may have, which it must.
 *
 * S1: each argument and block of the body is in the content or in a diagnostic.
 * S2: `dynamic` blocks are expanded here, where it is known which blocks are meant; what they
 * generate carries the scope with their iterator.
 */
import type { Attribute, Block, Body } from './ast.ts';
import { generateBlocks } from './dynamic.ts';
import type { Run, Scope } from './evaluation.ts';
import { blocksOfJson } from './json-body.ts';
import type { Span } from './source.ts';
import { between } from './source.ts';
import { suggest } from './suggest.ts';

/** A body and the names that its expressions can use. */
export type BoundBody = Readonly<{ body: Body; scope: Scope }>;
export type BoundBlock = Block & Readonly<{ scope: Scope }>;

export type BodySchema = Readonly<{
  /** Names of the arguments; `required` ones must be there. */
  attributes: ReadonlyMap<string, Readonly<{ required?: boolean }>>;
  /** Types of blocks with the names of their labels. */
  blocks: ReadonlyMap<string, readonly string[]>;
}>;

export type Content = Readonly<{
  attributes: ReadonlyMap<string, Attribute>;
  /** In the order written. */
  blocks: readonly BoundBlock[];
}>;

/** What a body has of a schema; everything else is told as a mistake. */
export function readContent(bound: BoundBody, schema: BodySchema, run: Run): Content {
  const { body } = bound;
  const attributes = new Map<string, Attribute>();
  const blocks: BoundBlock[] = [];
  for (const attribute of body.attributes.values()) {
    const labels = schema.blocks.get(attribute.name);
    if (schema.attributes.has(attribute.name)) attributes.set(attribute.name, attribute);
    else if (body.json && labels !== undefined) {
      for (const block of blocksOfJson(attribute, labels.length, run)) {
        admitBlock({ ...block, scope: bound.scope }, schema, blocks, run);
      }
    } else if (!(body.json && attribute.name === '//')) refuseAttribute(attribute, schema, run);
  }
  for (const block of body.blocks) {
    admitBlock({ ...block, scope: bound.scope }, schema, blocks, run);
  }
  tellMissing(attributes, body, schema, run);
  return { attributes, blocks };
}

/** A body of nothing but arguments of any names, such as `meta` or `env`. */
export function readAttributes(bound: BoundBody, run: Run): ReadonlyMap<string, Attribute> {
  for (const block of bound.body.blocks) {
    run.fail(
      block.typeSpan,
      `Unexpected "${block.type}" block`,
      'Blocks are not allowed here.',
      headerSpan(block),
    );
  }
  return bound.body.attributes;
}

/** A block's type and labels: what names it. */
export function headerSpan(block: Block): Span {
  return between(block.typeSpan, block.labelSpans[block.labelSpans.length - 1] ?? block.typeSpan);
}

/** Where to point when something is missing from a body: its beginning. */
export function missingSpan(body: Body): Span {
  return { source: body.span.source, start: body.span.start, end: body.span.start };
}

function tellMissing(
  found: ReadonlyMap<string, Attribute>,
  body: Body,
  schema: BodySchema,
  run: Run,
): void {
  for (const [name, { required }] of schema.attributes) {
    if (required !== true || found.has(name)) continue;
    const detail = `The argument "${name}" is required, but no definition was found.`;
    run.fail(missingSpan(body), 'Missing required argument', detail);
  }
}

function refuseAttribute(attribute: Attribute, schema: BodySchema, run: Run): void {
  const { name } = attribute;
  const nearest = suggest(name, schema.attributes.keys());
  let hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  if (schema.blocks.has(name)) hint = ` Did you mean to define a block of type "${name}"?`;
  const detail = `An argument named "${name}" is not expected here.${hint}`;
  run.fail(attribute.nameSpan, 'Unsupported argument', detail);
}

function admitBlock(block: BoundBlock, schema: BodySchema, blocks: BoundBlock[], run: Run): void {
  const labels = schema.blocks.get(block.type);
  if (labels !== undefined) {
    if (labelsFit(block, labels, run)) blocks.push(block);
    return;
  }
  if (block.type === 'dynamic' && block.labels.length === 1) {
    const generated = generateBlocks(block, [...schema.blocks.keys()], run);
    for (const made of generated) admitBlock(made, schema, blocks, run);
    return;
  }
  const nearest = suggest(block.type, schema.blocks.keys());
  let hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  if (schema.attributes.has(block.type)) {
    hint =
      ` Did you mean to define argument "${block.type}"? If so, use the equals sign to assign it ` +
      'a value.';
  }
  const detail = `Blocks of type "${block.type}" are not expected here.${hint}`;
  run.fail(block.typeSpan, 'Unsupported block type', detail);
}

function labelsFit(block: Block, names: readonly string[], run: Run): boolean {
  const listed = names.join(', ');
  const context = between(block.typeSpan, block.openSpan);
  if (block.labels.length < names.length) {
    run.fail(
      block.openSpan,
      `Missing ${names[block.labels.length] ?? 'label'} for ${block.type}`,
      `All ${block.type} blocks must have ${names.length} labels (${listed}).`,
      context,
    );
    return false;
  }
  const extra = block.labelSpans[names.length];
  if (extra === undefined) return true;
  run.fail(
    extra,
    `Extraneous label for ${block.type}`,
    names.length === 0
      ? `No labels are expected for ${block.type} blocks.`
      : `Only ${names.length} labels (${listed}) are expected for ${block.type} blocks.`,
    context,
  );
  return false;
}
