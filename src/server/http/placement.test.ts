import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlacedByJob, placementOf, regionOfJob, whereaboutsOf } from './placement.ts';

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
    ['GET', '/v1/regions', '', 'server', 'here'],
    ['GET', '/v1/operator/raft/configuration', '', 'server', 'here'],
    ['POST', '/v1/operator/raft/transfer-leader', '', 'server', 'leader'],
    ['PUT', '/v1/operator/raft/transfer-leadership', '', 'server', 'leader'],
    ['DELETE', '/v1/operator/raft/peer', '', 'server', 'leader'],
    ['GET', '/v1/catalog/datacenters', '', 'server', 'here'],
    ['GET', '/v1/catalog/datacenters', '', 'client', 'leader'],
  ];

for (const [method, pattern, query, role, expected] of rows) {
  test(`${method} ${pattern}?${query} at a ${role}: ${expected}`, () => {
    assert.equal(placementOf({ method, pattern, query }, role), expected);
  });
}

test('PL2: how old an answer may be', () => {
  const rows: readonly [string, number, 'here' | 'leader'][] = [
    ['stale', 3_600_000, 'here'],
    ['max_stale=10s', 0, 'here'],
    ['max_stale=10s', 10_000, 'here'],
    ['max_stale=10s', 10_001, 'leader'],
    ['stale&max_stale=200ms', 300, 'leader'],
    ['stale=false&max_stale=1s', 300, 'here'],
    ['max_stale=0s', 0, 'leader'],
    ['max_stale=soon', 0, 'leader'],
    ['stale&max_stale=0s', 300, 'here'],
  ];
  for (const [query, staleMs, expected] of rows) {
    const request = { method: 'GET', pattern: '/v1/kv/*key', query };
    assert.equal(placementOf(request, 'server', staleMs), expected, `${query} at ${staleMs} ms`);
  }
});

test('PL3: which region is named', () => {
  const rows: readonly [string, string, object][] = [
    ['/v1/jobs', '', {}],
    ['/v1/jobs', 'region=eu&dc=x', { region: 'eu' }],
    ['/v1/jobs', 'pretty&region=', {}],
    ['/v1/kv/*key', 'recurse&dc=a%20b', { datacenter: 'a b' }],
    ['/v1/kv/*key', 'dc=&acquire=x', {}],
    ['/v1/kv/*key', 'notdc=x', {}],
    ['/v1/agent/self', 'dc=x', {}],
  ];
  for (const [pattern, query, expected] of rows) {
    assert.deepEqual(whereaboutsOf({ pattern, query }), expected, `${pattern}?${query}`);
  }
});

test('PL3: a job says where it belongs, unless the request does', () => {
  const rows: readonly [string, string, string, boolean][] = [
    ['PUT', '/v1/jobs', '', true],
    ['POST', '/v1/job/:id', '', true],
    ['PUT', '/v1/job/:id/plan', 'pretty', true],
    ['PUT', '/v1/jobs', 'region=us', false],
    ['GET', '/v1/jobs', '', false],
    ['DELETE', '/v1/job/:id', '', false],
    ['PUT', '/v1/job/:id/evaluate', '', false],
  ];
  for (const [method, pattern, query, expected] of rows) {
    assert.equal(isPlacedByJob({ method, pattern, query }), expected, `${method} ${pattern}`);
  }
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const bodies: readonly [string, string | undefined][] = [
    ['{"Job":{"ID":"x","Region":"eu"}}', 'eu'],
    ['{"Job":{"ID":"x","Region":"global"}}', undefined],
    ['{"Job":{"ID":"x","Region":null}}', undefined],
    ['{"Job":7}', undefined],
    ['no JSON', undefined],
  ];
  for (const [body, expected] of bodies) assert.equal(regionOfJob(bytes(body)), expected, body);
});
