import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDefinition } from './check-definition.ts';
import { decodeKept } from './kept.ts';
import { serviceRegistration } from './service-registration.ts';
import { checkWish, serviceWish } from './wish.fixture.ts';
import type { CheckWish } from './wish.ts';

const again = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what was kept is read back as it was', () => {
  const wishes: readonly Partial<CheckWish>[] = [
    { ttlMs: 1_000 },
    { http: 'http://a/', header: { a: ['b'] }, intervalMs: 1_000 },
    { tcp: 'a:1', intervalMs: 1_000 },
    { udp: 'a:1', intervalMs: 1_000 },
    { grpc: 'a:1/s', intervalMs: 1_000 },
    { h2ping: 'a:1', intervalMs: 1_000 },
    { args: ['true'], intervalMs: 1_000 },
    { dockerContainerId: 'c', args: ['true'], intervalMs: 1_000 },
    { aliasService: 'b' },
  ];
  for (const wish of wishes) {
    const settled = checkDefinition(checkWish(wish), { id: 'c', name: 'c', serviceId: '' });
    assert.ok('made' in settled);
    const kept = { check: settled.made };
    assert.deepEqual(decodeKept.check(again(kept)), kept);
  }
  for (const over of [{}, { proxy: { DestinationServiceName: 'db' }, tags: ['a'], port: 80 }]) {
    const settled = serviceRegistration(serviceWish({ ...over, check: checkWish({ ttlMs: 1 }) }));
    assert.ok('made' in settled);
    assert.deepEqual(decodeKept.service(again(settled.made)), settled.made);
  }
  const report = { id: 'c', status: 'passing', output: 'o', at: 1 };
  assert.deepEqual(decodeKept.report(report), report);
  const maintenance = { serviceId: '', reason: 'r' };
  assert.deepEqual(decodeKept.maintenance(maintenance), maintenance);
});

test('what makes no sense is not read', () => {
  for (const junk of [null, 1, 'x', [], {}, { check: { id: 'c', probe: { kind: 'odd' } } }]) {
    for (const decode of Object.values(decodeKept)) assert.equal(decode(junk), undefined);
  }
});
