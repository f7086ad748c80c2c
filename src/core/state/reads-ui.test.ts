import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, offer, probe } from '../../../test/catalog-world.ts';
import { readNodeDump, readNodeDumps, readServiceSummaries } from './reads-ui.ts';

const WHERE = { datacenter: 'dc1', nodeMeta: {} };

/** Two nodes; `web` twice on the first, once on the second, with a proxy there. */
function world(): CatalogWorld {
  const made = new CatalogWorld();
  const nomad = { 'external-source': 'nomad' };
  made.register(
    'a',
    [offer('web', { id: 'w1', tags: ['v2', 'v1'] }), offer('web', { id: 'w2', meta: nomad })],
    [probe('serf'), probe('c1', { serviceId: 'w1', status: 'critical' })],
  );
  made.register(
    'b',
    [
      offer('web', { id: 'w3', tags: ['v1'] }),
      offer('side', { kind: 'connect-proxy', proxy: { DestinationServiceName: 'Web' } }),
    ],
    [probe('c3', { serviceId: 'w3', status: 'warning' })],
  );
  return made;
}

test('services are told in figures, checks of nodes once', () => {
  const { state } = world();
  const [side, web] = readServiceSummaries(WHERE)(state).value;
  assert.deepEqual(web, {
    kind: '',
    name: 'web',
    datacenter: 'dc1',
    tags: ['v1', 'v2'],
    nodes: ['a', 'b'],
    instanceCount: 3,
    checksPassing: 1,
    checksWarning: 1,
    checksCritical: 1,
    externalSources: ['nomad'],
    connectedWithProxy: true,
  });
  assert.deepEqual([side?.name, side?.kind, side?.instanceCount], ['side', 'connect-proxy', 1]);
  assert.deepEqual(readServiceSummaries({ ...WHERE, datacenter: 'dc2' })(state).value, []);
});

test('nodes are told with all that is on them', () => {
  const { state } = world();
  const told = readNodeDumps(WHERE)(state).value.map(({ node, services, checks }) => [
    node.name,
    services.map(({ id }) => id).join(),
    checks.map(({ id }) => id).join(),
  ]);
  assert.deepEqual(told, [
    ['a', 'w1,w2', 'c1,serf'],
    ['b', 'side,w3', 'c3'],
  ]);
  assert.equal(readNodeDump('A', 'dc1')(state).value?.services.length, 2);
  assert.equal(readNodeDump('a', 'dc2')(state).value, undefined);
  assert.equal(readNodeDump('z', 'dc1')(state).value, undefined);
});

test('a read of one node wakes on what is on it, and on nothing else', () => {
  const made = world();
  const indexOf = (): number =>
    Math.max(...readNodeDump('a', 'dc1')(made.state).keys.map((key) => made.state.indexOf(key)));
  const before = indexOf();
  made.register('b', [], [probe('c3', { serviceId: 'w3' })]);
  assert.equal(indexOf(), before);
  made.register('a', [], [probe('c1', { serviceId: 'w1' })]);
  assert.equal(indexOf(), made.state.index);
});
