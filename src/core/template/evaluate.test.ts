import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { convertArgument } from './argument.ts';
import { describe as show } from './describe.ts';
import { PipelineEvaluator } from './evaluate-pipeline.ts';
import { fail } from './function.ts';
import { TEMPLATE_FUNCTIONS } from './functions/library.ts';
import { methodOf } from './methods.ts';
import { Place } from './place.ts';
import { CallProblem } from './problem.ts';
import { gives, HOST, rendering } from './rendering.fixture.ts';
import { Variables } from './variables.ts';
import { Dict } from './value.ts';

const rows: readonly (readonly [source: string, text: string])[] = [
  // text and spaces
  ['plain', 'plain'],
  ['a {{- 1 -}} b', 'a1b'],
  ['a {{ 1 -}} \n b', 'a 1b'],
  ['{{/* nothing */}}x', 'x'],
  ['a {{- /* nothing */ -}} b', 'ab'],
  ['{{"a" }}{{\n"b"\n}}', 'ab'],
  // constants
  ["{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 017 }} {{ 'a' }}", '1000 31 5 15 15 97'],
  ['{{ 1.5 }} {{ 1e3 }} {{ -2 }} {{ +3 }}', '1.5 1000 -2 3'],
  ['{{ 1000000.0 }} {{ 0.00001 }} {{ 123456.0 }}', '1e+06 1e-05 123456'],
  ['{{ "a\\tb\\u00e9\\x41" }} {{ `raw\\n` }}', 'a\tbéA raw\\n'],
  ['{{ true }} {{ false }}', 'true false'],
  // variables and scopes
  ['{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}', '2'],
  ['{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}', '1'],
  ['{{ with $x := 3 }}{{ $x }}{{ . }}{{ end }}', '33'],
  ['{{ if $x := 4 }}{{ $x }}{{ end }}', '4'],
  // if, with
  ['{{ if 0 }}a{{ else if "" }}b{{ else }}c{{ end }}', 'c'],
  ['{{ if 0 }}a{{ else if 1 }}b{{ else }}c{{ end }}', 'b'],
  ['{{ with 0 }}a{{ else with 5 }}{{ . }}{{ end }}', '5'],
  ['{{ with "" }}a{{ else }}b{{ end }}', 'b'],
  ['{{ if split "," "" }}a{{ else }}empty{{ end }}', 'empty'],
  ['{{ if 0.0 }}a{{ else }}zero{{ end }}', 'zero'],
  // range
  ['{{ range split "," "a,b" }}{{ . }};{{ end }}', 'a;b;'],
  ['{{ range $i, $e := split "," "a,b" }}{{ $i }}{{ $e }}{{ end }}', '0a1b'],
  ['{{ range $e := split "," "a,b" }}{{ $e }}{{ . }}{{ end }}', 'aabb'],
  ['{{ range $k, $v := parseJSON `{"b":1,"a":2}` }}{{ $k }}={{ $v }} {{ end }}', 'a=2 b=1 '],
  ['{{ range 3 }}{{ . }}{{ end }}', '012'],
  ['{{ range split "," "" }}x{{ else }}none{{ end }}', 'none'],
  ['{{ range $x := .missing }}x{{ else }}none{{ end }}', 'none'],
  ['{{ range loop 5 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}', '012'],
  ['{{ range loop 4 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}', '023'],
  ['{{ $s := 0 }}{{ range $i := loop 4 }}{{ $s = add $s $i }}{{ end }}{{ $s }}', '6'],
  ['{{ $i := 0 }}{{ range $i = loop 3 }}{{ end }}{{ $i }}', '2'],
  // templates
  ['{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" 5 }}{{ template "x" }}', '<5><<no value>>'],
  ['{{ block "y" 3 }}[{{ . }}]{{ end }}', '[3]'],
  [
    '{{ define "r" }}{{ . }}{{ if gt . 0 }}{{ template "r" (subtract 1 .) }}{{ end }}{{ end }}{{ template "r" 3 }}',
    '3210',
  ],
  ['{{ $x := 1 }}{{ define "x" }}{{ $ }}{{ end }}{{ template "x" 7 }}', '7'],
  // pipelines
  ['{{ "a,b" | split "," | join "-" | toUpper }}', 'A-B'],
  ['{{ (parseJSON `{"a":{"b":"c"}}`).a.b }}', 'c'],
  ['{{ (index (split "," "x,y") 1) | printf "%s%s" "a" }}', 'ay'],
  ['{{ and 1 0 2 }} {{ or 0 "" 3 }} {{ and 1 2 }} {{ 5 | and 1 }} {{ not 0 }}', '0 3 2 5 true'],
  ['{{ or true (index (split "," "") 5) }}', 'true'],
  ['{{ and false (index (split "," "") 5) }}', 'false'],
  // what is not there
  ['{{ .Foo }} {{ .Foo.Bar }}', '<no value> <no value>'],
  ['{{ (parseJSON `{"a":null}`).a }} {{ print nil }}', '<no value> <nil>'],
  ['{{ (parseJSON `{"a":1}`).b }} {{ index (parseJSON `{}`) "b" }}', '<no value> <no value>'],
];

test('templates give what Go gives', () => {
  for (const [source, text] of rows) assert.equal(gives(source), text, source);
});

const mistakes: readonly (readonly [source: string, message: string])[] = [
  [
    '{{ (parseJSON `{"a":null}`).a.b }}',
    'template: in:1:27: executing "in" at <(parseJSON `{"a":null}`).a.b>: nil pointer evaluating interface {}.b',
  ],
  ['\n  {{ key 5 }}', 'template: in:2:9: executing "in" at <5>: expected string; found 5'],
  [
    '{{ .Foo | toUpper }}',
    'template: in:1:10: executing "in" at <toUpper>: invalid value; expected string',
  ],
  [
    '{{ toUpper }}',
    'template: in:1:3: executing "in" at <toUpper>: wrong number of args for toUpper: want 1 got 0',
  ],
  [
    '{{ print (index (split "," "a") 3) }}',
    'template: in:1:10: executing "in" at <index (split "," "a") 3>: error calling index: index out of range: 3',
  ],
  ['{{ "a".b }}', 'template: in:1: unexpected . after term "\\"a\\""'],
  [
    '{{ range "abc" }}{{ end }}',
    'template: in:1:9: executing "in" at <"abc">: range can\'t iterate over abc',
  ],
  [
    '{{ template "no" }}',
    'template: in:1:12: executing "in" at <{{template "no"}}>: template "no" not defined',
  ],
  [
    '{{ define "x" }}{{ toUpper 1 }}{{ end }}{{ template "x" }}',
    'template: in:1:27: executing "x" at <1>: expected string; found 1',
  ],
  [
    '{{ 1 | add "a" }}',
    'template: in:1:7: executing "in" at <add "a">: error calling add: add: unknown type for "a" (string)',
  ],
  [
    '{{ and false ($b := 1) }}{{ $b }}',
    'template: in:1:28: executing "in" at <$b>: undefined variable: $b',
  ],
  ['{{ $x = 1 }}', 'template: in:1:8: executing "in" at <1>: undefined variable: $x'],
  [
    '{{ call 1 }}',
    'template: in:1:3: executing "in" at <call 1>: error calling call: non-function of type int',
  ],
  ['{{ "x" | print | 5 }}', 'template: in:1: non executable command in pipeline stage 3'],
  ['{{ nil }}', 'template: in:1:3: executing "in" at <nil>: nil is not a command'],
];

test('mistakes are told in the words of Go, with name, line and place', () => {
  for (const [source, message] of mistakes) {
    assert.equal(gives(source), message, source);
  }
});

test('a missing key is an error where that is asked for', () => {
  const result = (text: string) => rendering(text, new Map(), { errorOnMissingKey: true }).result;
  const ended = (text: string): string => {
    const one = result(text);
    return 'problem' in one ? one.problem.replace(/^.*>: /, '') : one.text;
  };
  assert.equal(ended('{{ (parseJSON `{"a":1}`).b }}'), 'map has no entry for key "b"');
  assert.equal(ended('{{ .b }}'), 'nil data; no entry for key "b"');
  assert.equal(ended('{{ (parseJSON `{"a":null}`).a }}'), '<no value>');
});

test('E1: no template runs for long, deep or large', () => {
  const ends = (text: string, how: RegExp): void => {
    assert.match(gives(text), how, text);
  };
  ends('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', /maximum template depth/);
  ends('{{ define "x" }}{{ executeTemplate "x" }}{{ end }}{{ template "x" }}', /template depth/);
  ends('{{ range loop 1000000 }}{{ range loop 1000 }}{{ end }}{{ end }}', /steps/);
  ends('{{ range 1000000000000 }}{{ end }}', /steps/);
  const double = '{{ $x := "aaaaaaaaaa" }}{{ range loop 100 }}{{ $x = print $x $x }}{{ end }}';
  ends(double, /characters/);
  ends('{{ loop 100000000 }}', /more than/);
  ends(`${'{{ if 1 }}'.repeat(300)}${'{{ end }}'.repeat(300)}`, /nested deeper/);
  ends(`{{ ${'('.repeat(300)}1${')'.repeat(300)} }}`, /nested deeper/);
  const self = '{{ scratch.MapSet "m" "a" 1 }}{{ scratch.MapSet "m" "b" (scratch.Get "m") }}';
  for (const use of [
    '',
    '| toJSON',
    '| toYAML',
    '| toTOML',
    '| printf "%v"',
    '| explodeMap | toJSON',
  ]) {
    ends(`${self}{{ scratch.Get "m" ${use} }}`, /nested too deep/);
  }
});

test('whatever a template says, it gives a text or a message', () => {
  const piece = fc.constantFrom(
    ...['{{', '}}', '{{-', '-}}', ' ', '\n', 'if', 'else', 'end', 'range', 'with', 'define', '"x"'],
    ...['template', 'block', 'break', 'continue', '$', '$x', ':=', '=', '|', '(', ')', '.', '.a'],
    ...['1', '2.5', "'c'", '`r`', 'nil', 'true', 'and', 'or', 'print', 'key', 'loop', 'index'],
    ...['scratch.Get', 'printf', '"%v"', 'split', 'len', ',', '/*', '*/', 'slice', 'eq', 'toJSON'],
  );
  const source = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));
  const runs = { numRuns: 3_000 };
  fc.assert(
    fc.property(source, (text) => typeof gives(text) === 'string'),
    runs,
  );
  const action = fc.array(piece, { maxLength: 8 }).map((pieces) => `{{ ${pieces.join(' ')} }}`);
  fc.assert(
    fc.property(action, (text) => typeof gives(text) === 'string'),
    runs,
  );
  fc.assert(
    fc.property(fc.string(), (text) => typeof gives(text) === 'string'),
    runs,
  );
});

test('any values in any function give a text or a message', () => {
  const value = fc.constantFrom(
    ...[
      '1',
      '-1',
      '2.5',
      '"a"',
      '""',
      'nil',
      'true',
      '(loop 3)',
      '(parseJSON `{"a":[1,{"b":2}]}`)',
    ],
    ...['(split "," "a,b")', '.x', '"%d"', '9223372036854775807', '"("', '"@"', '(scratch)'],
  );
  const names = [...TEMPLATE_FUNCTIONS.keys()];
  const call = fc.tuple(fc.constantFrom(...names), fc.array(value, { maxLength: 4 }));
  fc.assert(
    fc.property(call, ([name, args]) => {
      return typeof gives(`{{ ${name} ${args.join(' ')} }}`) === 'string';
    }),
    { numRuns: 5_000 },
  );
});

test('variables are found innermost first', () => {
  const variables = new Variables('data');
  const mark = variables.mark();
  variables.declare('$x', 1n);
  variables.declare('$x', 2n);
  assert.deepEqual(variables.find('$x'), { value: 2n });
  assert.equal(variables.assign('$y', 1n), false);
  variables.forget(mark);
  assert.equal(variables.find('$x'), undefined);
  assert.deepEqual(variables.find('$'), { value: 'data' });
});

test('parts stand in messages as they stand in templates', () => {
  const place = new Place({ name: 'd', source: { name: 'in', text: 'ab\ncd' }, block: [] });
  place.at({ kind: 'field', at: 4, names: ['A', 'B'] });
  assert.throws(() => place.fail('why'), /template: in:2:1: executing "d" at <\.A\.B>: why/);
  assert.equal(show({ kind: 'variable', at: 0, name: '$x', names: ['y'] }), '$x.y');
});

test('a pipeline can be run alone', () => {
  const run = { host: HOST, scratch: undefined, recall: () => undefined, miss: () => undefined };
  const whole = { ...run, execute: () => '', charge: () => undefined };
  const bounds = { deeper: <T>(evaluate: () => T): T => evaluate(), made: () => undefined };
  const evaluator = new PipelineEvaluator(whole, { errorOnMissingKey: false }, bounds);
  const args = [{ kind: 'number', at: 0, text: '1', int: 1n, float: 1, isFloat: false }] as const;
  const commands = [{ kind: 'command', at: 0, args }] as const;
  const pipe = { kind: 'pipe', at: 0, assigns: false, variables: [], commands } as const;
  assert.equal(evaluator.pipeline(pipe, undefined), 1n);
});

test('arguments are taken as their parameter wants them', () => {
  assert.deepEqual(convertArgument(undefined, 'list'), { value: [] });
  assert.equal(convertArgument(1n, 'float'), undefined);
  assert.equal(methodOf(['a'], 'Contains')?.params.length, 1);
  assert.equal(methodOf(new Dict(), 'Contains'), undefined);
  assert.throws(() => fail('no'), CallProblem);
});
