import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exitVerdict,
  failedVerdict,
  httpVerdict,
  passedVerdict,
  timeoutVerdict,
} from './verdict.ts';

test('an HTTP status is a verdict', () => {
  const request = { method: 'GET', url: 'http://a/' };
  const rows: readonly (readonly [number, string, string])[] = [
    [200, 'OK', 'passing'],
    [299, '', 'passing'],
    [302, 'Found', 'critical'],
    [429, 'Too Many Requests', 'warning'],
    [500, 'Internal Server Error', 'critical'],
  ];
  for (const [status, reason, expected] of rows) {
    assert.equal(httpVerdict(request, { status, reason, body: '' }).status, expected);
  }
  const told = httpVerdict(request, { status: 200, reason: 'OK', body: 'up' });
  assert.equal(told.output, 'HTTP GET http://a/: 200 OK Output: up');
});

test('an exit code is a verdict', () => {
  const statuses = [0, 1, 2, 255].map((code) => exitVerdict(code, '').status);
  assert.deepEqual(statuses, ['passing', 'warning', 'critical', 'critical']);
});

test('the rest is told as Consul tells it', () => {
  assert.equal(timeoutVerdict(1_000, '').output, 'Timed out (1s) running check');
  assert.equal(timeoutVerdict(30_000, 'so far').output, 'Timed out (30s) running check\n\nso far');
  assert.deepEqual(failedVerdict('no'), { status: 'critical', output: 'no' });
  assert.deepEqual(passedVerdict('yes'), { status: 'passing', output: 'yes' });
});
