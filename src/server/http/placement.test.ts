import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placementOf } from './placement.ts';

const rows: readonly (readonly [string, string, string, 'server' | 'client', 'here' | 'leader'])[] =
  [
    ['GET', '/v1/kv/*key', '', 'server', 'leader'],
    ['GET', '/v1/kv/*key', 'consistent', 'server', 'leader'],
    ['GET', '/v1/kv/*key', 'keys&stale', 'server', 'here'],
    ['GET', '/v1/kv/*key', 'stale=false', 'server', 'leader'],
    ['GET', '/v1/kv/*key', 'near=stale', 'server', 'leader'],
    ['PUT', '/v1/kv/*key', 'stale', 'server', 'leader'],
    ['GET', '/v1/kv/*key', 'stale', 'client', 'leader'],
    ['GET', '/v1/agent/self', '', 'server', 'here'],
    ['PUT', '/v1/agent/service/register', '', 'client', 'here'],
    ['GET', '/v1/metrics', '', 'client', 'here'],
    ['GET', '/v1/status/leader', '', 'server', 'here'],
    ['GET', '/v1/status/leader', '', 'client', 'leader'],
    ['GET', '/v1/client/fs/logs/:id', '', 'server', 'here'],
    ['GET', '/v1/client/fs/logs/:id', '', 'client', 'leader'],
    ['POST', '/v1/jobs', '', 'server', 'leader'],
    ['GET', '/v1/jobs', 'stale', 'server', 'here'],
    ['GET', '/v1/event/stream', '', 'server', 'here'],
  ];

for (const [method, pattern, query, role, expected] of rows) {
  test(`${method} ${pattern}?${query} at a ${role}: ${expected}`, () => {
    assert.equal(placementOf({ method, pattern, query }, role), expected);
  });
}
