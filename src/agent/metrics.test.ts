import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics, type Reading } from './metrics.ts';

test('figures are read when asked for, with their labels', async () => {
  let ready = 1;
  const readings: Reading[] = [
    { name: 'nomad.broker.total_ready', help: 'Evaluations that wait.', read: () => ready },
    { name: 'nomad.client.allocs.memory', help: 'Bytes.', read: () => 7, labels: { alloc: 'a1' } },
  ];
  const metrics = new Metrics(() => readings);
  assert.match(await metrics.prometheus(), /nomad_broker_total_ready 1\n/);
  ready = 2;
  const text = await metrics.prometheus();
  assert.match(text, /nomad_broker_total_ready 2\n/);
  assert.match(text, /nomad_client_allocs_memory\{alloc="a1"\} 7\n/);
  assert.match(text, /muster_process_resident_memory_bytes/);
  assert.equal(metrics.json(0).gauges[0]?.value, 2);
});

test('what is gone is no longer told', async () => {
  let readings: Reading[] = [{ name: 'x.y', help: 'X.', read: () => 1, labels: { of: 'a' } }];
  const metrics = new Metrics(() => readings);
  await metrics.prometheus();
  readings = [];
  assert.doesNotMatch(await metrics.prometheus(), /of="a"/);
});

test('no figure looks at each open connection', async () => {
  const text = await new Metrics(() => []).prometheus();
  assert.match(text, /^muster_process_cpu_seconds_total /m);
  assert.doesNotMatch(text, /nodejs_active/);
});
