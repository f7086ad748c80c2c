/** Runs HCL's own specification suite: `.hcl` input, `.hcldec` specification, `.t` result. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Block, Body } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './diagnostic.ts';
import { Evaluation } from './evaluate.ts';
import type { Scope } from './evaluation.ts';
import { parseJson } from './json-body.ts';
import { formatNumber } from './number.ts';
import { parseConfig } from './parse.ts';
import { Source } from './source.ts';
import { decodeSpec } from './spec.ts';
import type { Spec } from './spec.ts';
import { readType } from './type-expression.ts';
import { ANY, sameType } from './type.ts';
import type { Type } from './type.ts';
import { isSequence, object, typeOf } from './value.ts';
import type { Value } from './value.ts';

const suite = join(process.cwd(), '../shared/conformance/hcl');
const EMPTY: Scope = { names: new Map() };

function load(path: string): Body {
  const source = new Source(path, readFileSync(path, 'utf8'));
  const { tree, diagnostics } = path.endsWith('.json') ? parseJson(source) : parseConfig(source);
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  return tree;
}

function valueOf(body: Body, name: string): Value | undefined {
  const attribute = body.attributes.get(name);
  return attribute === undefined ? undefined : new Evaluation().evaluate(attribute.value, EMPTY);
}

function textOf(body: Body, name: string): string | undefined {
  const value = valueOf(body, name);
  return value?.kind === 'string' ? value.value : undefined;
}

function typeIn(body: Body, name: string): Type {
  const attribute = body.attributes.get(name);
  if (attribute === undefined) return ANY;
  const result = readType(attribute.value);
  assert.ok('type' in result, 'problem' in result ? result.problem : '');
  return result.type;
}

const nestedOf = (body: Body): Spec => {
  const [first] = body.blocks;
  assert.ok(first !== undefined, 'the specification has a nested one');
  return readSpec(first);
};

function readSpec(block: Block): Spec {
  const { body, labels } = block;
  const type = textOf(body, 'block_type') ?? labels[0] ?? '';
  const required = textOf(body, 'required') === 'true';
  switch (block.type) {
    case 'literal':
      return { kind: 'literal', value: valueOf(body, 'value') ?? object([]) };
    case 'object': {
      const fields = body.blocks.map((field): [string, Spec] => [
        field.labels[0] ?? '',
        readSpec(field),
      ]);
      return { kind: 'object', fields: new Map(fields) };
    }
    case 'attr':
      return {
        kind: 'attr',
        name: textOf(body, 'name') ?? labels[0] ?? '',
        type: typeIn(body, 'type'),
        required,
      };
    case 'block':
      return { kind: 'block', type, required, nested: nestedOf(body) };
    case 'block_list':
    case 'block_set':
      return { kind: block.type, type, min: 0, max: Infinity, nested: nestedOf(body) };
    case 'block_map': {
      const names = valueOf(body, 'labels');
      assert.ok(names !== undefined && isSequence(names));
      const labelNames = names.items.map((item) => (item.kind === 'string' ? item.value : ''));
      return { kind: 'block_map', type, labels: labelNames, nested: nestedOf(body) };
    }
    default:
      throw new TypeError(`no such specification: ${block.type}`);
  }
}

function run(
  hclPath: string,
  specPath: string,
): { value: Value; diagnostics: readonly Diagnostic[] } {
  const body = load(specPath);
  const variables = body.blocks.find((block) => block.type === 'variables');
  const root = body.blocks.find((block) => block.type !== 'variables');
  assert.ok(root !== undefined);
  const names = new Map<string, Value>();
  for (const name of variables?.body.attributes.keys() ?? []) {
    const value = variables === undefined ? undefined : valueOf(variables.body, name);
    if (value !== undefined) names.set(name, value);
  }
  const source = new Source(hclPath, readFileSync(hclPath, 'utf8'));
  const parsed = hclPath.endsWith('.json') ? parseJson(source) : parseConfig(source);
  const evaluation = new Evaluation();
  // A file that does not parse is not decoded: what that would tell are echoes.
  if (parsed.diagnostics.length > 0) return { value: object([]), diagnostics: parsed.diagnostics };
  const value = decodeSpec({ body: parsed.tree, scope: { names } }, readSpec(root), evaluation);
  return { value, diagnostics: evaluation.diagnostics };
}

function expectedRanges(wanted: Body): string[] {
  const list = wanted.blocks.find((block) => block.type === 'diagnostics');
  const numberIn = (body: Body, name: string): string => {
    const value = valueOf(body, name);
    return value?.kind === 'number' ? formatNumber(value.value) : '?';
  };
  return (list?.body.blocks ?? []).map((block) => {
    const places = ['from', 'to'].map((name) => {
      const place = block.body.blocks.find((inner) => inner.type === name);
      if (place === undefined) return '?';
      return ['line', 'column', 'byte'].map((part) => numberIn(place.body, part)).join(':');
    });
    return `${block.type} ${places.join(' to ')}`;
  });
}

function actualRanges(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ severity, subject: { start, end } }) => {
    const places = [start, end].map((at) => `${at.line}:${at.column}:${at.byte}`);
    return `${severity} ${places.join(' to ')}`;
  });
}

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

if (!existsSync(suite)) test('the HCL specification suite', { skip: `${suite} is absent` });
else {
  for (const path of files(suite).filter((name) => name.endsWith('.t'))) {
    const base = path.slice(0, -2);
    for (const input of [`${base}.hcl`, `${base}.hcl.json`].filter((name) => existsSync(name))) {
      test(`specification: ${input.slice(suite.length + 1)}`, () => {
        const wanted = load(path);
        const { value, diagnostics } = run(input, `${base}.hcldec`);
        assert.deepEqual(actualRanges(diagnostics), expectedRanges(wanted));
        const result = valueOf(wanted, 'result');
        if (wanted.attributes.has('result_type')) {
          const type = typeIn(wanted, 'result_type');
          assert.ok(sameType(typeOf(value), type), JSON.stringify(typeOf(value), plain));
        }
        // The written result is of tuples and objects: content is compared, the type is above.
        if (result !== undefined) assert.equal(show(value), show(result));
      });
    }
  }
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** Content only: list or tuple, map or object is told apart by the type. */
function show(value: Value): string {
  if ('items' in value) return `[${value.items.map(show).join()}]`;
  if ('entries' in value) {
    return `{${[...value.entries].map(([key, item]) => `${key}=${show(item)}`).join()}}`;
  }
  return JSON.stringify('value' in value ? value.value : value.kind, plain);
}
