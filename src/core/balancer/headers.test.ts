import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replyHeaders, requestHeaders, type Towards } from './headers.ts';
import { offer } from './offer.fixture.ts';
import type { RequestHead } from './request.ts';
import { buildTable } from './table.ts';

const head: RequestHead = {
  method: 'GET',
  target: '/',
  headers: [],
  remoteAddress: '1.2.3.4',
  localPort: 9999,
  secure: false,
  version: '1.1',
  upgrade: false,
};

/** What goes to the target, without what is added in any case. */
function passed(headers: readonly string[], over: Partial<Towards> = {}): string {
  const [rule] = buildTable([offer('/')]).rules;
  const target = over.target ?? rule?.targets[0];
  assert.ok(target);
  const asked = { host: 'x.com', path: '/', query: '' };
  const out = requestHeaders({ ...head, headers }, { asked, trusted: false, ...over, target });
  const lines: string[] = [];
  for (let i = 0; i < out.length; i += 2) lines.push(`${out[i] ?? ''}: ${out[i + 1] ?? ''}`);
  return lines.join('\n');
}

const ADDED = [
  'X-Forwarded-For: 1.2.3.4',
  'Forwarded: for=1.2.3.4;proto=http',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: x.com',
  'X-Forwarded-Port: 9999',
  'X-Real-Ip: 1.2.3.4',
];

const rows: [headers: readonly string[], want: readonly string[]][] = [
  [['Host', 'x.com', 'Accept', '*/*'], ['Accept: */*']],
  [
    ['A', '1', 'a', '2'],
    ['A: 1', 'a: 2'],
  ],
  // H1
  [['Connection', 'close', 'Keep-Alive', 'x', 'TE', 'trailers', 'Upgrade', 'h2c'], []],
  [['Connection', 'X-Hop, x-other', 'X-Hop', '1', 'X-Other', '2', 'X-Kept', '3'], ['X-Kept: 3']],
  [['Transfer-Encoding', 'chunked', 'Trailer', 'X'], []],
  [['Expect', '100-continue', 'Proxy-Authorization', 'x', 'Proxy-Connection', 'y'], []],
  [[':authority', 'x.com', 'http2-settings', 'x'], []],
  // What says how long the body is cannot be named away, nor who is asked.
  [['Content-Length', '5', 'Connection', 'content-length, HOST'], ['Content-Length: 5']],
  // H2
  [['X-Forwarded-Proto', 'https', 'X-Real-IP', '9.9.9.9', 'x-forwarded-host', 'evil'], []],
];
for (const [headers, want] of rows) {
  test(`${JSON.stringify(headers)} leaves ${JSON.stringify(want)}`, () => {
    assert.equal(passed(headers), ['Host: x.com', ...want, ...ADDED].join('\n'));
  });
}

test('H2: who came before is kept, and what a trusted proxy says', () => {
  const said = [
    'X-Forwarded-For',
    '9.9.9.9',
    'Forwarded',
    'for=9.9.9.9',
    'x-forwarded-proto',
    'https',
  ];
  const want = [
    ['Host: x.com', 'x-forwarded-proto: https', 'X-Forwarded-For: 9.9.9.9, 1.2.3.4'],
    ['Forwarded: for=9.9.9.9, for=1.2.3.4;proto=http', ...ADDED.slice(3)],
  ];
  assert.equal(passed(said, { trusted: true }), want.flat().join('\n'));
});

test('the host is that of the request, of the target, or a name', () => {
  const hostOf = (options: string): string | undefined => {
    const target = buildTable([offer(`/ ${options}`)]).rules[0]?.targets[0];
    return target && passed([], { target }).split('\n')[0];
  };
  assert.equal(hostOf(''), 'Host: x.com');
  assert.equal(hostOf('host=dst'), 'Host: 10.0.0.1:8001');
  assert.equal(hostOf('host=inner.example'), 'Host: inner.example');
});

test('H1: an answer keeps all but what was for this connection', () => {
  const answer = [
    ...['Connection', 'keep-alive, X-Hop', 'Keep-Alive', 'timeout=5', 'X-Hop', '1', 'ETag', 'e'],
    ...['Set-Cookie', 'a', 'Set-Cookie', 'b', 'Transfer-Encoding', 'chunked', 'Host', 'odd'],
  ];
  const want = ['ETag', 'e', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Host', 'odd'];
  assert.deepEqual(replyHeaders(answer), want);
});
