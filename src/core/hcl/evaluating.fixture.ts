/** Evaluates expressions for tests: in goes text, out comes JSON or the first mistake. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { formatDiagnostic } from './diagnostic.ts';
import { Evaluation } from './evaluate.ts';
import type { FunctionHost, HclFunction, LazyFunction } from './function.ts';
import { encodeJson } from './functions/json.ts';
import { parseExpression } from './parse.ts';
import { Source } from './source.ts';
import { number, object, string, tuple } from './value.ts';
import { decodeYaml } from './yaml.ts';

const FILES = new Map([
  ['a.txt', 'hello'],
  ['t.tpl', 'Hi ${name}%{ for x in list }, ${x}%{ endfor }'],
]);

/** A world of two files in which time stands still. */
export const HOST: FunctionHost = {
  now: Date.UTC(2026, 10, 21, 6, 34, 49),
  readFile: (path) => {
    const text = FILES.get(path);
    return text === undefined ? { problem: `no file exists at "${path}"` } : { text };
  },
  fileExists: (path) => FILES.has(path),
  listFiles: () => ['a.txt', 'b/c.txt', 'b/d.json'],
  homeDirectory: () => '/h',
  absolutePath: (path) => `/cwd/${path}`,
  hash: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
  bcrypt: (text, cost) => ({ text: `${cost}:${text}` }),
  rsaDecrypt: () => ({ problem: 'no such key' }),
  decodeYaml,
  uuid: () => '00000000-0000-4000-8000-000000000000',
};

/** `name`, `n`, `obj` and `users` stand for something. */
export const SCOPE = {
  names: new Map([
    ['name', string('World')],
    ['n', number(3)],
    [
      'obj',
      object([
        ['a', number(1)],
        ['list', tuple([string('x'), string('y')])],
      ]),
    ],
    ['users', tuple([object([['id', number(1)]]), object([['id', number(2)]])])],
  ]),
};

/** Functions by name. */
export type Functions = Readonly<Record<string, HclFunction | LazyFunction>>;

/** The value of an expression as JSON, or the first thing wrong with it on one line. */
export function evaluateText(text: string, functions: Functions, host = HOST): string {
  const { tree, diagnostics } = parseExpression(new Source('x', text));
  const run = new Evaluation({ functions: new Map(Object.entries(functions)), host });
  const value = diagnostics.length > 0 ? undefined : run.evaluate(tree, SCOPE);
  const [wrong] = [...diagnostics, ...run.diagnostics];
  return wrong === undefined && value !== undefined
    ? encodeJson(value)
    : formatDiagnostic(wrong ?? assert.fail('neither a value nor a mistake'));
}

/** An expression and what `evaluateText` answers; a mistake may be cut short. */
export type Row = readonly [expression: string, expected: string];

/** Compares each row. */
export function checkRows(functions: Functions, rows: readonly Row[]): void {
  for (const [expression, expected] of rows) {
    const actual = evaluateText(expression, functions);
    const shown = expected.startsWith('x:') ? actual.slice(0, expected.length) : actual;
    assert.equal(shown, expected, expression);
  }
}
