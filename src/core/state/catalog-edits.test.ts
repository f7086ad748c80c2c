import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, probe } from '../../../test/catalog-world.ts';
import { sessionFacts, sessionId } from '../../../test/coordination-world.ts';
import { uuid } from '../../../test/state-world.ts';
import type { SessionFacts } from '../model/session.ts';
import { lint } from './lint.ts';

const ID = uuid('mach', 1);
const OTHER = uuid('mach', 2);

function session(world: CatalogWorld, n: number, more: Partial<SessionFacts>): boolean {
  const facts = sessionFacts(n, { node: 'a', ...more });
  return world.do({ type: 'session.create', at: world.at, session: facts }).outcome.ok;
}

test('names are found in any case, and stay as they were first written', () => {
  const world = new CatalogWorld();
  world.register(machine('Web-1'), [offer('api')]);
  world.register(machine('WEB-1', { address: '10.0.0.9' }), [offer('API', { id: 'other' })]);
  assert.equal(world.state.catalogNode('web-1')?.name, 'Web-1');
  assert.equal(world.state.catalogNode('web-1')?.address, '10.0.0.9');
  assert.equal([...world.state.servicesNamed('Api')].length, 2);
  assert.deepEqual(lint(world.state), []);
});

test('a node that comes back under another name takes its id along', () => {
  const world = new CatalogWorld();
  world.register(machine('old', { id: ID }), [offer('api')], [probe('up')]);
  assert.ok(session(world, 1, { node: 'old' }));
  world.register(machine('new', { id: ID }), [offer('api')]);
  assert.equal(world.state.catalogNode('old'), undefined);
  assert.equal(world.state.service('old', 'api'), undefined);
  assert.equal(world.state.session(sessionId(1)), undefined);
  assert.equal(world.state.catalogNode('new')?.id, ID);
  assert.deepEqual(lint(world.state), []);
});

test('a name is reserved by the machine that has it while that is alive', () => {
  type Given = Readonly<{ id?: string }>;
  const rows: readonly (readonly [string, Given, Given, boolean, boolean])[] = [
    ['another id, alive', { id: ID }, { id: OTHER }, true, false],
    ['another id, not alive', { id: ID }, { id: OTHER }, false, true],
    ['the same id', { id: ID }, { id: ID }, true, true],
    ['an agent where there was none', {}, { id: ID }, true, true],
    ['no id where there was one', { id: ID }, {}, true, true],
  ];
  for (const [what, first, second, alive, ok] of rows) {
    const world = new CatalogWorld();
    const status = alive ? 'passing' : 'critical';
    world.register(machine('a', first), [], [probe('serfHealth', { status })]);
    const { outcome, changes } = world.register(machine('a', { ...second, address: '10.9.9.9' }));
    assert.equal(outcome.ok, ok, what);
    if (!ok) assert.deepEqual(changes, [], what);
    const kept = ok && second.id !== undefined ? second.id : first.id;
    assert.equal(world.state.catalogNode('a')?.id, kept, what);
  }
});

test('a renamed machine may not take the name of one without an id', () => {
  const world = new CatalogWorld();
  world.register(machine('external'));
  world.register(machine('mine', { id: ID }));
  const { outcome } = world.register(machine('external', { id: ID }));
  assert.equal(outcome.ok, false);
  assert.ok(world.state.catalogNode('mine'));
});

test('G2: checks follow the name and tags of their instance', () => {
  const world = new CatalogWorld();
  const check = probe('c', { serviceId: 's' });
  world.register('a', [offer('old', { id: 's', tags: ['v1'] })], [check]);
  assert.equal(world.state.check('a', 'c')?.serviceName, 'old');
  const { changes } = world.register('a', [offer('new', { id: 's', tags: ['v2'] })]);
  assert.deepEqual(changes.map(({ table }) => table).sort(), ['checks', 'services']);
  assert.deepEqual(world.state.check('a', 'c')?.serviceTags, ['v2']);
  assert.deepEqual(
    [...world.state.checksOfService('new')].map(({ id }) => id),
    ['c'],
  );
  assert.deepEqual([...world.state.servicesNamed('old')], []);
});

test('G3: a critical or vanished check ends the sessions that live by it', () => {
  for (const end of [
    (world: CatalogWorld): unknown => world.register('a', [], [probe('c', { status: 'critical' })]),
    (world: CatalogWorld): unknown => world.deregister('a', { checks: ['c'] }),
    (world: CatalogWorld): unknown => world.deregister('a'),
  ]) {
    const world = new CatalogWorld();
    world.register('a', [], [probe('c'), probe('d')]);
    assert.ok(session(world, 1, { nodeChecks: ['c'] }));
    assert.ok(session(world, 2, { nodeChecks: ['d'] }));
    end(world);
    assert.equal(world.state.session(sessionId(1)), undefined);
    assert.equal(
      world.state.session(sessionId(2)) !== undefined,
      world.state.catalogNode('a') !== undefined,
    );
    assert.deepEqual(lint(world.state), []);
  }
});

test('G3: an instance takes its checks, and they their sessions', () => {
  const world = new CatalogWorld();
  world.register('a', [offer('s')], [probe('c', { serviceId: 's' }), probe('d')]);
  assert.ok(session(world, 1, { serviceChecks: ['c'] }));
  world.deregister('a', { services: ['s'] });
  assert.equal(world.state.check('a', 'c'), undefined);
  assert.ok(world.state.check('a', 'd'));
  assert.equal(world.state.session(sessionId(1)), undefined);
});

test('G4: what is so already moves no index', () => {
  const world = new CatalogWorld();
  const services = [offer('s', { meta: { a: '1' }, tags: ['x'] })];
  const checks = [probe('c', { serviceId: 's' })];
  world.register(machine('a', { id: ID }), services, checks);
  const { outcome, changes } = world.register(machine('a', { id: ID }), services, checks);
  assert.deepEqual(changes, []);
  assert.equal(outcome.ok && outcome.changed, false);
});

test('G5: a node that moves to another datacenter leaves its rows behind', () => {
  const world = new CatalogWorld();
  world.register(machine('a', { id: ID }), [offer('s')]);
  world.register(machine('a', { id: ID, datacenter: 'dc2' }), [offer('t')]);
  assert.deepEqual(
    [...world.state.servicesOnNode('a')].map(({ id }) => id),
    ['t'],
  );
  assert.equal(world.state.catalogNode('a')?.id, ID);
  assert.deepEqual(lint(world.state), []);
});
