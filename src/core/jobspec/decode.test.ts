import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from '../hcl/diagnostic.ts';
import { Evaluation } from '../hcl/evaluate.ts';
import { parseConfig } from '../hcl/parse.ts';
import { Source } from '../hcl/source.ts';
import { decodeBlock } from './decode.ts';
import {
  byLabel,
  duration,
  flag,
  free,
  int,
  many,
  one,
  required,
  table,
  text,
  textMap,
  texts,
  textsMap,
} from './table.ts';

interface Inner {
  name: string;
  on: boolean;
}
interface Outer {
  text: string;
  count: number;
  waitMs: number;
  list: readonly string[];
  only: Inner;
  all: readonly Inner[];
  named: Readonly<Record<string, Inner>>;
  tags: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, readonly string[]>>;
  config: object;
}

const INNER = table<Inner>({ label: 'name', arguments: { on: flag('on') } });
const OUTER = table<Outer>({
  arguments: {
    text: required(text('text')),
    count: int('count'),
    wait: duration('waitMs'),
    list: texts('list'),
  },
  blocks: {
    only: one('only', table<Pick<Inner, 'on'>>({ arguments: { on: flag('on') } })),
    each: many('all', INNER),
    named: byLabel('named', INNER),
    tags: textMap('tags'),
    headers: textsMap('headers'),
    config: free('config'),
  },
});

function decode(body: string): { written: object; told: readonly string[] } {
  const { tree, diagnostics } = parseConfig(new Source('x', `b {\n${body}\n}`));
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  const [block] = tree.blocks;
  assert.ok(block !== undefined);
  const run = new Evaluation();
  const written = decodeBlock(OUTER, { ...block, scope: { names: new Map() } }, run);
  return { written, told: run.diagnostics.map(formatDiagnostic) };
}

test('J2: what was written is in the draft, and nothing else', () => {
  assert.deepEqual(decode('text = "a"\ncount = null').written, { text: 'a' });
  const { written, told } = decode(`
    text  = 5
    count = "7"
    wait  = "1m30s"
    list  = ["a", 1]
    only { on = "true" }
    each "a" { on = false }
    each "b" {}
    named "c" {}
    tags { a = 1 }
    headers = { h = ["x"] }
    config {
      a = [1, { b = null }]
      c {}
      c "l" {
        d = 1.5
      }
      dynamic "e" {
        for_each = [1, 2]
        content { v = e.value }
      }
    }`);
  assert.deepEqual(told, []);
  assert.deepEqual(written, {
    text: '5',
    count: 7,
    waitMs: 90_000,
    list: ['a', '1'],
    only: { on: true },
    all: [{ name: 'a', on: false }, { name: 'b' }],
    named: { c: { name: 'c' } },
    tags: { a: '1' },
    headers: { h: ['x'] },
    config: { a: [1, { b: null }], c: [{}, { l: [{ d: 1.5 }] }], e: [{ v: 1 }, { v: 2 }] },
  });
});

test('J1: what is not in the table, or of another kind, is told', () => {
  const rows: readonly (readonly [string, string])[] = [
    [
      '',
      'x:1,3-3: Missing required argument; The argument "text" is required, but no definition was found.',
    ],
    [
      'text = "a"\ncuont = 1',
      'x:3,1-6: Unsupported argument; An argument named "cuont" is not expected here. Did you mean "count"?',
    ],
    [
      'text = "a"\ncount = 1.5',
      'x:3,9-12: Unsuitable value type; Unsuitable value: value must be a whole number, between -9007199254740991 and 9007199254740991',
    ],
    [
      'text = "a"\nwait = "soon"',
      'x:3,9-13: Unsuitable value type; Unsuitable duration value: time: invalid duration "soon"',
    ],
    [
      'text = "a"\nwait = []',
      'x:3,8-9: Unsuitable value type; Unsuitable value: a duration such as "30s" is required',
    ],
    [
      'text = "a"\nonly {}\nonly {}',
      'x:4,1-5: Duplicate only block; Only one only block is allowed. Another was defined at x:3,1-5.',
    ],
    [
      'text = "a"\ntags {\n a = []\n}',
      'x:4,6-7: Unsuitable value type; Unsuitable value: string required',
    ],
    ['text = "a"\ntags {\n a {}\n}', 'x:4,2-3: Unexpected "a" block; Blocks are not allowed here.'],
  ];
  for (const [body, expected] of rows) assert.deepEqual(decode(body).told, [expected]);
});
