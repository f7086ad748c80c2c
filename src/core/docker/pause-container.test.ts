import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import { pauseBody, type PauseInput } from './pause-container.ts';

const PLAIN: PauseInput = {
  image: 'pause:1',
  command: ['/pause'],
  labels: { a: 'b' },
  hostname: '',
  address: '172.26.64.2',
};

function hostOf(input: PauseInput): JsonObject {
  return pauseBody(input)['HostConfig'] as JsonObject;
}

test('P1: it may do nothing', () => {
  const body = pauseBody(PLAIN);
  const host = hostOf(PLAIN);
  assert.equal(host['NetworkMode'], 'none');
  assert.deepEqual(host['CapDrop'], ['ALL']);
  assert.equal(host['ReadonlyRootfs'], true);
  assert.notEqual(body['User'], '');
  assert.deepEqual(host['RestartPolicy'], { Name: 'no' });
});

test("an image of the operator's runs what it was made for", () => {
  assert.deepEqual(pauseBody(PLAIN)['Cmd'], ['/pause']);
  assert.ok(!('Cmd' in pauseBody({ ...PLAIN, command: [] })));
});

test('it brings the names and resolvers of all that join it', () => {
  const dns = { servers: ['10.0.0.1'], searches: ['local'], options: ['ndots:2'] };
  const host = hostOf({ ...PLAIN, hostname: 'web', dns });
  assert.deepEqual(host['Dns'], dns.servers);
  assert.deepEqual(host['DnsSearch'], dns.searches);
  assert.deepEqual(host['DnsOptions'], dns.options);
  assert.deepEqual(host['ExtraHosts'], ['web:172.26.64.2']);
  assert.deepEqual(hostOf({ ...PLAIN, hostname: 'web', address: '' })['ExtraHosts'], []);
  assert.deepEqual(hostOf(PLAIN)['ExtraHosts'], []);
});
