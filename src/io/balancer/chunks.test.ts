import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkReader } from './chunks.ts';

/** The body, then what follows it; or why there is none. */
function read(pieces: readonly Buffer[]): string {
  const reader = new ChunkReader();
  const body: Buffer[] = [];
  for (const [i, piece] of pieces.entries()) {
    const end = reader.read(piece, (data) => body.push(Buffer.from(data)));
    if (end === undefined) return 'malformed';
    if (end < 0) continue;
    const rest = Buffer.concat([piece.subarray(end), ...pieces.slice(i + 1)]);
    return `${Buffer.concat(body).toString('latin1')}|${rest.toString('latin1')}`;
  }
  return 'unfinished';
}

const bodies: [text: string, want: string][] = [
  ['0\r\n\r\n', '|'],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello|'],
  ['5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nHTTP', 'hello0123456789|HTTP'],
  ['5;name=value\r\nhello\r\n0;x\r\n\r\n', 'hello|'],
  ['5 \r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n', 'hello|'],
  ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n|'],
  ['5\r\nhell', 'unfinished'],
  ['0\r\n', 'unfinished'],
  // C1
  ['5\nhello\r\n0\r\n\r\n', 'malformed'],
  ['5\r\nhello\n0\r\n\r\n', 'malformed'],
  ['5\r\nhelloX\r\n0\r\n\r\n', 'malformed'],
  ['0x5\r\nhello\r\n0\r\n\r\n', 'malformed'],
  ['+5\r\nhello\r\n0\r\n\r\n', 'malformed'],
  [' 5\r\nhello\r\n0\r\n\r\n', 'malformed'],
  ['\r\nhello\r\n0\r\n\r\n', 'malformed'],
  ['5;a\0b\r\nhello\r\n0\r\n\r\n', 'malformed'],
  ['5;a\rb\r\nhello\r\n0\r\n\r\n', 'malformed'],
  ['0\r\nno trailer\r\n\r\n', 'malformed'],
  ['fffffffffffff\r\n', 'malformed'],
  // C2
  [`5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`, 'malformed'],
  [`0\r\n${'X: y\r\n'.repeat(10_000)}\r\n`, 'malformed'],
];
for (const [text, want] of bodies) {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
  test(`${shown} is read as ${JSON.stringify(want)}, however it is cut`, () => {
    assert.equal(read([Buffer.from(text, 'latin1')]), want);
    if (text.length > 1_000) return;
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, i) => Buffer.from(text.slice(at[i], end), 'latin1'));
        assert.equal(read(pieces), want);
      }),
    );
  });
}
