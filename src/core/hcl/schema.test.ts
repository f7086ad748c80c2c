import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { Evaluation } from './evaluate.ts';
import { parseJson } from './json-body.ts';
import { parseConfig } from './parse.ts';
import { readAttributes, readContent } from './schema.ts';
import type { BodySchema, Content } from './schema.ts';
import { Source } from './source.ts';
import { string } from './value.ts';

const SCHEMA: BodySchema = {
  attributes: new Map([
    ['name', { required: true }],
    ['count', {}],
  ]),
  blocks: new Map([
    ['port', ['label']],
    ['volume', []],
  ]),
};
const SCOPE = { names: new Map([['x', string('v')]]) };

function read(text: string, name = 'x.hcl'): { content: Content; told: readonly string[] } {
  const source = new Source(name, text);
  const { tree, diagnostics } = name.endsWith('.json') ? parseJson(source) : parseConfig(source);
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  const run = new Evaluation();
  const content = readContent({ body: tree, scope: SCOPE }, SCHEMA, run);
  return { content, told: run.diagnostics.map(formatDiagnostic) };
}

function labels(content: Content): readonly string[] {
  return content.blocks.map((block) => [block.type, ...block.labels].join(' '));
}

test('S1: everything is in the content or told', () => {
  const { content, told } = read(
    'cuont = 1\nport = 2\nport {}\nport "a" "b" {}\nport "c" {}\nprot "d" {}\ncount {}\nvolume "v" {}',
  );
  assert.deepEqual(labels(content), ['port c']);
  assert.deepEqual(told, [
    'x.hcl:1,1-6: Unsupported argument; An argument named "cuont" is not expected here. Did you mean "count"?',
    'x.hcl:2,1-5: Unsupported argument; An argument named "port" is not expected here. Did you mean to define a block of type "port"?',
    'x.hcl:3,6-7: Missing label for port; All port blocks must have 1 labels (label).',
    'x.hcl:4,10-13: Extraneous label for port; Only 1 labels (label) are expected for port blocks.',
    'x.hcl:6,1-5: Unsupported block type; Blocks of type "prot" are not expected here. Did you mean "port"?',
    'x.hcl:7,1-6: Unsupported block type; Blocks of type "count" are not expected here. Did you mean to define argument "count"? If so, use the equals sign to assign it a value.',
    'x.hcl:8,8-11: Extraneous label for volume; No labels are expected for volume blocks.',
    'x.hcl:1,1-1: Missing required argument; The argument "name" is required, but no definition was found.',
  ]);
});

test('in JSON the schema tells arguments from blocks', () => {
  const { content, told } = read(
    '{"//": "c", "name": "${x}", "port": [{"a": {"to": 1}}, {"b": [{"to": 2}, {"to": 3}]}], "volume": {}}',
    'x.json',
  );
  assert.deepEqual(told, []);
  assert.deepEqual(labels(content), ['port a', 'port b', 'port b', 'volume']);
  const name = content.attributes.get('name');
  assert.ok(name !== undefined);
  assert.deepEqual(new Evaluation().evaluate(name.value, SCOPE), string('v'));
  assert.match(
    read('{"name": 1, "port": 5}', 'x.json').told[0] ?? '',
    /^x.json:1,21-22: Incorrect JSON value type/,
  );
});

test('broken JSON is told where it breaks', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['', 'x.json:1,1-1: Invalid JSON; This is not valid JSON: a value is expected here.'],
    ['{"a" 1}', 'x.json:1,6-7: Invalid JSON; This is not valid JSON: a colon is missing.'],
    ['{"a": 1 "b": 2}', 'x.json:1,9-10: Invalid JSON; This is not valid JSON: a comma is missing.'],
    [
      '{"a": "x}',
      'x.json:1,7-8: Invalid JSON; This is not valid JSON: the string is malformed or not closed.',
    ],
    [
      '[1, 2]',
      'x.json:1,1-7: Root value must be object; A JSON object is required, whose properties are arguments and blocks.',
    ],
    [
      '{"a": 1, "a": 2}',
      'x.json:1,10-13: Property redefined; The property "a" was already set. Use an array for several blocks.',
    ],
    [
      '{"a": 1} x',
      'x.json:1,10-11: Invalid JSON; This is not valid JSON: there are extra characters after the value.',
    ],
    [
      '['.repeat(5000),
      'x.json:1,121-122: Invalid JSON; This is not valid JSON: it is nested too deep.',
    ],
    [
      '{"a": "${1 +}"}',
      'x.json:1,7-15: Missing expression; Expected the start of an expression, but found the end of the sequence.',
    ],
  ];
  for (const [text, expected] of rows) {
    const { diagnostics } = parseJson(new Source('x.json', text));
    assert.equal(diagnostics.map(formatDiagnostic)[0], expected, text.slice(0, 40));
  }
});

test('a body of arguments has no blocks', () => {
  const { tree } = parseConfig(new Source('x', 'a = 1\nb {}'));
  const run = new Evaluation();
  const found = readAttributes({ body: tree, scope: SCOPE }, run);
  assert.deepEqual([...found.keys()], ['a']);
  assert.match(run.diagnostics.map(formatDiagnostic)[0] ?? '', /^x:2,1-2: Unexpected "b" block/);
});
