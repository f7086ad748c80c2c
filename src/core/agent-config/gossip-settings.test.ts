import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gossipSettings } from './gossip-settings.ts';
import { Reader } from './reader.ts';

const AS_USUAL = { rejoinAfterLeave: false, reconnectTimeoutMs: 72 * 3_600_000 };

test('members to join: of every block that names some, once each, on their gossip ports', () => {
  const file = {
    start_join: ['10.0.0.8'],
    server: { retry_join: ['10.0.0.1', 'b:9301'], start_join: ['10.0.0.1'] },
    client: {
      servers: ['10.0.0.2:4647', '10.0.0.3', '[::1]:4647'],
      server_join: { retry_join: ['10.0.0.4:8301'] },
    },
    addresses: { serf: '10.0.0.9' },
    advertise: { serf: '192.0.2.1:8301' },
  };
  assert.deepEqual(gossipSettings(new Reader(file, ''), '127.0.0.1'), {
    address: '10.0.0.9',
    advertise: '192.0.2.1:8301',
    join: ['10.0.0.8', '10.0.0.1', 'b:9301', '10.0.0.4:8301', '10.0.0.2', '10.0.0.3', '[::1]'],
    ...AS_USUAL,
    wan: { address: '10.0.0.9', join: [], ...AS_USUAL },
  });
  const empty = gossipSettings(new Reader({}, ''), '127.0.0.1');
  const nobody = { address: '127.0.0.1', join: [], ...AS_USUAL };
  assert.deepEqual(empty, { ...nobody, wan: nobody });
});

test('the pool of all regions: where it listens, is reached and joins', () => {
  const file = {
    retry_join_wan: ['10.1.0.1'],
    server: { retry_join_wan: ['10.1.0.1', '10.2.0.1:9302'], start_join_wan: ['c'] },
    addresses: { serf_wan: '192.0.2.9' },
    advertise: { serf_wan: '192.0.2.1' },
  };
  assert.deepEqual(gossipSettings(new Reader(file, ''), '127.0.0.1').wan, {
    address: '192.0.2.9',
    advertise: '192.0.2.1',
    join: ['10.1.0.1', '10.2.0.1:9302', 'c'],
    ...AS_USUAL,
  });
});

test('how members of the last run are found again', () => {
  const file = {
    server: { rejoin_after_leave: true },
    reconnect_timeout: 28_800_000,
    reconnect_timeout_wan: 36_000_000,
  };
  const { wan, ...lan } = gossipSettings(new Reader(file, ''), '127.0.0.1');
  assert.deepEqual([lan.rejoinAfterLeave, lan.reconnectTimeoutMs], [true, 28_800_000]);
  assert.deepEqual([wan.rejoinAfterLeave, wan.reconnectTimeoutMs], [true, 36_000_000]);
  const top = gossipSettings(new Reader({ rejoin_after_leave: true }, ''), '127.0.0.1');
  assert.equal(top.rejoinAfterLeave, true);
});
