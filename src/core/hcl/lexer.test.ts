import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { tokenize } from './lexer.ts';
import { Source } from './source.ts';
import { PUNCTUATION } from './token.ts';

function kinds(text: string): readonly string[] {
  return tokenize(new Source('x', text)).map((token) => token.kind);
}

test('each mark is a token of its own', () => {
  for (const mark of PUNCTUATION) {
    assert.deepEqual(kinds(` ${mark} `), [mark, 'end of file'], mark);
  }
});

test('what a character means depends on where it stands', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['a-b1 = 1.5e3', ['ident', '=', 'number']],
    ['été', ['ident']],
    [
      '"a${b}c"',
      [
        'open quote',
        'quoted text',
        'interpolation',
        'ident',
        'sequence end',
        'quoted text',
        'close quote',
      ],
    ],
    ['"${{}}"', ['open quote', 'interpolation', '{', '}', 'sequence end', 'close quote']],
    ['"$${a}"', ['open quote', 'quoted text', 'close quote']],
    ['"%{~ if a ~}"', ['open quote', 'directive', 'ident', 'ident', 'sequence end', 'close quote']],
    ['<<E\na\nE\n', ['open heredoc', 'template text', 'close heredoc', 'newline']],
    ['<<E', ['<', '<', 'ident']],
    ['# c\nb', ['newline', 'ident']],
    ['a /* b\n */ c', ['ident', 'ident']],
    ['1..2', ['number']],
    ['a...', ['ident', '...']],
    ['\u{1F600}', ['invalid']],
    ['"a\nb', ['open quote', 'quoted text', 'quoted newline', 'quoted text']],
  ];
  for (const [text, expected] of rows) assert.deepEqual(kinds(text).slice(0, -1), expected, text);
});

test('X1, X2, X3: tokens are in order and leave out nothing but space and comments', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(...Array.from('ab1 ."\n${}%[]()=<-#/*\\~\t\u00e9\u{1F600}EOT')),
        maxLength: 60,
      }),
      (t) => {
        const tokens = tokenize(new Source('x', t));
        let at = 0;
        for (const token of tokens) {
          assert.match(t.slice(at, token.start), /^(?:[ \t]|\/\*[^]*?\*\/|#.*|\/\/.*)*$/);
          assert.ok(token.end > token.start || token.kind === 'end of file');
          at = token.end;
        }
        assert.equal(tokens[tokens.length - 1]?.kind, 'end of file');
      },
    ),
    { numRuns: 2000 },
  );
});
