import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gives } from '../rendering.fixture.ts';
import { COLLECTION } from './collection.ts';
import { COMPARE } from './compare.ts';
import { DATA } from './data.ts';
import { ENCODING } from './encoding.ts';
import { GO } from './go.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { TEMPLATE_FUNCTIONS } from './library.ts';
import { MATH } from './math.ts';
import { SCRATCH } from './scratch.ts';
import { fromData } from './shapes.ts';
import { SPRIG } from './sprig.ts';
import { TEXT } from './text.ts';
import { toToml } from './toml.ts';
import { WORLD } from './world.ts';

test('no function stands in two tables', () => {
  const tables = [
    COLLECTION,
    COMPARE,
    DATA,
    ENCODING,
    GO,
    JSON_FUNCTIONS,
    MATH,
    SCRATCH,
    TEXT,
    WORLD,
    SPRIG,
  ];
  const count = tables.reduce((sum, table) => sum + table.size, 0);
  assert.equal(TEMPLATE_FUNCTIONS.size, count);
});

// The page of the reference has one example of each; these are the corners.
const rows: readonly (readonly [source: string, text: string | RegExp])[] = [
  ['{{ split "," "" }}{{ split "," " a,b " }}', '[][a b]'],
  ['{{ regexReplaceAll "(?P<x>a)(b)" "${x}-$2-$$-$3" "ab" }}', 'a-b-$-'],
  ['{{ regexMatch "(" "a" }}', /error parsing regexp/],
  ['{{ replaceAll "" "-" "ab" }}', '-a-b-'],
  ['{{ indent 2 "a\\n\\nb\\n" }}|{{ indent -1 "a" }}', /must be a positive integer/],
  ['{{ trimSuffix "" "ab" }}{{ trim "x" "xxaxbxx" }}', 'abaxb'],
  ['{{ parseBool "" }} {{ parseInt "" }} {{ parseFloat "" }} {{ parseInt "-5" }}', 'false 0 0 -5'],
  ['{{ parseBool "maybe" }}', /parseBool: strconv.ParseBool: parsing "maybe": invalid syntax/],
  ['{{ parseUint "-5" }}', /invalid syntax/],
  ['{{ parseInt "9223372036854775808" }}', /value out of range/],
  ['{{ parseUint "18446744073709551615" }}', '18446744073709551615'],
  ['{{ divide 0 1 }}', /division by zero/],
  ['{{ divide 2 -7 }} {{ modulo 3 -7 }} {{ divide 2.0 7 }}', '-3 -1 3.5'],
  ['{{ add 9223372036854775807 1 }}', '-9223372036854775808'],
  ['{{ modulo 2.5 5 }}', /modulo: unknown type/],
  ['{{ base64Decode "%%" }}', /illegal base64/],
  ['{{ base64Decode "/w==" | base64Encode }}', '/w=='],
  ['{{ base64URLDecode "+/" }}', /illegal base64/],
  ['{{ parseJSON "{" }}', /invalid JSON/],
  ['{{ parseJSON "" }}{{ parseYAML "" }}', 'map[]map[]'],
  ['{{ parseYAML "a: [" }}', /parseYAML: yaml/],
  [
    '{{ parseYAML "a: 12345678901234567890\\nb: 0x1F\\nc: 1.0\\nd: ~" | toJSON }}',
    '{"a":12345678901234567890,"b":31,"c":1,"d":null}',
  ],
  ['{{ parseYAML "a: &x [1]\\nb: *x" }}', 'map[a:[1] b:[1]]'],
  [
    '{{ parseJSON `{"a":[1,2],"b":[],"c":{},"d":null,"e":true,"f":"yes"}` | toYAML }}',
    'a:\n- 1\n- 2\nb: []\nc: {}\nd: null\ne: true\nf: "yes"',
  ],
  [
    '{{ parseJSON `{"t":[{"a":1.5},{"a":2}],"l":["x"],"n":{"m":{"k":"v"}}}` | toTOML }}',
    'l = ["x"]\n\n[n]\n  [n.m]\n    k = "v"\n\n[[t]]\n  a = 1.5\n\n[[t]]\n  a = 2.0',
  ],
  ['{{ toTOML 5 }}', /only a map/],
  ['{{ toJSON "<a>\\u2028" }}', '"\\u003ca\\u003e\\u2028"'],
  ['{{ toJSONPretty (parseJSON `{"a":[],"b":{}}`) }}', '{\n  "a": [],\n  "b": {}\n}'],
  [
    '{{ parseJSON `{"a":1e21,"b":1e-7,"c":100000000}` | toJSON }}',
    '{"a":1e+21,"b":1e-07,"c":100000000}',
  ],
  ['{{ loop 1 2 3 }}', /expected 1 or 2, but got 3/],
  ['{{ range loop "3" }}{{ . }}{{ end }}{{ loop 5 3 }}', '012[]'],
  ['{{ scratch.Set "a" 1 }}{{ scratch.MapSet "a" "b" 1 }}', /"a" is not a map/],
  [
    '{{ scratch.MapSet "m" "a" "1" }}{{ scratch.MapSet "m" "a/b" "2" }}{{ scratch.Get "m" | explodeMap }}',
    /not a map: "a\/b": "a" already has value "1"/,
  ],
  ['{{ scratch.Nope }}', /can't evaluate field Nope in type \*template.Scratch/],
  ['{{ explode (split "," "a") }}', /not a key pair/],
  ['{{ service "web|broken" }}', /invalid filter: "broken"/],
  ['{{ service "a b" }}', /health.service: invalid format: "a b"/],
  ['{{ service "" }}{{ key "" }}{{ keyOrDefault "" "d" }}', '[]d'],
  ['{{ nomadService 0 "a" "b" }}', /bad number/],
  ['{{ secret "a" "b" }}', /not k=v pair "b"/],
  ['{{ node "a" "b" }}', /at most 1 argument/],
  ['{{ index "abc" 1 }} {{ index (parseJSON `{"a":[5]}`) "a" 0 }}', '98 5'],
  ['{{ index nil 1 }}', /cannot assign nil|index of/],
  ['{{ index (split "," "a") "x" }}', /cannot index slice\/array with type string/],
  ['{{ slice "abc" 2 1 }}', /invalid slice index: 2 > 1/],
  ['{{ len 5 }}', /len of type int/],
  ['{{ lt true false }}', /invalid type for comparison/],
  ['{{ eq }}', /wrong number of args for eq: want at least 1 got 0/],
  ['{{ eq 1 }}', /missing argument for comparison/],
  ['{{ eq (split "," "a") (split "," "a") }}', /non-comparable/],
  ['{{ eq .x nil }} {{ ne .x nil }}', 'true false'],
  ['{{ timestamp "a" "b" }}', /wrong number of arguments/],
  ['{{ sockaddr "Nope" }}', /unknown function "Nope"/],
  ['{{ executeTemplate "nope" }}', /template "nope" not defined/],
  ['{{ byTag 5 }}', /wrong type int/],
  ['{{ sprig_repeat 99999999 "abc" }}', /repeated too often/],
  ['{{ sprig_until 9999999 }}', /more than/],
  ['{{ sprig_div 1 0 }}', /division by zero/],
  ['{{ sprig_trunc -2 "abcd" }}{{ sprig_rest (sprig_list) }}', 'cd<no value>'],
  ['{{ sprig_int "12.9" }} {{ sprig_int "x" }} {{ sprig_float64 "1.5" }}', '12 0 1.5'],
];

test('functions keep to their corners', () => {
  for (const [source, text] of rows) {
    if (typeof text === 'string') assert.equal(gives(source), text, source);
    else assert.match(gives(source), text, source);
  }
});

test('data becomes values', () => {
  assert.equal(fromData(5), 5n);
  assert.equal(fromData(5, true), 5);
  assert.match(
    toToml(fromData({ a: 1 }), () => undefined),
    /a = 1/,
  );
});
