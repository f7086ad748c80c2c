/** The page of templates: every example gives what it says, and every function has one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEMPLATE_FUNCTIONS } from '../src/core/template/functions/library.ts';
import { HOST, rendering } from '../src/core/template/rendering.fixture.ts';
import { PAGE_ENV, pageAnswers } from './template-page-world.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/reference/templates.md'), 'utf8');
const shown = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const answers = pageAnswers(JSON.parse(shown) as Record<string, unknown>);

/** A cell without its marks, with the characters that a table cannot hold. */
const plain = (cell: string): string =>
  cell
    .replace(/^[`*]|[`*]$/g, '')
    .replaceAll('\\|', '|')
    .replaceAll('⏎', '\n');

const rows = [...page.matchAll(/^\| `(\w+)` \| (`.*`) \| (`.*`|\*.*\*|) \|$/gm)].map((m) => ({
  name: m[1] ?? '',
  example: plain(m[2] ?? ''),
  gives: m[3] ?? '',
}));

test('every example of the page gives what it says', () => {
  assert.ok(rows.length > 100);
  for (const { name, example, gives } of rows) {
    const host = { ...HOST, env: PAGE_ENV };
    const { result, missing } = rendering(example, answers, { host });
    assert.ok(example.includes(name) || name === 'not', `${name} is shown by ${example}`);
    if (gives === '*waits*') assert.equal(missing.length, 1, example);
    else if ('text' in result) assert.equal(result.text, plain(gives), example);
    else assert.equal(result.problem.replace(/^.*>: /, ''), plain(gives), example);
    if (gives !== '*waits*') assert.deepEqual(missing, [], example);
  }
});

const cases = [...page.matchAll(/^\| (`.*`) \| (`.*`|\*.*\*) \|$/gm)]
  .filter(([line]) => !/^\| `\w+` \| `/.test(line))
  .map(([, template = '', gives = '']) => ({
    // Two marks on either side stand around a text that has one in it.
    template: template.startsWith('`` ') ? ` ${template.slice(2, -2)} `.slice(2, -2) : template,
    gives,
  }));

test('every case of the language gives what it says', () => {
  assert.ok(cases.length > 50);
  for (const { template, gives } of cases) {
    const source = plain(template);
    const { result } = rendering(source, new Map());
    if ('text' in result) assert.equal(result.text, plain(gives), source);
    else assert.equal(result.problem.replace(/^.*>: /, ''), plain(gives), source);
  }
});

test('every function has an example', () => {
  const named = new Set(rows.map(({ name }) => name));
  assert.deepEqual(
    [...TEMPLATE_FUNCTIONS.keys()].filter((name) => !named.has(name)),
    [],
  );
});
