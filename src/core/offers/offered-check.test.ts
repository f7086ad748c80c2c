import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalizeService } from '../jobspec/canonicalize-service.ts';
import type { AllocId } from '../model/ids.ts';
import type { Probe } from '../model/health-check.ts';
import { offeredCheck, offeredCheckId } from './offered-check.ts';
import type { Reach } from './offer.ts';

const REACH: Reach = {
  alloc: {
    id: 'a' as AllocId,
    ports: [{ label: 'http', value: 21_000, to: 0, hostIp: '::1', dynamic: true }],
  },
  hostAddress: '10.0.0.1',
  owner: 'web',
  task: 'web',
  lookup: () => undefined,
  instanceNamed: (name) => (name === 'db' ? '_nomad-task-a-db' : undefined),
};

type Checks = NonNullable<Parameters<typeof canonicalizeService>[0]['checks']>;

function probeOf(check: Checks[number]): Probe | undefined {
  const owner = { job: 'j', group: 'g', task: 'web' };
  const service = canonicalizeService({ portLabel: 'http', checks: [check] }, owner);
  return offeredCheck(service, 0, REACH)?.definition.probe;
}

test('each kind of check knows where to look', () => {
  const tls = { serverName: '', skipVerify: false };
  const address = '[::1]:21000';
  assert.deepEqual(probeOf({ type: 'tcp' }), { kind: 'tcp', address, useTls: false, tls });
  assert.deepEqual(probeOf({ type: 'udp' }), { kind: 'udp', address });
  const grpc = probeOf({ type: 'grpc', grpcService: 'x', grpcUseTls: true });
  assert.deepEqual(grpc, { kind: 'grpc', address, service: 'x', useTls: true, tls });
  const http = probeOf({ type: 'http', protocol: 'https', path: '/h', method: 'HEAD' });
  assert.ok(http?.kind === 'http');
  assert.deepEqual([http.url, http.method], ['https://[::1]:21000/h', 'HEAD']);
  assert.deepEqual(probeOf({ type: 'tcp', portLabel: '80' }), {
    ...{ kind: 'tcp', address: '10.0.0.1:80', useTls: false, tls },
  });
  assert.deepEqual(probeOf({ type: 'ttl', intervalMs: 10_000 }), { kind: 'ttl', ttlMs: 10_000 });
  const command = { command: '/bin/up', args: ['-v'] };
  const args = ['/bin/up', '-v'];
  assert.deepEqual(probeOf({ type: 'script', ...command }), { kind: 'script', args });
  assert.deepEqual(probeOf({ type: 'docker', ...command }), {
    ...{ kind: 'docker', containerId: '', shell: '', args },
  });
  for (const [aliasService, serviceId] of [
    ['db', '_nomad-task-a-db'],
    ['elsewhere', 'elsewhere'],
    ['', ''],
  ] as const) {
    const alias = { kind: 'alias', node: '', serviceId } as const;
    assert.deepEqual(probeOf({ type: 'alias', aliasService }), alias);
  }
});

test('checks of one service have ids of their own, the same each time', () => {
  const owner = { job: 'j', group: 'g', task: 'web' };
  const service = canonicalizeService({ name: 's', portLabel: 'http', checks: [] }, owner);
  assert.equal(offeredCheckId(service, 0, REACH), '_nomad-check-a-web-s-http-0');
  assert.notEqual(offeredCheckId(service, 0, REACH), offeredCheckId(service, 1, REACH));
});
