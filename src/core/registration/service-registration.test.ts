import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsWarnings, serviceRegistration } from './service-registration.ts';
import { checkWish, serviceWish } from './wish.fixture.ts';
import type { ServiceWish } from './wish.ts';

test('a service takes its checks along, each with an id of its own', () => {
  const ttl = checkWish({ ttlMs: 1_000 });
  const ids = (over: Partial<ServiceWish>): readonly string[] => {
    const settled = serviceRegistration(serviceWish(over));
    assert.ok('made' in settled);
    return settled.made.checks.map(({ id }) => id);
  };
  assert.deepEqual(ids({}), []);
  assert.deepEqual(ids({ check: ttl }), ['service:web']);
  assert.deepEqual(ids({ id: 'w1', checks: [ttl] }), ['service:w1']);
  assert.deepEqual(ids({ check: ttl, checks: [ttl] }), ['service:web:1', 'service:web:2']);
  assert.deepEqual(ids({ checks: [checkWish({ id: 'own', ttlMs: 1 })] }), ['own']);
});

test('what was not said has its default', () => {
  const settled = serviceRegistration(serviceWish());
  assert.ok('made' in settled);
  const { id, weights, proxy } = settled.made.service;
  assert.deepEqual([id, weights, proxy], ['web', { passing: 1, warning: 1 }, undefined]);
});

test('what cannot be says why', () => {
  const rows: readonly (readonly [Partial<ServiceWish>, RegExp])[] = [
    [{ name: '' }, /^Missing service name$/],
    [{ address: '0.0.0.0' }, /^Invalid service address$/],
    [{ port: 70_000 }, /port/],
    [{ port: 1, socketPath: '/s' }, /^Invalid Service: Port and SocketPath/],
    [{ weights: { passing: -1, warning: 0 } }, /Weights/],
    [{ meta: { 'a b': 'c' } }, /^Invalid Service Meta: .*invalid characters$/],
    [{ meta: { a: 'x'.repeat(513) } }, /too long/],
    [
      { meta: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])) },
      /more than/,
    ],
    [{ check: checkWish() }, /^Invalid check: TTL must be > 0/],
  ];
  for (const [over, expected] of rows) {
    const settled = serviceRegistration(serviceWish(over));
    assert.match('problem' in settled ? settled.problem : '', expected);
  }
});

test('names that DNS cannot say are told', () => {
  assert.deepEqual(dnsWarnings({ name: 'web-1', tags: ['v1'] }), []);
  const warnings = dnsWarnings({ name: 'my_web', tags: ['a b', 'urlprefix-/a', 'x'.repeat(64)] });
  assert.equal(warnings.length, 3);
  assert.match(warnings[0] ?? '', /^Service name will not be discoverable via DNS.*"my_web"$/);
  assert.match(warnings[2] ?? '', /too long/);
});
