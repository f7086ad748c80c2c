import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlainHead } from './plain-head.ts';

const rows: [text: string, want: string | undefined][] = [
  ['GET / HTTP/1.1\nHost: x\n\n', 'GET / Host=x'],
  ['HEAD /a?b=c HTTP/1.1\nhost:x\nAccept: */* \n\n', 'HEAD /a?b=c host=x Accept=*/*'],
  [
    'OPTIONS * HTTP/1.1\nHost: x\nConnection: Keep-Alive\n\n',
    'OPTIONS * Host=x Connection=Keep-Alive',
  ],
  ['DELETE http://x/ HTTP/1.1\nHost: x\nX: é\nX:\n\n', 'DELETE http://x/ Host=x X=é X='],
  // P1
  ['POST / HTTP/1.1\nHost: x\n\n', undefined],
  ['get / HTTP/1.1\nHost: x\n\n', undefined],
  ['GET  / HTTP/1.1\nHost: x\n\n', undefined],
  ['GET / HTTP/1.1 \nHost: x\n\n', undefined],
  ['GET /\t HTTP/1.1\nHost: x\n\n', undefined],
  ['GET /é HTTP/1.1\nHost: x\n\n', undefined],
  ['GET / HTTP/1.0\nHost: x\n\n', undefined],
  ['\nGET / HTTP/1.1\nHost: x\n\n', undefined],
  ['GET / HTTP/1.1\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nHost: x\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nContent-Length: 0\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nTRANSFER-encoding: chunked\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nUpgrade: websocket\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nExpect: 100-continue\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nConnection: close\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nConnection: keep-alive, X\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nX : y\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\n folded\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\n: y\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nX: \0\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\nX: a\rY: b\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\n', undefined],
  ['GET / HTTP/1.1\nHost: x\n\nGET / HTTP/1.1\nHost: x\n\n', undefined],
  ['GET / HTTP/1.1\nHost: x\n\n\n', undefined],
  [`GET / HTTP/1.1\nHost: x\nX: ${'y'.repeat(9_000)}\n\n`, undefined],
];
for (const [text, want] of rows) {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
  test(`P1: ${shown} is ${want === undefined ? 'for another' : 'plain'}`, () => {
    const head = readPlainHead(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
    const pairs = head?.headers.flatMap((name, i, all) =>
      i % 2 === 0 ? [`${name}=${all[i + 1] ?? ''}`] : [],
    );
    assert.equal(head && [head.method, head.target, ...(pairs ?? [])].join(' '), want);
  });
}

test('P1: a line that ends with less than it should is for another', () => {
  for (const text of ['GET / HTTP/1.1\nHost: x\n\n', 'GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n']) {
    assert.equal(readPlainHead(Buffer.from(text)), undefined);
  }
});
