/**
 * What the balancer took for a request is what its target took for one, whatever comes in: no more,
 * no others.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { BalancerWorld, until } from '../../test/balancer-world.ts';

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';

const lengths = [
  'Content-Length: 0',
  'Content-Length: 5',
  `Content-Length: ${HIDDEN.length}`,
  `Content-Length: ${HIDDEN.length + 5}`,
  `content-length:${HIDDEN.length}`,
  'Content-Length: +5',
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length: 99999999999999999999',
  'Content-Length:',
  'Content-Length : 5',
  ' Content-Length: 5',
  'Content_Length: 5',
];
const codings = [
  'Transfer-Encoding: chunked',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding:\r\n chunked',
  'X: y\r\n\tTransfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'X: y\0Transfer-Encoding: chunked',
  'Connection: Transfer-Encoding',
  'Connection: Content-Length',
];
const others = [
  'Host: other',
  'Connection: keep-alive, host',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'X-Long: ' + 'y'.repeat(40_000),
  'Accept: */*',
  ': nothing',
  'nothing',
];
const bodies = [
  '',
  'hello',
  HIDDEN,
  `0\r\n\r\n${HIDDEN}`,
  `5\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
  `5\nhello\n0\n\n${HIDDEN}`,
  `5;x=\r\ny\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
  `5 \r\nhello\r\n00\r\n\r\n${HIDDEN}`,
  `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  `0\r\nContent-Length: 5\r\n\r\n${HIDDEN}`,
  `-1\r\n${HIDDEN}`,
  `fffffffffffffffff\r\n${HIDDEN}`,
];
const lines = [
  'POST / HTTP/1.1',
  'GET / HTTP/1.1',
  'GET / HTTP/1.0',
  'HEAD / HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'GET http://x/ HTTP/1.1',
  'GET  / HTTP/1.1',
  'GET / HTTP/1.1 ',
  'GET /\t HTTP/1.1',
  'G\0T / HTTP/1.1',
  'POST / HTTP/1.2',
  'POST / HTTP/2.0',
  '\r\nPOST / HTTP/1.1',
  'POST /a\r\n HTTP/1.1',
];

const message = fc
  .record({
    line: fc.constantFrom(...lines),
    headers: fc.array(fc.constantFrom(...lengths, ...codings, ...others), { maxLength: 2 }),
    body: fc.constantFrom(...bodies),
    end: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n'),
  })
  .map(({ line, headers, body, end }) => {
    return `${[line, 'Host: x', ...headers].join(end)}${end}${end}${body}`;
  });

/** Sends it in two pieces, and waits until the balancer ends the connection or falls silent. */
function send(port: number, text: string, cut: number): Promise<void> {
  const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
    socket.write(text.slice(0, cut), 'latin1');
    setImmediate(() => socket.write(text.slice(cut) + last, 'latin1'));
    // Some messages leave it waiting for more.
    socket.setTimeout(100, () => socket.destroy());
  });
}

test('no request reaches a target that the balancer has not taken for one', async () => {
  await using world = await BalancerWorld.start({ accessLog: true, idleTimeoutMs: 500 });
  const seen: string[] = [];
  const port = await world.backend((incoming, response) => {
    seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    incoming.on('error', () => undefined);
    incoming.resume();
    incoming.on('end', () => response.end('ok'));
  });
  world.offer('a', port, ['urlprefix-/']);
  await until('routed', () => world.balancer.table.rules.length === 1);
  const isTaken = (): boolean => {
    const left = world.notes.flatMap(requestOf);
    // What came late of an earlier message counts, too: nothing is forgotten between two of them.
    return seen.every((one) => {
      const at = left.indexOf(one);
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  };
  await fc.assert(
    fc.asyncProperty(message, fc.nat(200), async (text, cut) => {
      await send(world.ports.http, text, cut);
      const shown = JSON.stringify(text.slice(0, 300));
      await until(`all that reached the target is told, after ${shown}`, isTaken);
    }),
    { numRuns: 400, endOnFailure: true },
  );
  await until('all is told', isTaken);
  assert.ok(seen.length > 15, `${seen.length} reached the target`);
});

/** The request of a line of the access log, as its target gets it; none where it was refused. */
function requestOf(line: string): string[] {
  const [, method = '', target = '', status] = /"(\S+) (\S+) HTTP\/[\d.]+" (\d+)/.exec(line) ?? [];
  if (status === undefined || status === '400') return [];
  return [`${method} ${target.replace(/^http:\/\/x/, '').replace(/^\*$/, '/')}`];
}
