import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gossipSettings } from './gossip-settings.ts';
import { Reader } from './reader.ts';

test('members to join: of every block that names some, once each, on their gossip ports', () => {
  const file = {
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
    join: ['10.0.0.1', 'b:9301', '10.0.0.4:8301', '10.0.0.2', '10.0.0.3', '[::1]'],
  });
  const empty = gossipSettings(new Reader({}, ''), '127.0.0.1');
  assert.deepEqual(empty, { address: '127.0.0.1', join: [] });
});
