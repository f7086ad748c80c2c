import assert from 'node:assert/strict';
import test from 'node:test';
import { bracketChange, isSpaced, type Piece } from './format-spaces.ts';

function piece(kind: Piece['kind'], text: string = kind): Piece {
  return { kind, text, spaces: 0 };
}

const NAME = piece('ident', 'a');

test('brackets are counted whatever they enclose', () => {
  const rows: readonly (readonly [Piece['kind'], number])[] = [
    ['{', 1],
    ['[', 1],
    ['(', 1],
    ['interpolation', 1],
    ['directive', 1],
    ['}', -1],
    [']', -1],
    [')', -1],
    ['sequence end', -1],
    ['ident', 0],
    ['open quote', 0],
    ['comment', 0],
  ];
  for (const [kind, change] of rows) assert.equal(bracketChange(piece(kind)), change, kind);
});

test('a word is followed by a space unless a rule says otherwise', () => {
  const rows: readonly (readonly [Piece, Piece, Piece | undefined, boolean])[] = [
    [NAME, piece('='), undefined, true],
    [NAME, piece('newline'), undefined, false],
    [NAME, piece('('), undefined, false],
    [piece('='), piece('('), undefined, true],
    [NAME, piece('['), undefined, false],
    [piece('ident', 'in'), piece('['), NAME, true],
    [piece('ident', 'in'), piece('['), undefined, false],
    [piece('-'), piece('number'), piece('='), false],
    [piece('-'), piece('number'), undefined, false],
    [piece('-'), piece('number'), NAME, true],
    [piece('{'), piece('}'), undefined, false],
    [piece('{'), NAME, undefined, true],
    [piece('['), NAME, undefined, false],
    [piece('interpolation'), piece('{'), undefined, true],
    [piece('sequence end'), piece('interpolation'), undefined, false],
    [piece('quoted text'), piece('interpolation'), undefined, false],
  ];
  for (const [one, next, before, expected] of rows) {
    assert.equal(isSpaced(one, next, before), expected, `${one.text} ${next.text}`);
  }
});
