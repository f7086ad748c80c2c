/**
 * `dynamic "type" { for_each = ... content { ... } }`: blocks made from the elements of a
 * collection. Each has the same body and a scope in which the iterator holds its element.
 */
import type { Attribute, Block } from './ast.ts';
import type { Run, Scope } from './evaluation.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';
import { friendlyType, STRING } from './type.ts';
import { convert } from './convert.ts';
import { isMapping, isSequence, number, object, string, typeOf } from './value.ts';
import type { Value } from './value.ts';

type DynamicBlock = Block & Readonly<{ scope: Scope }>;

/** The blocks that a `dynamic` block stands for; none (and a diagnostic) if it is wrong. */
export function generateBlocks(
  dynamic: DynamicBlock,
  types: readonly string[],
  run: Run,
): readonly DynamicBlock[] {
  const [type = ''] = dynamic.labels;
  const [typeSpan = dynamic.typeSpan] = dynamic.labelSpans;
  if (!types.includes(type)) {
    const detail = `Blocks of type "${type}" are not expected here.${didYouMean(type, types)}`;
    run.fail(typeSpan, 'Unsupported block type', detail);
    return [];
  }
  const content = contentOf(dynamic, run);
  const elements = elementsOf(dynamic, run);
  if (content === undefined || elements === undefined) return [];
  const iterator = iteratorName(dynamic, run) ?? type;
  const made: DynamicBlock[] = [];
  for (const [key, value] of elements) {
    if (!run.budget.elements(1)) break;
    const element = object([
      ['key', key],
      ['value', value],
    ]);
    const scope = { names: new Map([[iterator, element]]), parent: dynamic.scope };
    const labels = labelsOf(dynamic, scope, run);
    if (labels === undefined) return made;
    const labelSpans = labels.map((label) => label.span);
    const texts = labels.map((label) => label.text);
    made.push({ ...content, type, typeSpan, labels: texts, labelSpans, scope });
  }
  return made;
}

const ARGUMENTS = new Set(['for_each', 'iterator', 'labels']);

function contentOf(dynamic: DynamicBlock, run: Run): Block | undefined {
  for (const attribute of dynamic.body.attributes.values()) {
    if (ARGUMENTS.has(attribute.name)) continue;
    const detail = `An argument named "${attribute.name}" is not expected here.${didYouMean(attribute.name, ARGUMENTS)}`;
    run.fail(attribute.nameSpan, 'Unsupported argument', detail);
  }
  const [content, second] = dynamic.body.blocks;
  if (content?.type === 'content' && second === undefined) return content;
  const wrong = second ?? content;
  run.fail(
    wrong?.typeSpan ?? { ...dynamic.openSpan, end: dynamic.openSpan.start },
    wrong === undefined ? 'Missing content block' : 'Extraneous block',
    'A dynamic block must have one block of type "content", with the body of each block it makes.',
  );
  return undefined;
}

type Pair = readonly [key: Value, value: Value];

function elementsOf(dynamic: DynamicBlock, run: Run): readonly Pair[] | undefined {
  const attribute = dynamic.body.attributes.get('for_each');
  if (attribute === undefined) {
    run.fail(
      { ...dynamic.openSpan, end: dynamic.openSpan.start },
      'Missing required argument',
      'The argument "for_each" is required, but no definition was found.',
    );
    return undefined;
  }
  const value = run.evaluate(attribute.value, dynamic.scope);
  if (value.kind === 'unknown') return undefined;
  if (value.kind === 'set') return value.items.map((item): Pair => [item, item]);
  if (isSequence(value)) return value.items.map((item, i): Pair => [number(i), item]);
  if (isMapping(value)) return [...value.entries].map(([key, item]): Pair => [string(key), item]);
  run.fail(
    attribute.value.span,
    'Invalid dynamic for_each value',
    value.kind === 'null'
      ? 'Cannot use a null value in for_each.'
      : `Cannot use a ${friendlyType(typeOf(value))} value in for_each. An iterable collection is required.`,
  );
  return undefined;
}

function iteratorName(dynamic: DynamicBlock, run: Run): string | undefined {
  const attribute: Attribute | undefined = dynamic.body.attributes.get('iterator');
  if (attribute === undefined) return undefined;
  const { value } = attribute;
  if (value.kind === 'variable' && value.steps.length === 0) return value.name;
  run.fail(value.span, 'Invalid expression', 'The iterator must be a single variable name.');
  return undefined;
}

function labelsOf(
  dynamic: DynamicBlock,
  scope: Scope,
  run: Run,
): readonly Readonly<{ text: string; span: Span }>[] | undefined {
  const attribute = dynamic.body.attributes.get('labels');
  if (attribute === undefined) return [];
  const value = run.evaluate(attribute.value, scope);
  const items = isSequence(value) ? value.items : undefined;
  const labels: { text: string; span: Span }[] = [];
  for (const item of items ?? [value]) {
    const converted = convert(item, STRING);
    if (items === undefined || 'problem' in converted || converted.value.kind !== 'string') {
      const detail = 'Labels must be a list of strings: they name the blocks that are made.';
      if (value.kind !== 'unknown')
        run.fail(attribute.value.span, 'Invalid dynamic block label', detail);
      return undefined;
    }
    labels.push({ text: converted.value.value, span: attribute.value.span });
  }
  return labels;
}
