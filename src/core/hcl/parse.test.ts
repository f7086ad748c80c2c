import assert from 'node:assert/strict';
import test from 'node:test';
import { parse as parseTheirs } from '@cdktf/hcl2json';
import fc from 'fast-check';
import { cpuMs } from '../../../test/cpu-time.ts';
import { HCL_SOURCE_MAX } from '../limits.ts';
import type { Body, Expression } from './ast.ts';
import { formatDiagnostic, renderDiagnostics } from './diagnostic.ts';
import { Evaluation } from './evaluate.ts';
import { FUNCTIONS } from './functions/library.ts';
import { encodeJson } from './functions/json.ts';
import { parseJson } from './json-body.ts';
import { checkMistakes, complaints } from './mistakes.fixture.ts';
import { parseConfig, parseExpression } from './parse.ts';
import { Source } from './source.ts';

test('characters that no place allows are told first', () => {
  checkMistakes([
    [
      "a = 'x'",
      ['x:1,5-6: Invalid character; Single quotes are not valid.', 'x:1,5-6: Invalid expression;'],
    ],
    ['a = 1\u0000', ['x:1,6-7: Invalid character; Configuration files are text']],
  ]);
});

test('a mistake is shown under its line', () => {
  const source = new Source('job.hcl', 'job "x" {\n\tcuont = = 3\n}\n');
  const { diagnostics } = parseConfig(source);
  assert.equal(
    renderDiagnostics(diagnostics, new Map([[source.name, source]])),
    'job.hcl:2,10-11: Invalid expression; Expected the start of an expression, but found an invalid expression token.\n' +
      '  2 | \tcuont = = 3\n' +
      '    | \t        ^',
  );
});

test('columns count characters as a reader sees them, bytes are of UTF-8', () => {
  const { diagnostics } = parseConfig(new Source('x', 'a = "👩‍👩‍👧‍👦é" ?'));
  assert.deepEqual(diagnostics[0]?.subject.start, { line: 1, column: 11, byte: 35 });
});

/** The tree as hcl2json writes it, for what both can express: arguments with literals, blocks. */
function asJson(body: Body): unknown {
  const out: Record<string, unknown> = {};
  for (const [name, { value }] of body.attributes) out[name] = plain(value);
  for (const block of body.blocks) {
    const path = [block.type, ...block.labels];
    let at = out;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    const last = path[path.length - 1] ?? '';
    at[last] = [...((at[last] as unknown[] | undefined) ?? []), asJson(block.body)];
  }
  return out;
}

function plain(value: Expression): unknown {
  const run = new Evaluation({ functions: FUNCTIONS });
  return JSON.parse(encodeJson(run.evaluate(value, { names: new Map() })));
}

const name = fc
  .stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
  .filter((n) => !/^(true|false|null|for|if|in)$/.test(n));
const text = fc
  .string({ unit: fc.constantFrom(...Array.from('abc é😀"\\\n\t{}$%~#/<>')), maxLength: 12 })
  // What hcl2json writes for an escaped sequence cannot be told from a sequence.
  .filter((t) => !/[$%]\{/.test(t));
const quote = (t: string) => JSON.stringify(t).replace(/[\u007f-\u009f]/g, '');
const literal = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'literal' },
    text.map(quote),
    fc.integer({ min: 0, max: 1e6 }).map(String),
    fc.constantFrom('true', 'false', 'null', '1.5', '1e3'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 3, selector: ([n]) => n })
      .map((items) => `{\n${items.map(([n, v]) => `${n} = ${v}\n`).join('')}}`),
  ),
})).value;
const heredoc = fc
  .array(
    fc.stringMatching(/^[ \t]{0,3}[a-z ]{0,6}$/).filter((line) => line.trim() !== 'EOT'),
    { maxLength: 4 },
  )
  .map((lines) => `<<EOT\n${lines.map((line) => `${line}\n`).join('')}EOT`);
const attributes = fc
  .uniqueArray(fc.tuple(name, fc.oneof(literal, heredoc)), { maxLength: 4, selector: ([n]) => n })
  .map((items) =>
    items
      .map(([n, v]) =>
        `${n} = ${v} ${v.startsWith('<<') ? '' : '# why'}\n`.replace(/EOT \n/, 'EOT\n'),
      )
      .join(''),
  );
const label = fc.array(name, { maxLength: 2 });
const block = (inside: fc.Arbitrary<string>) =>
  fc.tuple(name, label, inside).map(([type, labels, body]) => {
    // A type of its own for each shape, so that no block meets an argument of its name.
    const quoted = labels.map((l) => `"${l}"`).join(' ');
    return `b_${type}_${labels.length} ${quoted} {\n${body}}\n`;
  });
const bodyOf = (inside: fc.Arbitrary<string>) =>
  fc
    .tuple(attributes, fc.array(block(inside), { maxLength: 2 }))
    .map(([own, blocks]) => own + blocks.join(''));
const config = bodyOf(bodyOf(attributes));

test('files mean what the reference parser says they mean', async () => {
  await fc.assert(
    fc.asyncProperty(config, async (written) => {
      const source = written;
      const { tree, diagnostics } = parseConfig(new Source('x', source));
      assert.deepEqual(diagnostics.map(formatDiagnostic), []);
      const theirs: unknown = await parseTheirs('x', source);
      assert.deepEqual(normal(asJson(tree)), normal(theirs));
    }),
    { numRuns: 200 },
  );
});

/** hcl2json writes what it cannot express as text in `${}`: here that is only `null` inside. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    part === '${null}' ? null : part,
  );
}

test('mistakes are told at the place where the reference parser tells them', async () => {
  const bad = [
    'a = 1 2',
    'a = [1 2]',
    'a = {b = 1 c = 2}',
    'a = ',
    'a',
    'a b',
    'a {',
    'a { b = 1',
    'a { b = 1, c = 2 }',
    'a {\n  b = 1, c = 2\n}',
    'a = f(1 2)',
    'a = f(1,\n',
    'a = (1 2)',
    'a = "x${1 2}"',
    'a = "x',
    'a = x.1a',
    'a = [for x in y]',
    'a = {for x in y : x}',
    'a = [for x in y : x => x]',
    'a = !',
    'a = 1 +',
    'a = x ? 1 2',
    '"a" = 1',
    'a = b c = d',
    'a "x" = 1',
    'a "x"\n{\n}',
    '}',
    'a {\n}}',
    'a = 5 & 3',
    'a = x[1',
    'a = x[*',
    'a = {1 2}',
    'a = {a}',
    'a = @',
    'a = "%{ if x }"',
    'a = "%{ endif }"',
    'a = 1 # x\nb = # y\n',
  ];
  const differing: string[] = [];
  for (const text of bad) {
    const theirs = await parseTheirs('x', text).then(
      () => 'no error',
      (error: unknown) => String(error),
    );
    const ours = complaints(text)[0] ?? 'no error';
    const place = /x:[0-9,-]+/.exec(theirs)?.[0] ?? theirs;
    if (!ours.startsWith(`${place}:`))
      differing.push(`${JSON.stringify(text)} ours ${ours} theirs ${theirs}`);
  }
  assert.deepEqual(differing, []);
});

test('D1: whatever the text, an answer comes, and soon', () => {
  const words = fc.constantFrom(
    ...[
      'a',
      '=',
      '"',
      '${',
      '%{',
      '}',
      '{',
      '[',
      ']',
      '(',
      ')',
      '\n',
      '<<EOT\n',
      'EOT\n',
      'for',
      'in',
      ':',
      '=>',
    ],
    ...[
      'if',
      '...',
      '.',
      '*',
      ',',
      '?',
      '1',
      '-',
      '!',
      '~}',
      '#',
      'endfor',
      'else',
      '\\',
      '\u{1F600}',
      '\uFEFF',
      '\uD800',
    ],
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
      const source = new Source('x', parts.join(' '));
      const { tree, diagnostics } = parseConfig(source);
      renderDiagnostics(diagnostics, new Map([['x', source]]));
      const run = new Evaluation({ functions: FUNCTIONS });
      for (const { value } of tree.attributes.values()) run.evaluate(value, { names: new Map() });
      parseJson(new Source('x', parts.join('')));
    }),
    { numRuns: 3000 },
  );
});

test('hostile files get an error in time', () => {
  const deep = (open: string, close: string) =>
    `a = ${open.repeat(50_000)}1${close.repeat(50_000)}`;
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['brackets', deep('[', ']'), /Nesting too deep/],
    ['parentheses', deep('(', ')'), /Nesting too deep/],
    ['unclosed brackets', `a = ${'['.repeat(100_000)}`, /Nesting too deep/],
    ['unary', `a = ${'!'.repeat(100_000)}true`, /Nesting too deep/],
    ['templates', `a = ${'"${'.repeat(50_000)}1${'}"'.repeat(50_000)}`, /Nesting too deep/],
    ['conditionals', `a = ${'true ? 1 : '.repeat(50_000)}1`, /Nesting too deep/],
    ['sums', `a = ${'1 + '.repeat(100_000)}1`, /Nesting too deep/],
    ['indexes', `a = x${'[y]'.repeat(100_000)}`, /Nesting too deep/],
    ['splats', `a = x${'[*]'.repeat(100_000)}`, /Nesting too deep/],
    ['blocks', 'a {\n'.repeat(100_000), /Nesting too deep/],
    ['directives', `a = "${'%{ if true }'.repeat(50_000)}"`, /Nesting too deep/],
    ['size', ' '.repeat(HCL_SOURCE_MAX + 1), /Configuration too large/],
    ['digits', `a = ${'9'.repeat(100_000)}`, /Invalid number literal/],
    ['mistakes', 'a = = 1\n'.repeat(100_000), /Invalid expression/],
    ['heredocs', `a = ${'<<E\n'.repeat(50_000)}`, /Unterminated template string/],
  ];
  for (const [what, hostile, expected] of rows) {
    const started = cpuMs();
    const { diagnostics } = parseConfig(new Source('x', hostile));
    assert.match(diagnostics.map(formatDiagnostic).join('\n'), expected, what);
    assert.ok(cpuMs() - started < 3000, `${what} took too long`);
  }
});

test('hostile expressions are given up in time', () => {
  const chain = Array.from({ length: 60 }).reduce<string>(
    (inner) => `[for x in [${inner}] : { v = "\${x.v}\${x.v}" }][0]`,
    '{ v = "aaaaaaaaaa" }',
  );
  const product =
    '[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a + b + c]]]';
  const rows: readonly (readonly [string, RegExp])[] = [
    [chain, /Nesting too deep|too expensive/],
    [product, /Configuration too expensive/],
    ['setproduct(range(1000), range(1000), range(1000))', /too large|too expensive/],
    ['format("%900000000d", 1)', /too large|too expensive|unrecognized/],
    ['join(format("%999999d", 1), range(1000))', /too large|too expensive/],
    ['replace(format("%99999d", 1), " ", format("%99999d", 1))', /too large|too expensive/],
    ['regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', /did not match/],
    ['1e999999999', /Invalid number literal/],
    [Array.from({ length: 60 }, () => '1e1000').join(' * '), /too large a number/],
    ['range(1e9)', /more than 1024 values/],
  ];
  for (const [hostile, expected] of rows) {
    const started = cpuMs();
    const { tree, diagnostics } = parseExpression(new Source('x', hostile));
    const run = new Evaluation({ functions: FUNCTIONS });
    run.evaluate(tree, { names: new Map() });
    const told = [...diagnostics, ...run.diagnostics].map(formatDiagnostic).join('\n');
    assert.match(told, expected, hostile.slice(0, 80));
    assert.ok(cpuMs() - started < 5000, `${hostile.slice(0, 80)} took too long`);
  }
});
