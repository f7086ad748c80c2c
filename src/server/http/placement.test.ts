import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRead, placementOf, type Part } from './placement.ts';

const rows: readonly (readonly [string, string, string, Part, 'here' | 'servers'])[] = [
  ['GET', '/v1/kv/*key', '', 'leader', 'here'],
  ['PUT', '/v1/kv/*key', '', 'leader', 'here'],
  ['GET', '/v1/kv/*key', '', 'follower', 'servers'],
  ['GET', '/v1/kv/*key', 'consistent', 'follower', 'servers'],
  ['GET', '/v1/kv/*key', 'keys&stale', 'follower', 'here'],
  ['GET', '/v1/kv/*key', 'stale=false', 'follower', 'servers'],
  ['GET', '/v1/kv/*key', 'near=stale', 'follower', 'servers'],
  ['PUT', '/v1/kv/*key', 'stale', 'follower', 'servers'],
  ['GET', '/v1/kv/*key', 'stale', 'client', 'servers'],
  ['GET', '/v1/agent/self', '', 'follower', 'here'],
  ['PUT', '/v1/agent/service/register', '', 'client', 'here'],
  ['GET', '/v1/metrics', '', 'client', 'here'],
  ['GET', '/v1/status/leader', '', 'follower', 'here'],
  ['GET', '/v1/status/leader', '', 'client', 'servers'],
  ['GET', '/v1/client/fs/logs/:id', '', 'follower', 'here'],
  ['GET', '/v1/client/fs/logs/:id', '', 'client', 'servers'],
  ['POST', '/v1/jobs', '', 'follower', 'servers'],
  ['GET', '/v1/jobs', 'stale', 'follower', 'here'],
  ['GET', '/v1/event/stream', '', 'follower', 'here'],
];

for (const [method, pattern, query, part, expected] of rows) {
  test(`${method} ${pattern}?${query} at a ${part}: ${expected}`, () => {
    assert.equal(placementOf({ method, pattern, query }, part), expected);
  });
}

test('only reads may be sent twice', () => {
  assert.deepEqual(
    ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'].map((method) => isRead({ method })),
    [true, true, false, false, false],
  );
});
