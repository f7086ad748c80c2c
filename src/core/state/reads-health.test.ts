import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, probe } from '../../../test/catalog-world.ts';
import {
  readChecksInState,
  readNodeChecks,
  readProxyHealth,
  readServiceChecks,
  readServiceHealth,
} from './reads-health.ts';
import type { HealthWhere } from './reads-health.ts';

const WHERE: HealthWhere = {
  datacenter: 'dc1',
  nodeMeta: {},
  near: '',
  tags: [],
  passing: false,
};

/** Two instances of `web`, one of them sick, beside a `db`. */
function world(): CatalogWorld {
  const made = new CatalogWorld();
  made.register(
    'a',
    [offer('web', { id: 'w1', tags: ['v1'] })],
    [probe('serf'), probe('c1', { serviceId: 'w1' })],
  );
  made.register(
    'b',
    [offer('web', { id: 'w2' }), offer('db')],
    [probe('c2', { serviceId: 'w2', status: 'warning' }), probe('c3', { serviceId: 'db' })],
  );
  return made;
}

function ids(made: CatalogWorld, where: Partial<HealthWhere> = {}): string {
  const { value } = readServiceHealth('web', { ...WHERE, ...where })(made.state);
  return value.map(({ service }) => service.id).join(' ');
}

test('an instance comes with its node, and the checks of both, the node first', () => {
  const made = world();
  const [first] = readServiceHealth('web', WHERE)(made.state).value;
  assert.equal(first?.node.name, 'a');
  assert.deepEqual(
    first.checks.map(({ id }) => id),
    ['serf', 'c1'],
  );
});

test('passing leaves out whatever does not pass, the node included', () => {
  const made = world();
  assert.equal(ids(made), 'w1 w2');
  assert.equal(ids(made, { passing: true }), 'w1');
  assert.equal(ids(made, { tags: ['V1'] }), 'w1');
  assert.equal(ids(made, { tags: ['v1', 'v2'] }), '');
  made.register('a', [], [probe('serf', { status: 'critical' })]);
  assert.equal(ids(made, { passing: true }), '');
  assert.equal(ids(made, { datacenter: 'dc2' }), '');
});

test('Y1: a read of one service wakes on what it shows, and on nothing else', () => {
  const made = world();
  const read = readServiceHealth('web', WHERE);
  const index = (): number =>
    Math.max(...read(made.state).keys.map((key) => made.state.indexOf(key)));
  for (const [what, entry, wakes] of [
    ['its check', () => made.register('a', [], [probe('c1', { serviceId: 'w1', output: 'x' })]), 1],
    ["its node's own check", () => made.register('a', [], [probe('serf', { output: 'x' })]), 1],
    [
      "a check that becomes its node's",
      () => made.register('b', [], [probe('c3', { output: 'x' })]),
      1,
    ],
    ['another service', () => made.register('b', [offer('db', { port: 7 })]), 0],
    ['a check of another', () => made.register('b', [], [probe('d', { serviceId: 'db' })]), 0],
    ['another node', () => made.register('z', [offer('q')], [probe('serf')]), 0],
    ['its node', () => made.register(machine('a', { address: '10.3.3.3' })), 1],
    ['a new instance', () => made.register('z', [offer('web')]), 1],
    ['its new node', () => made.register('z', [], [probe('serf', { output: 'y' })]), 1],
    ['an instance that goes', () => made.deregister('z', { services: ['web'] }), 1],
    ['a node that it left', () => made.register('z', [], [probe('serf', { output: 'w' })]), 0],
    ['a node that goes', () => made.deregister('a'), 1],
  ] as const) {
    const before = index();
    entry();
    assert.equal(index() > before, wakes === 1, what);
    assert.ok(index() >= before, what);
  }
});

test('checks by node, by service, by state', () => {
  const { state } = world();
  const list = (checks: readonly { readonly id: string }[]): string =>
    checks.map(({ id }) => id).join(' ');
  assert.equal(list(readNodeChecks('B', 'dc1')(state).value), 'c2 c3');
  assert.equal(list(readNodeChecks('b', 'dc2')(state).value), '');
  assert.equal(list(readServiceChecks('Web', WHERE)(state).value), 'c1 c2');
  assert.equal(list(readChecksInState('any', WHERE)(state).value), 'c1 serf c2 c3');
  assert.equal(list(readChecksInState('warning', WHERE)(state).value), 'c2');
  assert.equal(list(readChecksInState('critical', WHERE)(state).value), '');
});

test('a read of a state wakes when a check enters or leaves it', () => {
  const made = world();
  const read = readChecksInState('critical', WHERE);
  const index = (): number =>
    Math.max(...read(made.state).keys.map((key) => made.state.indexOf(key)));
  const before = index();
  made.register('a', [], [probe('serf', { output: 'fine' })]);
  assert.equal(index(), before);
  made.register('a', [], [probe('serf', { status: 'critical' })]);
  assert.equal(index(), made.state.index);
  made.register('a', [], [probe('serf')]);
  assert.equal(index(), made.state.index);
});

test('proxies are found by what they stand before, and heard of', () => {
  const made = world();
  const proxy = (id: string, to: string): ReturnType<typeof offer> =>
    offer('any', { id, kind: 'connect-proxy', proxy: { DestinationServiceName: to } });
  const read = readProxyHealth('web', WHERE);
  const seen = (): readonly [string, number] => {
    const { value, keys } = read(made.state);
    const index = Math.max(...keys.map((key) => made.state.indexOf(key)));
    return [value.map(({ service, checks }) => `${service.id}:${checks.length}`).join(), index];
  };
  const [none, before] = seen();
  assert.equal(none, '');
  made.register('c', [proxy('p0', 'db'), offer('web')]);
  assert.deepEqual(seen(), ['', before], 'of no concern');
  made.register('c', [proxy('p1', 'WEB')]);
  assert.deepEqual(seen(), ['p1:0', made.state.index]);
  made.register('c', [], [probe('c4', { serviceId: 'p1' })]);
  assert.deepEqual(seen(), ['p1:1', made.state.index]);
  made.register('c', [proxy('p1', 'db')]);
  assert.deepEqual(seen(), ['', made.state.index]);
});
