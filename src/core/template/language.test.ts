import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteLength, fromBytes, toBytes } from './bytes.ts';
import { formatFloat, formatJsonFloat } from './float.ts';
import { DELIMITERS, tokenize } from './lexer.ts';
import { parseFloatText, parseInteger, parseNumber, unquote } from './literal.ts';
import { parseTemplate } from './parse.ts';
import { PipelineParser } from './parse-pipeline.ts';
import { positionOf } from './position.ts';
import { formatSource, quote } from './print.ts';
import { sprintf } from './printf.ts';
import { isTemplateProblem } from './problem.ts';
import { gives } from './rendering.fixture.ts';
import { formatTime } from './time.ts';
import { showToken } from './token.ts';
import { TokenStream } from './token-stream.ts';
import { Dict, isTruthy, typeName, type Value } from './value.ts';

const NO_CHARGE = (): void => undefined;

test('sources are split into words', () => {
  const words = tokenize('a {{- .B.C | f "x" -}} d').map(({ kind, text }) => `${kind}:${text}`);
  assert.deepEqual(words, [
    ...['text:a', 'left delimiter:{{', 'field:.B', 'field:.C', 'space: ', 'pipe:|'],
    ...['space: ', 'identifier:f', 'space: ', 'string:"x"', 'right delimiter:}}', 'text:d'],
    'end of file:',
  ]);
  assert.equal(DELIMITERS.left, '{{');
});

test('X1: what is wrong is the last word', () => {
  const rows: readonly (readonly [source: string, message: string])[] = [
    ['{{ "a', 'unterminated quoted string'],
    ['{{ `a', 'unterminated raw quoted string'],
    ["{{ 'a", 'unterminated character constant'],
    ['{{ 1a }}', 'bad number syntax: "1a"'],
    ['{{ x', 'unclosed action'],
    ['{{/* x', 'unclosed comment'],
    ['{{/* x */ y }}', 'comment ends before closing delimiter'],
    ['{{ (x }}', 'unclosed left paren'],
    ['{{ x) }}', 'unexpected right paren'],
    ['{{ x : y }}', 'expected :='],
    ['{{ a"b" }}', "bad character U+0022 '\"'"],
    ['{{ \u00a7 }}', "unrecognized character in action: U+00A7 '\u00a7'"],
  ];
  for (const [source, message] of rows) {
    const last = tokenize(source).at(-1);
    assert.deepEqual([last?.kind, last?.text], ['error', message], source);
  }
});

test('what cannot be parsed is told in the words of Go', () => {
  const rows: readonly (readonly [source: string, message: string])[] = [
    ['\n{{ foo }}', 'template: in:2: function "foo" not defined'],
    ['{{ $x }}', 'template: in:1: undefined variable "$x"'],
    ['{{ if }}{{ end }}', 'template: in:1: missing value for if'],
    ['{{ }}', 'template: in:1: missing value for command'],
    ['{{ end }}', 'template: in:1: unexpected {{end}}'],
    ['{{ else }}', 'template: in:1: unexpected {{else}}'],
    ['{{ if 1 }}', 'template: in:1: unexpected EOF'],
    ['{{ if 1 }}{{ else }}{{ else }}{{ end }}', 'template: in:1: expected end; found {{else}}'],
    ['{{ break }}', 'template: in:1: {{break}} outside {{range}}'],
    ['{{ range 1 }}{{ break 2 }}{{ end }}', 'template: in:1: unexpected "2" in {{break}}'],
    ['{{ template foo }}', 'template: in:1: unexpected "foo" in template clause'],
    ['{{ $a, $b := 1 }}', 'template: in:1: too many declarations in command'],
    ['{{ range $a, 1 }}', 'template: in:1: range can only initialize variables'],
    [
      '{{ if 1 }}{{ define "x" }}{{ end }}{{ end }}',
      'template: in:1: unexpected <define> in command',
    ],
    ['{{ print | | print }}', 'template: in:1: unexpected "|" in command'],
    ['{{ "\\q" }}', 'template: in:1: invalid syntax'],
    ['{{ 99999999999999999999 }}', 'template: in:1: integer overflow: "99999999999999999999"'],
    ['{{ 0x }}', 'template: in:1: illegal number syntax: "0x"'],
    [
      '{{define "a"}}1{{end}}{{define "a"}}2{{end}}',
      'template: in:1: template: multiple definition of template "a"',
    ],
    ['{{ print\n1', 'template: in:2: unclosed action started at in:1'],
    ['{{ print\n"a', 'template: in:2: unterminated quoted string in action started at in:1'],
  ];
  for (const [source, message] of rows) {
    assert.equal(gives(source), message, source);
  }
  assert.equal(showToken({ kind: 'identifier', at: 0, text: 'abcdefghijklm' }), '"abcdefghij"...');
});

test('delimiters are whatever they are said to be', () => {
  const source = { name: 'in', text: '<< break' };
  const problem = parseTemplate(source, new Map(), { left: '<<', right: '>>' });
  assert.ok(isTemplateProblem(problem));
  const fine = parseTemplate({ name: 'in', text: '{{x}}<< 1 >>' }, new Map(), {
    left: '<<',
    right: '>>',
  });
  assert.ok(!isTemplateProblem(fine));
  assert.deepEqual(
    fine.main.block.map(({ kind }) => kind),
    ['text', 'action'],
  );
  const stream = new TokenStream(source, tokenize('{{ 1 }}'));
  assert.equal(stream.next().kind, 'left delimiter');
  const parser = new PipelineParser(stream, new Map());
  assert.equal(parser.pipeline('command', 'right delimiter').commands.length, 1);
});

test('constants are read as Go reads them', () => {
  assert.equal(parseInteger('0x_1F'.replace('x_', 'x')), 31n);
  assert.equal(parseInteger('1__0'), undefined);
  assert.equal(parseInteger('08'), undefined);
  assert.equal(parseFloatText('1e400'), undefined);
  assert.equal(parseFloatText('.5'), 0.5);
  assert.equal(unquote('"\\101\\x42\\u0043\\U00000044\\n"'), 'ABCD\n');
  assert.equal(unquote('"\\xc3\\xa9"'), 'é');
  assert.equal(unquote('"\\ud800"'), undefined);
  const number = parseNumber('1e3', 0);
  assert.deepEqual('problem' in number ? undefined : [number.int, number.isFloat], [1000n, true]);
});

test('Y1: bytes come out of a text as they went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = fromBytes(bytes);
      assert.deepEqual(toBytes(text), new Uint8Array(bytes));
      assert.equal(byteLength(text), bytes.length);
    }),
  );
});

test('floating numbers print as Go prints them', () => {
  const rows: readonly (readonly [value: number, text: string, json: string])[] = [
    [0, '0', '0'],
    [1, '1', '1'],
    [100000, '100000', '100000'],
    [1000000, '1e+06', '1000000'],
    [12345678, '1.2345678e+07', '12345678'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001, '1e-05', '0.00001'],
    [3.14, '3.14', '3.14'],
    [-2.5, '-2.5', '-2.5'],
    [1e21, '1e+21', '1e+21'],
  ];
  for (const [value, text, json] of rows) {
    assert.equal(formatFloat(value), text);
    assert.equal(formatJsonFloat(value), json);
  }
});

const formats: readonly (readonly [format: string, args: readonly Value[], text: string])[] = [
  ['%d|%5d|%-5d|%05d|%+d|% d', [1n, 2n, 3n, 4n, 5n, 6n], '1|    2|3    |00004|+5| 6'],
  [
    '%x|%X|%#x|%o|%b|%c|%U',
    [255n, 255n, 255n, 8n, 5n, 65n, 0x1f600n],
    'ff|FF|0xff|10|101|A|U+1F600',
  ],
  [
    '%s|%10s|%-10s|%.2s|%q|%x',
    ['a', 'b', 'c', 'def', 'g"h', 'hi'],
    'a|         b|c         |de|"g\\"h"|6869',
  ],
  [
    '%f|%.2f|%8.3f|%-8.1f|%e|%g',
    [1.5, 1.555, 3.14159, 2.25, 12345.678, 0.1],
    '1.500000|1.55|   3.142|2.2     |1.234568e+04|0.1',
  ],
  ['%5.2f|%05.1f|%+.1f', [3.14159, 2.5, 1.0], ' 3.14|002.5|+1.0'],
  ['%t|%v|%v|%v', [true, false, 1n, 1.5], 'true|false|1|1.5'],
  ['%T %T %T %T %T', [1n, 1.5, 'a', true, ['a']], 'int float64 string bool []string'],
  [
    '%v %v',
    [
      ['a', 'b'],
      new Dict([
        ['b', 1n],
        ['a', 'x'],
      ]),
    ],
    '[a b] map[a:x b:1]',
  ],
  [
    '%q %d',
    [
      ['a', 'b'],
      [1n, 2n],
    ],
    '["a" "b"] [1 2]',
  ],
  ['%#v %#v', ['a', ['x']], '"a" []string{"x"}'],
  ['%d', ['a'], '%!d(string=a)'],
  ['%s', [5n], '%!s(int=5)'],
  ['%d', [], '%!d(MISSING)'],
  ['%d', [1n, 2n], '1%!(EXTRA int=2)'],
  ['%z', [1n], '%!z(int=1)'],
  ['100%%', [], '100%'],
  ['100%', [], '100%!(NOVERB)'],
  ['%[2]s %[1]s', ['a', 'b'], 'b a'],
  ['%*d|%.*f', [4n, 7n, 1n, 2.55], '   7|2.5'],
  ['%v %s', [undefined, null], '<nil> %!s(<nil>)'],
  ['%20000d', [], '%!(BADWIDTH)'],
];

test('printf prints as Go prints', () => {
  for (const [format, args, text] of formats) {
    assert.equal(sprintf(format, args, NO_CHARGE), text, format);
  }
  assert.equal(quote('a\tb\u0001é'), '"a\\tb\\x01é"');
  assert.equal(formatSource(null, NO_CHARGE), '<nil>');
});

test('what is empty is false', () => {
  const no: Value[] = [undefined, null, false, 0n, 0, '', [], new Dict()];
  const yes: Value[] = [true, 1n, -1, 'a', [undefined], new Dict([['a', undefined]])];
  assert.deepEqual(no.map(isTruthy), Array(no.length).fill(false));
  assert.deepEqual(yes.map(isTruthy), Array(yes.length).fill(true));
  assert.equal(typeName(new Dict()), 'map[string]interface {}');
});

test('times are written by example', () => {
  const at = Date.UTC(2024, 1, 3, 14, 5, 6, 789);
  const rows: readonly (readonly [layout: string, text: string])[] = [
    ['2006-01-02T15:04:05Z07:00', '2024-02-03T14:05:06Z'],
    ['Mon Jan _2 15:04:05 2006', 'Sat Feb  3 14:05:06 2024'],
    ['02 Jan 06 15:04 MST', '03 Feb 24 14:05 UTC'],
    ['Monday, 02-Jan-06 3:04PM -0700', 'Saturday, 03-Feb-24 2:05PM +0000'],
    ['15:04:05.000 15:04:05.999999', '14:05:06.789 14:05:06.789'],
    ['002', '034'],
  ];
  for (const [layout, text] of rows) assert.equal(formatTime(at, layout), text, layout);
});

test('places are told by line and column', () => {
  assert.deepEqual(positionOf('a\nbé{', 4), { line: 2, column: 3, byte: 3 });
  assert.deepEqual(positionOf('abc', 0), { line: 1, column: 1, byte: 0 });
});
