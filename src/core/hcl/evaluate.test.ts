import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { Evaluation } from './evaluate.ts';
import { FUNCTIONS } from './functions/library.ts';
import { encodeJson } from './functions/json.ts';
import type { FunctionHost } from './function.ts';
import { parseExpression } from './parse.ts';
import { Source } from './source.ts';
import { number, object, string, tuple } from './value.ts';

const files = new Map([
  ['a.txt', 'hello'],
  ['t.tpl', 'Hi ${name}%{ for x in list }, ${x}%{ endfor }'],
]);
const host: FunctionHost = {
  now: Date.UTC(2026, 10, 21, 6, 34, 49),
  readFile: (path) => {
    const text = files.get(path);
    return text === undefined ? { problem: `no file exists at "${path}"` } : { text };
  },
  fileExists: (path) => files.has(path),
  listFiles: () => ['a.txt', 'b/c.txt', 'b/d.json'],
  homeDirectory: () => '/home/me',
  absolutePath: (path) => `/cwd/${path}`,
};
const scope = {
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

/** The value of an expression as JSON, or the first thing wrong with it. */
function evaluate(text: string): string {
  const { tree, diagnostics } = parseExpression(new Source('x', text));
  const run = new Evaluation({ functions: FUNCTIONS, host });
  const value = diagnostics.length > 0 ? undefined : run.evaluate(tree, scope);
  const [wrong] = [...diagnostics, ...run.diagnostics];
  return wrong === undefined && value !== undefined
    ? encodeJson(value)
    : formatDiagnostic(wrong ?? assert.fail('neither a value nor a mistake'));
}

type Row = readonly [expression: string, expected: string];

function check(rows: readonly Row[]): void {
  for (const [expression, expected] of rows)
    assert.equal(evaluate(expression), expected, expression);
}

test('expressions have the values that the language gives them', () => {
  check([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['10 - 3 - 2', '5'],
    ['-n + 1', '-2'],
    ['0.1 + 0.2', '0.3'],
    ['1 / 8', '0.125'],
    ['1e3', '1000'],
    ['9007199254740993', '9007199254740993'],
    ['7 % -3', '1'],
    ['1 < 2 && !(2 >= 3) || false', 'true'],
    ['"1" + 1', '2'],
    ['"1" == 1', 'false'],
    ['null == null', 'true'],
    ['[1, 2] == [1, 2]', 'true'],
    ['"Hello, ${name}!"', '"Hello, World!"'],
    ['"${n}"', '3'],
    ['"$${x} %%{y}"', '"${x} %{y}"'],
    ['"a\\tb\\u00e9\\U0001F600"', '"a\tbé😀"'.replace('\t', '\\t')],
    ['"%{ if n > 2 }big%{ else }small%{ endif }"', '"big"'],
    ['"%{ for i, x in ["a", "b"] ~} ${i}${x} %{~ endfor }"', '"0a1b"'],
    ['true ? 1 : "x"', '"1"'],
    ['[for x in [1, 2, 3] : x * 2 if x > 1]', '[4,6]'],
    ['{for k, v in {a = 1, b = 2} : v => k}', '{"1":"a","2":"b"}'],
    ['{for s in ["ab", "ac", "b"] : substr(s, 0, 1) => s...}', '{"a":["ab","ac"],"b":["b"]}'],
    ['{a = 1, "b" = 2, (name) : 3}', '{"World":3,"a":1,"b":2}'],
    ['obj.list[1]', '"y"'],
    ['obj["a"]', '1'],
    ['obj.list.0', '"x"'],
    ['users[*].id', '[1,2]'],
    ['users.*.id', '[1,2]'],
    ['null[*]', '[]'],
    ['5[*]', '[5]'],
    ['max([1, 5, 3]...)', '5'],
    ['[for x in [1]: [for y in [2]: x + y]][0][0]', '3'],
  ]);
});

test('mistakes name the place and help', () => {
  check([
    ['nmae', 'x:1,1-5: Unknown variable; There is no variable named "nmae". Did you mean "name"?'],
    [
      'obj.b',
      'x:1,4-6: Unsupported attribute; This object does not have an attribute named "b". Did you mean "a"?',
    ],
    [
      'uper("x")',
      'x:1,1-5: Call to unknown function; There is no function named "uper". Did you mean "upper"?',
    ],
    [
      'upper()',
      'x:1,1-8: Not enough function arguments; Function "upper" expects 1 argument(s). Missing value for "str".',
    ],
    [
      'upper("a", "b")',
      'x:1,12-15: Too many function arguments; Function "upper" expects only 1 argument(s).'
        .replace('12-13', '12-15')
        .replace('12-15', '12-15'),
    ],
    ['1 / 0', 'x:1,1-6: Division by zero; Error during operation: division by zero.'],
    [
      '"a" + 1',
      'x:1,1-4: Invalid operand; Unsuitable value for left operand: a number is required.',
    ],
    ['!5', 'x:1,2-3: Invalid operand; Unsuitable value for operand: bool required.'],
    [
      '"x${null}"',
      'x:1,5-9: Invalid template interpolation value; The expression result is null. Cannot include a null value in a string template.',
    ],
    [
      '[1][1]',
      'x:1,4-7: Invalid index; The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection.',
    ],
    [
      '{for x in [1, 1] : x => x}',
      'x:1,20-21: Duplicate object key; Two different items produced the key "1" in this "for" expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.',
    ],
    [
      'true ? [1] : {}',
      'x:1,8-16: Inconsistent conditional result types; The true and false result expressions must have consistent types. The given expressions are tuple and object, respectively.',
    ],
    [
      'range(1e9)',
      'x:1,1-11: Error in function call; Call to function "range" failed: more than 1024 values were generated; either decrease the difference between start and end or use a smaller step.',
    ],
    [
      'parseint("z", 10)',
      'x:1,10-13: Invalid function argument; Invalid value for "number" parameter: cannot parse "z" as a base 10 integer.',
    ],
  ]);
});

test('functions of numbers', () => {
  check([
    ['[abs(-1.5), ceil(1.2), floor(-1.2), log(8, 2), max(1, 3, 2), min(2, 1)]', '[1.5,2,-2,3,3,1]'],
    ['[parseint("ff", 16), parseint("-101", 2), pow(2, 10), signum(-3)]', '[255,-5,1024,-1]'],
  ]);
});

test('functions of text', () => {
  check([
    ['chomp("a\\n\\n")', '"a"'],
    [
      'format("%s is %d, %05.1f, %q, %v, %%", "x", 3, 2.25, "y", [1])',
      '"x is 3, 002.3, \\"y\\", [1], %"',
    ],
    ['format("%[2]s %[1]s|%-4s|%4s|%x", "a", "b", "c", 255)', '"b a|b   |   c|ff"'],
    ['formatlist("%s-%s", ["a", "b"], "x")', '["a-x","b-x"]'],
    ['indent(2, "a\\nb")', '"a\\n  b"'],
    ['join("-", ["a", "b"], ["c"])', '"a-b-c"'],
    ['[lower("AbC"), upper("aé"), title("hello world-wide")]', '["abc","AÉ","Hello World-Wide"]'],
    ['regex("[a-z]+", "12ab3")', '"ab"'],
    ['regex("(\\\\d+)-(\\\\d+)", "1-22")', '["1","22"]'],
    ['regex("(?P<y>\\\\d+)", "a12")', '{"y":"12"}'],
    ['regexall("[a-z]", "1a2b")', '["a","b"]'],
    ['regex_replace("a-b", "(\\\\w)-(\\\\w)", "$2-$${1}$$")', '"b-a$"'],
    ['replace("a.b.c", ".", "-")', '"a-b-c"'],
    ['split(",", "a,b")', '["a","b"]'],
    [
      '[strlen("añ👩‍👩‍👧‍👦"), strrev("abc"), substr("hello", 1, 3), substr("hello", -3, -1)]',
      '[3,"cba","ell","llo"]',
    ],
    [
      '[trim("xxaxx", "x"), trimprefix("aab", "a"), trimsuffix("baa", "a"), trimspace(" a ")]',
      '["a","ab","ba","a"]',
    ],
  ]);
});

test('functions of collections', () => {
  check([
    ['chunklist([1, 2, 3], 2)', '[[1,2],[3]]'],
    [
      '[coalesce(null, "", "a"), coalescelist([], [1]), compact(["a", "", "b"])]',
      '["a",[1],["a","b"]]',
    ],
    ['concat([1], ["a"])', '[1,"a"]'],
    [
      '[contains([1, 2], 2), element([1, 2], 3), index(["a", "b"], "b"), length({a = 1})]',
      '[true,2,1,1]',
    ],
    ['distinct(["a", "b", "a"])', '["a","b"]'],
    ['flatten([[1], [2, [3]]])', '[1,2,3]'],
    ['[keys({b = 1, a = 2}), values({b = 1, a = 2})]', '[["a","b"],[2,1]]'],
    ['[lookup({a = 1}, "a", 0), lookup({a = 1}, "b", 0)]', '[1,0]'],
    ['merge({a = 1, b = 1}, {b = 2}, null)', '{"a":1,"b":2}'],
    ['[range(3), range(1, 4), range(4, 1), range(0, 1, 0.5)]', '[[0,1,2],[1,2,3],[4,3,2],[0,0.5]]'],
    [
      '[reverse([1, 2]), slice(["a", "b", "c"], 1, 2), sort(["b", "a"])]',
      '[[2,1],["b"],["a","b"]]',
    ],
    ['zipmap(["a", "b"], [1, 2])', '{"a":1,"b":2}'],
    ['setintersection(["a", "b"], ["b", "c"])', '["b"]'],
    ['setsubtract(["a", "b"], ["b"])', '["a"]'],
    ['setunion(["b"], ["a", "b"])', '["a","b"]'],
    ['setproduct(["a", "b"], [1, 2])', '[["a",1],["a",2],["b",1],["b",2]]'],
  ]);
});

test('functions of encodings, files, time, addresses, types', () => {
  check([
    ['[base64encode("hé"), base64decode("aMOp")]', '["aMOp","hé"]'],
    ['csvdecode("a,b\\n1,\\"x \\"\\"y\\"\\"\\"\\n")', '[{"a":"1","b":"x \\"y\\""}]'],
    ['jsondecode("{\\"a\\": [1, null, true]}")', '{"a":[1,null,true]}'],
    ['jsonencode({a = "<x>", b = [1.5]})', '"{\\"a\\":\\"\\\\u003cx\\\\u003e\\",\\"b\\":[1.5]}"'],
    ['urlencode("a b&ü*")', '"a+b%26%C3%BC%2A"'],
    [
      'yamlencode({a = 1, b = ["x", {c = true}]})',
      '"\\"a\\": 1\\n\\"b\\":\\n- \\"x\\"\\n- \\"c\\": true\\n"',
    ],
    [
      '[basename("/a/b.c"), dirname("/a/b.c"), pathexpand("~/x"), abspath("y")]',
      '["b.c","/a","/home/me/x","/cwd/y"]',
    ],
    [
      '[file("a.txt"), fileexists("zz"), fileset(".", "**/*.{txt,md}")]',
      '["hello",false,["a.txt","b/c.txt"]]',
    ],
    ['templatefile("t.tpl", {name = "Bo", list = [1, 2]})', '"Hi Bo, 1, 2"'],
    [
      '[timestamp(), timeadd("2026-11-21T06:00:00Z", "1h30m")]',
      '["2026-11-21T06:34:49Z","2026-11-21T07:30:00Z"]',
    ],
    [
      'formatdate("EEE, DD MMM YYYY HH:mm AA \'at\' ZZZ", "2026-11-21T16:05:00+01:00")',
      '"Sat, 21 Nov 2026 04:05 PM at +0100"',
    ],
    [
      '[cidrhost("10.1.0.0/16", 258), cidrnetmask("10.0.0.0/12"), cidrsubnet("10.0.0.0/8", 8, 2)]',
      '["10.1.1.2","255.240.0.0","10.2.0.0/16"]',
    ],
    ['cidrsubnets("10.1.0.0/16", 4, 4, 8)', '["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24"]'],
    ['cidrhost("fd00::/64", 18)', '"fd00::12"'],
    [
      '[can(obj.zz), try(obj.zz, "d"), convert("5", number), tonumber("1.5"), tobool("true")]',
      '[false,"d",5,1.5,true]',
    ],
    [
      '[tolist(["a", 1]), toset(["b", "a", "b"]), tomap({a = 1, b = "x"}), tostring(1e3)]',
      '[["a","1"],["a","b"],{"a":"1","b":"x"},"1000"]',
    ],
  ]);
});
