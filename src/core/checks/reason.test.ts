import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialReason, parseHostPort, requestReason, REQUEST_TIMEOUT, urlToAsk } from './reason.ts';

test('hosts with ports', () => {
  assert.deepEqual(parseHostPort('db:80'), { host: 'db', port: 80 });
  assert.deepEqual(parseHostPort('[::1]:80'), { host: '::1', port: 80 });
  assert.deepEqual(parseHostPort(':80'), { host: '127.0.0.1', port: 80 });
  for (const bad of ['', 'db', 'db:', 'db:x', '::1:80', 'db:70000', 'a:b:1']) {
    assert.equal(parseHostPort(bad), undefined, bad);
  }
});

test('reasons are told as Go tells them', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['ECONNREFUSED', 'dial tcp a:1: connect: connection refused'],
    ['EHOSTUNREACH', 'dial tcp a:1: connect: no route to host'],
    ['ETIMEDOUT', 'dial tcp a:1: i/o timeout'],
    ['ENOTFOUND', 'dial tcp: lookup a: no such host'],
    ['EAI_AGAIN', 'dial tcp: lookup a: temporary failure in name resolution'],
    ['EWHATEVER', 'dial tcp a:1: odd'],
  ];
  for (const [code, expected] of rows) {
    assert.equal(dialReason('tcp', 'a:1', { code, message: 'odd' }), expected);
  }
  assert.equal(
    requestReason('GET', 'http://a/', REQUEST_TIMEOUT),
    'Get "http://a/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  );
});

test('an IPv4 address may stand in brackets', () => {
  const rows = [
    ['http://[127.0.0.1]:80/x', 'http://127.0.0.1:80/x'],
    ['https://a:b@[10.0.0.1]/', 'https://a:b@10.0.0.1/'],
    ['http://[::1]:80/', 'http://[::1]:80/'],
    ['http://x/?q=http://[1.2.3.4]/', 'http://x/?q=http://[1.2.3.4]/'],
  ] as const;
  for (const [url, expected] of rows) assert.equal(urlToAsk(url), expected);
});
