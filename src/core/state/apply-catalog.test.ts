import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, probe, registration } from '../../../test/catalog-world.ts';
import {
  T0,
  World,
  allocId,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';
import { watch } from './watch.ts';

test('a check of an instance that does not exist is refused, and nothing written', () => {
  const world = new CatalogWorld();
  const { outcome, changes } = world.register('a', [], [probe('c', { serviceId: 'no' })]);
  assert.deepEqual(changes, []);
  assert.ok(!outcome.ok && outcome.reason === 'invalid');
  assert.match(outcome.message, /Missing service registration/);
  assert.ok(world.register('a', [offer('no')], [probe('c', { serviceId: 'no' })]).outcome.ok);
  assert.ok(world.register('a', [], [probe('c2', { serviceId: 'no' })]).outcome.ok);
});

test('a known node may be left as it is', () => {
  const world = new CatalogWorld();
  world.do({ ...registration(machine('a', { meta: { x: '1' } })), skipNodeUpdate: true });
  world.do({
    ...registration(machine('a', { address: '9.9.9.9' }), [offer('s')]),
    skipNodeUpdate: true,
  });
  const node = world.state.catalogNode('a');
  assert.deepEqual([node?.address, node?.meta], ['10.0.0.1', { x: '1' }]);
  assert.ok(world.state.service('a', 's'));
});

test('what is deregistered leaves its index behind, and what is unknown is passed over', () => {
  const world = new CatalogWorld();
  world.register('a', [offer('s'), offer('t')], [probe('c', { serviceId: 's' }), probe('up')]);
  world.deregister('a', { services: ['s', 'nothing'] });
  assert.equal(world.state.indexOf(watch.serviceNamed('s')), world.state.index);
  assert.equal(world.state.indexOf(watch.checksOfService('s')), world.state.index);
  assert.ok(world.state.indexOf(watch.serviceNamed('t')) < world.state.index);
  assert.deepEqual(world.deregister('b').changes, []);
  world.deregister('A');
  assert.deepEqual([...world.state.services(), ...world.state.checks()], []);
  assert.deepEqual(lint(world.state), []);
});

test('coordinates belong to nodes that exist, and go with them', () => {
  const world = new CatalogWorld();
  world.register('a');
  const coordinate = { vec: [0, 1], error: 1, adjustment: 0, height: 0 };
  const updates = ['A', 'nobody'].map((node) => ({ node, segment: '', coordinate }));
  const update = { type: 'coordinates.update', at: T0, updates } as const;
  assert.equal(world.do(update).changes.length, 1);
  assert.equal(world.do(update).changes.length, 0);
  world.deregister('a');
  assert.deepEqual(world.state.counts()['coordinates'], 0);
});

/** A state with one running allocation that is in the catalog. */
function found(): World {
  const world = new World();
  world.do(registerNode(1));
  world.do(register(jobSpec('web'), 1));
  const placed = plan('web', { placements: [placement(1, nodeId(1))] });
  world.do({ type: 'plan.apply', at: T0, plan: placed, evals: [] });
  world.do(registrationOf(1));
  assert.ok(world.state.service('a', 'web-1'));
  return world;
}

function registrationOf(n: number): Entry {
  const owner = { allocId: allocId(n) };
  const services = [offer('web', { id: 'web-1', ...owner }), offer('other')];
  const checks = [probe('c', { serviceId: 'web-1', ...owner })];
  return registration('a', services, checks);
}

const ENDS: Readonly<Record<string, Entry>> = {
  'a plan stops it': {
    type: 'plan.apply',
    at: T0,
    plan: plan('web', {
      stops: [
        { allocId: allocId(1), nodeId: nodeId(1), desiredStatus: 'stop', description: 'stopped' },
      ],
    }),
    evals: [],
  },
  'it ends': reported('complete'),
  'it fails': reported('failed'),
  'its client is silent': reported('unknown'),
  'its node goes down': status('down'),
  'its node disconnects': status('disconnected'),
  'its node is forgotten': { type: 'node.deregister', at: T0, nodeIds: [nodeId(1)], seed: 's' },
};

function reported(clientStatus: 'complete' | 'failed' | 'unknown'): Entry {
  const facts = { id: allocId(1), clientStatus, clientDescription: '', taskStates: {}, at: T0 };
  return { type: 'allocs.client-update', at: T0, updates: [facts], seed: 's' };
}

function status(to: 'down' | 'disconnected'): Entry {
  const change = { type: 'node.status', at: T0, nodeId: nodeId(1), status: to } as const;
  return { ...change, description: '', seed: 's' };
}

for (const [what, entry] of Object.entries(ENDS)) {
  test(`H1: the rows of an allocation go in the entry in which ${what}`, () => {
    const world = found();
    world.do(entry);
    assert.equal(world.state.service('a', 'web-1'), undefined);
    assert.equal(world.state.check('a', 'c'), undefined);
    assert.ok(world.state.service('a', 'other'));
    assert.equal(world.state.indexOf(watch.serviceNamed('web')), world.state.index);
    // What is told too late is left out, with its checks.
    assert.ok(world.do(registrationOf(1)).outcome.ok);
    assert.equal(world.state.service('a', 'web-1'), undefined);
    assert.deepEqual(lint(world.state), []);
  });
}

test('H1: an allocation that nobody knows is not found', () => {
  const world = new World();
  world.do(registrationOf(7));
  assert.deepEqual(
    [...world.state.services()].map(({ id }) => id),
    ['other'],
  );
});
