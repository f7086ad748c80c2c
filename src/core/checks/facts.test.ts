import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocId } from '../model/ids.ts';
import type { CheckDefinition } from '../model/health-check.ts';
import { identityOf, maintenanceFacts } from './facts.ts';

const TTL: CheckDefinition = {
  id: 'c',
  name: 'check',
  notes: 'n',
  serviceId: 's',
  initialStatus: 'critical',
  probe: { kind: 'ttl', ttlMs: 10_000 },
  intervalMs: 0,
  timeoutMs: 0,
  successBeforePassing: 0,
  failuresBeforeWarning: 0,
  failuresBeforeCritical: 0,
  deregisterCriticalServiceAfterMs: 0,
  outputMaxBytes: 4_096,
};

test('what the catalog holds of a check', () => {
  const identity = {
    id: 'c',
    name: 'check',
    notes: 'n',
    serviceId: 's',
    type: 'ttl',
    definition: {},
    interval: '0s',
    timeout: '0s',
  };
  assert.deepEqual(identityOf(TTL), identity);
  const tcp: CheckDefinition = { ...TTL, intervalMs: 90_000, timeoutMs: 500 };
  const { interval, timeout, allocId } = identityOf(tcp, 'a' as AllocId);
  assert.deepEqual([interval, timeout, allocId], ['1m30s', '500ms', 'a']);
});

test('maintenance is a critical check', () => {
  const node = maintenanceFacts('', 'new disk');
  assert.deepEqual(
    [node.id, node.status, node.notes],
    ['_node_maintenance', 'critical', 'new disk'],
  );
  const service = maintenanceFacts('web', '');
  assert.deepEqual([service.id, service.serviceId], ['_service_maintenance:web', 'web']);
  assert.match(service.notes, /^Maintenance mode is enabled for this service/);
});
