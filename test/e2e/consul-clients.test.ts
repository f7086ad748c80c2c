/**
 * Programs that others wrote for Consul, against the discovery port of a real agent: the client
 * `consul` of the npm registry with each of its methods. What concerns access control is left out:
 * there is none yet.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './consul-clients-machine.ts';
import './consul-clients-store.ts';
import { consul } from './consul-clients-stand.ts';

test('nothing of the client was left out', () => {
  assert.deepEqual(
    consul.untried().filter((path) => !path.startsWith('acl.')),
    [],
  );
});
