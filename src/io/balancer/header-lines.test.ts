import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHeaderLines } from './header-lines.ts';

const read = (text: string): readonly string[] | undefined =>
  readHeaderLines(`x\r\n${text}\r\n\r\nbody`, 3, 3 + text.length);

const rows: [text: string, want: readonly string[] | undefined][] = [
  ['', []],
  ['A: 1', ['A', '1']],
  ['A:1\r\nb: \t2 3\t ', ['A', '1', 'b', '2 3']],
  ['A:', ['A', '']],
  ['A: \xa0\xff', ['A', '\xa0\xff']],
  // L1
  ['A : 1', undefined],
  [': 1', undefined],
  ['A', undefined],
  ['A: 1\r\n', undefined],
  ['A: 1\r\n\r\nB: 2', undefined],
  ['A: 1\nB: 2', undefined],
  ['A: 1\rB: 2', undefined],
  ['A: 1\r\n B: 2', undefined],
  ['A: \x7f', undefined],
  ['A: \0', undefined],
  ['\xe9: 1', undefined],
];
for (const [text, want] of rows) {
  test(`L1: ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), want));
}

test('L1: what is read is what a regular expression for each line reads', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '-',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\r',
    '\n',
    '\0',
    '\xe9',
    '(',
  );
  const line = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const found = text === '' ? [] : text.split('\r\n').map((each) => line.exec(each));
      const want = found.flatMap((each) => (each === null ? [] : [each[1] ?? '', each[2] ?? '']));
      assert.deepEqual(read(text), found.includes(null) ? undefined : want);
    }),
    { numRuns: 2_000 },
  );
});
