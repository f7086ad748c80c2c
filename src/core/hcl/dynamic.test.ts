import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { generateBlocks } from './dynamic.ts';
import { Evaluation } from './evaluate.ts';
import { parseConfig } from './parse.ts';
import { Source } from './source.ts';

function generate(text: string): {
  made: ReturnType<typeof generateBlocks>;
  told: readonly string[];
} {
  const { tree, diagnostics } = parseConfig(new Source('x', text));
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  const [block] = tree.blocks;
  assert.ok(block !== undefined);
  const run = new Evaluation();
  const made = generateBlocks({ ...block, scope: { names: new Map() } }, ['port'], run);
  return { made, told: run.diagnostics.map(formatDiagnostic) };
}

test('blocks are made from a collection, with their iterator in scope', () => {
  const { made, told } = generate(`dynamic "port" {
    for_each = { b = 2, a = 1 }
    iterator = it
    labels   = [it.key]
    content { to = it.value }
  }`);
  assert.deepEqual(told, []);
  assert.deepEqual(
    made.map((block) => [block.type, ...block.labels, ...block.scope.names.keys()]),
    [
      ['port', 'a', 'it'],
      ['port', 'b', 'it'],
    ],
  );
});

test('mistakes in dynamic blocks name their place', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['dynamic "prot" {}', /^x:1,9-15: Unsupported block type; .*Did you mean "port"\?/],
    ['dynamic "port" {}', /^x:1,16-16: Missing content block/],
    ['dynamic "port" {\n content {}\n}', /^x:1,16-16: Missing required argument; .*"for_each"/],
    ['dynamic "port" {\n for_each = null\n content {}\n}', /^x:2,13-17: Invalid dynamic for_each/],
    [
      'dynamic "port" {\n for_each = [1]\n labels = 5\n content {}\n}',
      /^x:3,11-12: Invalid dynamic block label/,
    ],
    [
      'dynamic "port" {\n for_each = [1]\n lables = []\n content {}\n}',
      /^x:3,2-8: Unsupported argument; .*"labels"/,
    ],
    [
      'dynamic "port" {\n for_each = [1]\n iterator = "x"\n content {}\n}',
      /^x:3,13-16: Invalid expression/,
    ],
  ];
  for (const [text, expected] of rows) assert.match(generate(text).told[0] ?? '', expected, text);
});
