import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CATALOG_KEYS,
  CERTIFICATE_KEYS,
  DEFAULT_BALANCER_SETTINGS,
  OVERRIDE_KEYS,
} from './settings.ts';

test('every key that is read is among those that are asked for', () => {
  for (const key of [...OVERRIDE_KEYS, CERTIFICATE_KEYS])
    assert.ok(CATALOG_KEYS.includes(key), key);
});

test('nothing waits for ever to connect or to be drained, and nobody is let in by default', () => {
  const { dialTimeoutMs, drainTimeoutMs, auth, trustedProxies } = DEFAULT_BALANCER_SETTINGS;
  assert.ok(dialTimeoutMs > 0 && drainTimeoutMs > 0);
  assert.deepEqual([auth, trustedProxies], [{}, []]);
});
