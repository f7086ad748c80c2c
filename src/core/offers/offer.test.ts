import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocId } from '../model/ids.ts';
import { endpointOf, instanceId, type Reach } from './offer.ts';

const REACH: Reach = {
  alloc: {
    id: 'a' as AllocId,
    ports: [
      { label: 'http', value: 21_000, to: 8080, hostIp: '10.0.0.7', dynamic: true },
      { label: 'db', value: 5432, to: 0, hostIp: '10.0.0.7', task: 'other', dynamic: false },
    ],
  },
  hostAddress: '10.0.0.1',
  allocAddress: '172.26.0.2',
  task: 'web',
  owner: 'web',
  lookup: (name) => (name === 'meta.rack' ? 'r1' : undefined),
  instanceNamed: () => undefined,
};

test('where a port is reached', () => {
  const rows: readonly (readonly [string, string, string, number])[] = [
    ['http', 'auto', '10.0.0.7', 21_000],
    ['http', 'host', '10.0.0.7', 21_000],
    ['http', 'alloc', '172.26.0.2', 8080],
    ['', 'auto', '10.0.0.1', 0],
    ['8080', 'auto', '10.0.0.1', 8080],
    ['8080', 'driver', '172.26.0.2', 8080],
    ['99999', 'auto', '10.0.0.1', 0],
    // Another task's port is none of this one's.
    ['db', 'auto', '10.0.0.1', 0],
  ];
  for (const [label, mode, address, port] of rows) {
    assert.deepEqual(endpointOf(label, mode, REACH), { address, port }, `${label} ${mode}`);
  }
});

test('an instance has one id for its whole life', () => {
  const id = instanceId({ name: 'shop-${meta.rack}', portLabel: 'http' }, REACH);
  assert.equal(id, '_nomad-task-a-web-shop-r1-http');
});
