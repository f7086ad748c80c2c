import assert from 'node:assert/strict';
import test from 'node:test';
import { Evaluation } from './evaluate.ts';
import { checkMistakes } from './mistakes.fixture.ts';
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

test('mistakes in templates are told where they are', () => {
  checkMistakes([
    ['a = "x\nb = 1\n', ['x:1,7-2,1: Invalid multi-line string;']],
    ['a = "${1', ['x:1,6-8: Unclosed template interpolation sequence;']],
    ['a = "${1 2}"', ['x:1,10-11: Extra characters after interpolation expression;']],
    ['a = "%{ foo }"', ['x:1,9-12: Invalid template directive; "foo" is not']],
    [
      'a = "%{ if true }x"',
      ['x:1,19-20: Unexpected end of template; The if directive at x:1,6-18 is'],
    ],
    ['a = "\\q"', ['x:1,6-8: Invalid escape sequence; The symbol "q"']],
    ['a = <<EOT\nfoo\n', ['x:3,1-1: Unterminated template string;']],
  ]);
});
