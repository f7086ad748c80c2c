import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatConfig } from './format.ts';
import { tokenize } from './lexer.ts';
import { Source } from './source.ts';

function format(text: string): string {
  return formatConfig(new Source('x', text));
}

const words: readonly (readonly [written: string, canonical: string])[] = [
  ['', ''],
  ['a=1', 'a = 1'],
  ['a=b . c', 'a = b.c'],
  ['a=b [c]', 'a = b[c]'],
  ['a=f () [0]', 'a = f()[0]'],
  ['a=["x" ][ 0]', 'a = ["x"][0]'],
  ['a=( b+- 2 )', 'a = (b + -2)'],
  ['a=b -1', 'a = b - 1'],
  ['a=- 1', 'a = -1'],
  ['a=f(1 ,- 2,b*c , d ...)', 'a = f(1, -2, b * c, d...)'],
  ['a=core :: f(1)', 'a = core::f(1)'],
  ['a=! b', 'a = !b'],
  ['a=b?c:d', 'a = b ? c : d'],
  ['a=b>=1&&c!=2', 'a = b >= 1 && c != 2'],
  ['a="x  ${ b }  ${~ c ~}${d}"', 'a = "x  ${b}  ${~c~}${d}"'],
  ['a="${ {b=1} }"', 'a = "${ { b = 1 } }"'],
  ['a="%{ if b }x%{ endif }"', 'a = "%{if b}x%{endif}"'],
  ['b{}', 'b {}'],
  ['b  "x"{ }', 'b "x" {}'],
  ['b {a=1}', 'b { a = 1 }'],
  ['a=[for x in [b]:x]', 'a = [for x in [b] : x]'],
  ['a={for k,v in b:k=>v...}', 'a = { for k, v in b : k => v... }'],
  ['a=b.*.c[*].d', 'a = b.*.c[*].d'],
  ['a /* why */=1', 'a /* why */ = 1'],
  ['a=1# end', 'a = 1 # end'],
  ['# alone', '# alone'],
];
for (const [written, canonical] of words) {
  test(`words: ${written}`, () => {
    assert.equal(format(written), canonical);
    assert.equal(format(`${written}\n`), `${canonical}\n`);
  });
}

const files: readonly (readonly [what: string, written: string, canonical: string])[] = [
  [
    'blocks are indented by two spaces each, whatever stood there',
    'a "x" {\n\tb {\n  c = 1\n      }\n# why\n}\n',
    'a "x" {\n  b {\n    c = 1\n  }\n  # why\n}\n',
  ],
  [
    'equals signs of consecutive lines stand below each other',
    'a=1\nlonger = 2\n\nb=3\nlonger {}\nc = 4\n',
    'a      = 1\nlonger = 2\n\nb = 3\nlonger {}\nc = 4\n',
  ],
  [
    'a value of several lines lines up with nothing',
    'a = 1\nlonger = [\n1,\n2\n]\nb = 2\n',
    'a = 1\nlonger = [\n  1,\n  2\n]\nb = 2\n',
  ],
  [
    'comments at the end of lines stand below each other',
    'a=1 # x\nlonger="yes" // y\nb {}  # z\n',
    'a      = 1     # x\nlonger = "yes" // y\nb {}           # z\n',
  ],
  [
    'brackets that open and close together count once',
    'a = [{\nb = 1\n}]\nf([\n1\n])\n[[\n[\n1\n]]\n]\n',
    'a = [{\n  b = 1\n}]\nf([\n  1\n])\n[[\n  [\n    1\n  ]]\n]\n',
  ],
  [
    'texts over several lines stay as they are, and the lines after them line up',
    'b {\na = <<EOT\n  x ${ y }\n{\n   z\n    EOT\nlonger = <<-E\n\t1\n  E\n}\n',
    'b {\n  a      = <<EOT\n  x ${y}\n{\n   z\n    EOT\n  longer = <<-E\n\t1\n  E\n}\n',
  ],
  ['spaces at the end of a line go', 'a {  \n   \n  }   \n', 'a {\n\n}\n'],
  ['newlines of other systems stay', 'a {\r\nb=1\r\n}\r\n', 'a {\r\n  b = 1\r\n}\r\n'],
  [
    'a character is as wide as a person sees it',
    'e\u0301 = 1 # x\nab = "\u{1f1ec}\u{1f1e7}" # y\n',
    'e\u0301  = 1   # x\nab = "\u{1f1ec}\u{1f1e7}" # y\n',
  ],
  ['comments between words stay', 'a = [ /* x */1, # y\n2]\n', 'a = [/* x */ 1, # y\n2]\n'],
];
for (const [what, written, canonical] of files) {
  test(what, () => {
    assert.equal(format(written), canonical);
  });
}

/** Words, comments and texts of a file, without the spaces between them. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let at = 0;
  for (const { start, end } of tokenize(new Source('x', text))) {
    words.push(text.slice(at, start).trim(), text.slice(start, end));
    at = end;
  }
  return words.filter((word) => word !== '');
}

const line = fc.constantFrom(
  ...['a = 1', 'abc=[', ']', 'b "x" {', '}', '# c', 'd = f( x ,y)  # why', '', 'e={', '})', '([{'],
  ...['t = <<EOT\n  ${ a }\n EOT', 'n = -1 - -  2 /* q */', 's = "a  ${ b ? "c" : d }"', '\t'],
);

test('M1, M2: nothing but space changes, and formatting again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 14 }), (written) => {
      const text = written.join('\n');
      const canonical = format(text);
      assert.deepEqual(wordsOf(canonical), wordsOf(text));
      assert.equal(format(canonical), canonical);
    }),
    { numRuns: 2000 },
  );
});
