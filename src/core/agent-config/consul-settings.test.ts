import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consulSettings } from './consul-settings.ts';
import { Reader } from './reader.ts';

test('without a word a Consul of the same machine is asked', () => {
  assert.deepEqual(consulSettings(new Reader({}, '')), {
    address: '127.0.0.1:8500',
    token: '',
    serverServiceName: 'nomad',
    serverAutoJoin: true,
    clientAutoJoin: true,
  });
});

test('what is written counts', () => {
  const consul = { address: 'consul:80', server_service_name: 'muster', client_auto_join: false };
  const settings = consulSettings(new Reader({ consul }, ''));
  assert.equal(settings.address, 'consul:80');
  assert.equal(settings.serverServiceName, 'muster');
  assert.equal(settings.clientAutoJoin, false);
});
