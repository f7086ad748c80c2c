import assert from 'node:assert/strict';
import test from 'node:test';
import { Evaluation } from './evaluate.ts';
import { parseConfig, parseTemplate } from './parse.ts';
import { Source } from './source.ts';
import { number, string, tuple } from './value.ts';

const names = new Map([
  ['a', string('A')],
  ['list', tuple([number(1), number(2)])],
]);

function argument(text: string): unknown {
  const { tree, diagnostics } = parseConfig(new Source('x', `v = ${text}\n`));
  assert.deepEqual(diagnostics, []);
  const value = tree.attributes.get('v')?.value ?? assert.fail('v is there');
  return new Evaluation().evaluate(value, { names });
}

test('T1: what all lines of a heredoc are indented by is taken away', () => {
  assert.deepEqual(argument('<<-EOT\n    a\n      b\n\n    c\n  EOT'), string('a\n  b\n\nc\n'));
  assert.deepEqual(argument('<<-EOT\n  x\n${a}\n  EOT'), string('  x\nA\n'));
  assert.deepEqual(argument('<<EOT\n  x ${a} y\n  EOT'), string('  x A y\n'));
  assert.deepEqual(argument('<<EOT\r\nx\r\nEOT'), string('x\r\n'));
});

test('T2: a tilde takes away the space beside it', () => {
  assert.deepEqual(argument('"x  ${~ a ~}  y"'), string('xAy'));
  assert.deepEqual(
    argument('<<EOT\n%{ for x in list ~}\n${x},\n%{ endfor ~}\nEOT'),
    string('1,\n2,\n'),
  );
});

test('T3: a template of one value is that value', () => {
  assert.deepEqual(argument('"${list}"'), tuple([number(1), number(2)]));
  assert.deepEqual(argument('"${list[0]} "'), string('1 '));
});

test('a marker inside a line does not end a heredoc, and sequences can hold strings and braces', () => {
  assert.deepEqual(
    argument('<<EOT\nx EOT\nEOTX\n${"}"}${{ a = "b" }.a}\nEOT'),
    string('x EOT\nEOTX\n}b\n'),
  );
  assert.deepEqual(argument('"a $ b % c $$ d %% e"'), string('a $ b % c $$ d %% e'));
});

test('templates stand alone, too', () => {
  const { tree, diagnostics } = parseTemplate(
    new Source('x', 'Hi "${a}"\n%{ if true }\n yes%{ endif }'),
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(new Evaluation().evaluate(tree, { names }), string('Hi "A"\n\n yes'));
});
