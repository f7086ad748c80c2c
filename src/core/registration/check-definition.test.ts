import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckDefinition } from '../model/health-check.ts';
import { checkDefinition } from './check-definition.ts';
import { checkWish } from './wish.fixture.ts';
import type { CheckWish } from './wish.ts';

const NAMES = { id: 'service:web', name: "Service 'web' check", serviceId: 'web' };

function made(wish: Partial<CheckWish>, outputMaxBytes?: number): CheckDefinition {
  const settled = checkDefinition(checkWish(wish), NAMES, outputMaxBytes);
  assert.ok('made' in settled, JSON.stringify(settled));
  return settled.made;
}

test('each kind is told by what was written', () => {
  const tls = { serverName: '', skipVerify: false };
  const rows: readonly (readonly [Partial<CheckWish>, Partial<CheckDefinition['probe']>])[] = [
    [{ ttlMs: 1_000 }, { kind: 'ttl', ttlMs: 1_000 }],
    [
      { tcp: 'a:1', intervalMs: 1_000 },
      { kind: 'tcp', address: 'a:1', useTls: false, tls },
    ],
    [
      { udp: 'a:1', intervalMs: 1_000 },
      { kind: 'udp', address: 'a:1' },
    ],
    [
      { args: ['x', 'y'], intervalMs: 1_000 },
      { kind: 'script', args: ['x', 'y'] },
    ],
    [
      { scriptArgs: ['x'], intervalMs: 1_000 },
      { kind: 'script', args: ['x'] },
    ],
    [{ aliasService: 'db' }, { kind: 'alias', node: '', serviceId: 'db' }],
    [
      { h2ping: 'a:1', intervalMs: 1 },
      { kind: 'h2ping', address: 'a:1', useTls: true, tls },
    ],
    [
      { grpc: 'a:1/x', intervalMs: 1 },
      { kind: 'grpc', address: 'a:1', service: 'x', useTls: false, tls },
    ],
    [
      { dockerContainerId: 'c', shell: '/bin/sh', args: ['ls', '/'], intervalMs: 1 },
      { kind: 'docker', containerId: 'c', shell: '/bin/sh', args: ['/bin/sh', '-c', 'ls /'] },
    ],
  ];
  for (const [wish, probe] of rows) assert.deepEqual(made(wish).probe, probe);
  const http = made({ http: 'http://a/', intervalMs: 1_000 }).probe;
  assert.deepEqual([http.kind, http.kind === 'http' && http.method], ['http', 'GET']);
});

test('what was not said has its default', () => {
  const check = made({ tcp: 'a:1', intervalMs: 10, deregisterCriticalServiceAfterMs: 1_000 });
  assert.deepEqual(
    [check.id, check.name, check.serviceId, check.initialStatus],
    ['service:web', "Service 'web' check", 'web', 'critical'],
  );
  assert.deepEqual([check.intervalMs, check.timeoutMs], [1_000, 10_000]);
  assert.equal(check.deregisterCriticalServiceAfterMs, 60_000);
  assert.equal(check.outputMaxBytes, 4_096);
  assert.equal(made({ ttlMs: 1, failuresBeforeCritical: 3 }).failuresBeforeWarning, 3);
  assert.equal(made({ args: ['x'], intervalMs: 1_000 }).timeoutMs, 30_000);
  assert.equal(made({ aliasNode: 'n2' }).initialStatus, 'passing');
  const said = made({ checkId: 'mine', name: 'n', status: 'passing', ttlMs: 1 });
  assert.deepEqual([said.id, said.name, said.initialStatus], ['mine', 'n', 'passing']);
});

test('output is kept within bounds', () => {
  assert.equal(made({ ttlMs: 1, outputMaxBytes: 10 }).outputMaxBytes, 10);
  assert.equal(made({ ttlMs: 1, outputMaxBytes: 1e9 }).outputMaxBytes, 128 * 1024);
  assert.equal(made({ ttlMs: 1 }, 100).outputMaxBytes, 100);
  assert.equal(made({ ttlMs: 1, outputMaxBytes: 10 }, 0).outputMaxBytes, 0);
});

test('what cannot be is told in the words of Consul', () => {
  const rows: readonly (readonly [Partial<CheckWish>, RegExp])[] = [
    [{}, /^TTL must be > 0 for TTL checks$/],
    [{ ttlMs: 1, intervalMs: 1 }, /^Interval and TTL cannot both be specified$/],
    [{ http: 'http://a/' }, /^Interval must be > 0 for Script, HTTP/],
    [{ aliasNode: 'n', tcp: 'a:1', intervalMs: 1 }, /^Interval cannot be set for Alias checks$/],
    [{ aliasNode: 'n', ttlMs: 1 }, /^TTL must be not be set for Alias checks$/],
    [{ ttlMs: 1, outputMaxBytes: -1 }, /must be positive/],
    [{ ttlMs: 1, failuresBeforeWarning: 2, failuresBeforeCritical: 1 }, /can't be higher/],
    [{ ttlMs: 1, successBeforePassing: -1 }, /must be positive/],
    [{ ttlMs: 1, status: 'odd' as 'passing' }, /^Status for checks must/],
    [{ osService: 'x', intervalMs: 1 }, /not supported/],
  ];
  for (const [wish, expected] of rows) {
    const settled = checkDefinition(checkWish(wish), NAMES);
    assert.match('problem' in settled ? settled.problem : '', expected);
  }
});
