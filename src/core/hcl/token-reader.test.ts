import assert from 'node:assert/strict';
import test from 'node:test';
import { tokenize } from './lexer.ts';
import { Source } from './source.ts';
import { TokenReader } from './token-reader.ts';

function reader(text: string): TokenReader {
  const source = new Source('x', text);
  return new TokenReader(source, tokenize(source));
}

test('newlines count or not by where one is', () => {
  const from = reader('a\n\nb\nc');
  assert.equal(from.text(from.read()), 'a');
  assert.equal(from.peek().kind, 'newline');
  from.withNewlines(false, () => assert.equal(from.text(from.read()), 'b'));
  assert.equal(from.read().kind, 'newline');
  assert.ok(from.isWord('c'));
  from.read();
  assert.deepEqual([from.read().kind, from.read().kind], ['end of file', 'end of file']);
});

test('R1: only the first complaint of an item is told', () => {
  const from = reader('a b');
  const span = from.span(from.read());
  from.complainOnce(span, 'first', '');
  from.complainOnce(span, 'echo', '');
  from.startAfresh();
  from.complainOnce(span, 'second', '');
  assert.deepEqual(
    from.diagnostics.map((each) => each.summary),
    ['first', 'second'],
  );
});

test('recovery goes over brackets that were opened', () => {
  const after = (text: string, recover: (from: TokenReader) => void): string => {
    const from = reader(text);
    recover(from);
    return from.text(from.read());
  };
  assert.equal(
    after('x [a, (b)\n c] y\nz', (from) => from.recoverAfterItem()),
    'z',
  );
  assert.equal(
    after('x ) }\nz', (from) => from.recoverAfterItem()),
    'z',
  );
  assert.equal(
    after('{ a } } z', (from) => from.recover('}')),
    'z',
  );
  assert.equal(
    after('a "b ${c} d', (from) => from.recoverAfterItem()),
    '',
  );
});
