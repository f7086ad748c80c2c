import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeYaml } from './yaml.ts';

test('what documents say', () => {
  const rows: readonly [text: string, data: unknown][] = [
    ['a: 1\nb: [x, 2.5, true, null]', { a: 1n, b: ['x', 2.5, true, null] }],
    ['&a [1]', [1n]],
    ['x: &a {y: 1}\nz: *a', { x: { y: 1n }, z: { y: 1n } }],
    ['"quoted: not a map"', 'quoted: not a map'],
    ['', null],
  ];
  for (const [text, data] of rows) assert.deepEqual(decodeYaml(text), { data }, text);
});

test('what is no YAML, or would grow without bound, is told', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [name, of] of ['ba', 'cb', 'dc', 'ed'].map((pair) => [pair[0], pair[1]])) {
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]`);
  }
  const rows: readonly (readonly [text: string, problem: RegExp])[] = [
    ['a: [1', /flow collection|sequence/i],
    ['a: 1\na: 2', /unique/i],
    ['*nothing', /alias/i],
    [bomb.join('\n'), /alias/i],
    ['['.repeat(100_000), /./],
  ];
  for (const [text, problem] of rows) {
    const decoded = decodeYaml(text);
    assert.ok('problem' in decoded, text.slice(0, 50));
    assert.match(decoded.problem, problem);
    assert.equal(decoded.argument, 0);
  }
  fc.assert(fc.property(fc.string(), (text) => void decodeYaml(text)));
});
