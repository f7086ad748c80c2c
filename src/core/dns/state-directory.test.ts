import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, preparedQuery, probe } from '../../../test/catalog-world.ts';
import { T0 } from '../../../test/state-world.ts';
import { StateDirectory } from './state-directory.ts';

function directoryOf(world: CatalogWorld): StateDirectory {
  return new StateDirectory({
    state: () => world.state,
    datacenter: 'dc1',
    serverNames: () => ['a'],
    agentNode: 'a',
  });
}

test('an instance is as healthy as the worst of its checks and its node’s', () => {
  const world = new CatalogWorld();
  const directory = directoryOf(world);
  world.register('a', [offer('web')], [probe('c', { serviceId: 'web', status: 'passing' })]);
  const status = (): string | undefined => directory.service('web', 'dc1')?.[0]?.status;
  assert.equal(status(), 'passing');
  world.register('a', [], [probe('c', { serviceId: 'web', status: 'warning' })]);
  assert.equal(status(), 'warning');
  world.register('a', [], [probe('alive', { status: 'critical' })]);
  assert.equal(status(), 'critical');
});

test('O2: what did not change is the very same array', () => {
  const world = new CatalogWorld();
  const directory = directoryOf(world);
  world.register('a', [offer('web')], []);
  const before = directory.service('web', 'dc1');
  assert.equal(before?.length, 1);
  world.register('b', [offer('db')], []);
  assert.equal(directory.service('web', 'dc1'), before);
  world.register('b', [offer('web')], []);
  assert.equal(directory.service('web', 'dc1')?.length, 2);
});

test('names and datacenters are found in any spelling, owners by address', () => {
  const world = new CatalogWorld();
  const directory = directoryOf(world);
  world.do({
    ...{ type: 'catalog.register', skipNodeUpdate: false, checks: [] },
    ...{ at: 1 as never, node: machine('Big', { address: '2001:0db8::0001', datacenter: 'Dc2' }) },
    services: [offer('web', { address: '10.1.1.1' })],
  });
  assert.equal(directory.node('big', 'dc2')?.name, 'Big');
  assert.equal(directory.node('big', 'dc1'), undefined);
  assert.ok(directory.hasDatacenter('dc1') && directory.hasDatacenter('dc2'));
  assert.ok(!directory.hasDatacenter('dc3'));
  assert.equal(directory.service('web', 'dc2')?.length, 1);
  assert.deepEqual(directory.service('web', 'dc1'), []);
  assert.deepEqual(directory.owner('10.1.1.1'), { kind: 'service', service: 'web' });
  assert.equal(directory.service('none', 'dc1')?.length, 0);
});

test('a prepared query is carried out, with its own time to live if it has one', () => {
  const world = new CatalogWorld();
  const directory = directoryOf(world);
  world.register('a', [offer('web', { port: 7 })], []);
  world.register('b', [offer('web')], [probe('c', { serviceId: 'web', status: 'critical' })]);
  for (const [n, name, ttlMs] of [
    [1, 'Plain', 0],
    [2, 'timed', 5_000],
  ] as const) {
    const query = preparedQuery(n, { name, dns: { ttlMs } });
    world.do({ type: 'query.set', at: T0, query, mustExist: false });
  }
  const plain = directory.preparedQuery('plain', 'dc1');
  assert.ok(plain !== undefined);
  assert.deepEqual(
    plain.instances.map(({ node, port, status }) => [node.name, port, status]),
    [['a', 7, 'passing']],
  );
  assert.deepEqual(
    [plain.ordered, plain.datacenter, plain.service, plain.ttlMs],
    [false, 'dc1', 'web', undefined],
  );
  assert.equal(directory.preparedQuery('timed', 'dc1')?.ttlMs, 5_000);
  assert.equal(directory.preparedQuery('none', 'dc1'), undefined);
});
