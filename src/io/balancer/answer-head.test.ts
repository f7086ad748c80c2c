import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAnswerHead } from './answer-head.ts';

/** What is read: status, framing, and whether the connection stays; or that it is malformed. */
function read(text: string, method = 'GET'): string {
  const lines = text.replaceAll('\n', '\r\n');
  const head = readAnswerHead(`${lines}\r\n\r\nbody`, lines.length, method);
  if (head === undefined) return 'malformed';
  const { status, body, keeps, keepsMs } = head;
  return `${status} ${body} ${keeps ? 'keeps' : 'ends'}${keepsMs === undefined ? '' : ` ${keepsMs}`}`;
}

const heads: [text: string, want: string][] = [
  ['HTTP/1.1 200 OK\nContent-Length: 5', '200 5 keeps'],
  ['HTTP/1.1 200 OK\ncontent-length:5 ', '200 5 keeps'],
  ['HTTP/1.1 200\nContent-Length: 5', '200 5 keeps'],
  ['HTTP/1.1 200 Déjà vu\nContent-Length: 0', '200 0 keeps'],
  ['HTTP/1.1 200 OK\nContent-Length: 5\nConnection: x, Close', '200 5 ends'],
  ['HTTP/1.1 200 OK\nContent-Length: 5\nKeep-Alive: timeout=7, max=9', '200 5 keeps 7000'],
  ['HTTP/1.0 200 OK\nContent-Length: 5', '200 5 ends'],
  ['HTTP/1.0 200 OK\nContent-Length: 5\nConnection: keep-alive', '200 5 keeps'],
  ['HTTP/1.1 200 OK\nTransfer-Encoding: Chunked', '200 chunked keeps'],
  ['HTTP/1.1 200 OK', '200 close ends'],
  ['HTTP/1.1 204 No Content', '204 0 keeps'],
  ['HTTP/1.1 304 Not Modified\nContent-Length: 5', '304 0 keeps'],
  ['HTTP/1.1 103 Early Hints\nLink: x', '103 0 keeps'],
  // A1
  ['HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 5', 'malformed'],
  ['HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 5', 'malformed'],
  ['HTTP/1.1 200 OK\nContent-Length: 5, 5', 'malformed'],
  ['HTTP/1.1 200 OK\nContent-Length: -5', 'malformed'],
  ['HTTP/1.1 200 OK\nContent-Length: 0x5', 'malformed'],
  ['HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked', 'malformed'],
  ['HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked', 'malformed'],
  ['HTTP/1.1 200 OK\nX: a\n folded: b', 'malformed'],
  ['HTTP/1.1 200 OK\nX : a', 'malformed'],
  ['HTTP/1.1 200 OK\n: a', 'malformed'],
  ['HTTP/1.1 200 OK\nnonsense', 'malformed'],
  ['HTTP/1.1 200 OK\nX: a\rSet-Cookie: b', 'malformed'],
  ['HTTP/1.1 200 OK\nX: a\0b', 'malformed'],
  ['HTTP/2 200 OK', 'malformed'],
  ['HTTP/1.1 20 OK', 'malformed'],
  ['HTTP/1.1 099 OK', 'malformed'],
  ['ICY 200 OK', 'malformed'],
  ['', 'malformed'],
];
for (const [text, want] of heads) {
  test(`A1: ${JSON.stringify(text)} is ${want}`, () => assert.equal(read(text), want));
}

test('an answer to HEAD has a length and no body', () => {
  assert.equal(read('HTTP/1.1 200 OK\nContent-Length: 5', 'HEAD'), '200 0 keeps');
  assert.equal(read('HTTP/1.1 200 OK\nTransfer-Encoding: chunked', 'HEAD'), '200 0 keeps');
});

test('A1: what is read holds nothing that could end a line', () => {
  const line = fc.string({ unit: fc.constantFrom(...Array.from('aZ09:- \t\r\n\0,;é')) });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = ['HTTP/1.1 200 OK', ...lines].join('\r\n');
      const head = readAnswerHead(text, text.length, 'GET');
      for (const text of head?.headers ?? []) assert.doesNotMatch(text, /[\r\n\0]/);
    }),
  );
});
