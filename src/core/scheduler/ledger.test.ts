import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  applyPlan,
  nodeFacts,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  jobSpec,
  RESOURCES,
  T0,
  uuid,
} from '../../../test/state-world.ts';
import type { AssignedPort } from '../model/network.ts';
import { Ledger, unitsOf } from './ledger.ts';

function port(value: number, hostIp = '127.0.0.1'): AssignedPort {
  return { label: 'p', value, to: 0, hostIp, dynamic: true };
}

/** All that a ledger says, by node. */
function contents(ledger: Ledger): unknown {
  return ledger.order.map((slot) => [
    ledger.nodeAt(slot).id,
    [ledger.cpuTotal[slot], ledger.memoryTotal[slot], ledger.diskTotal[slot]],
    [ledger.cpuUsed[slot], ledger.memoryUsed[slot], ledger.diskUsed[slot]],
    ...['', '10.0.0.9'].map((ip) => [
      ledger.portsAt(slot, ip).dynamicFree,
      [...ledger.portsAt(slot, ip).held()].sort((a, b) => a - b),
    ]),
    [0, 1, 2].map((core) => ledger.unitUsers(slot, `core/${core}`)),
  ]);
}

const step = fc.oneof(
  fc.record({
    do: fc.constant('place' as const),
    node: fc.nat(3),
    ports: fc.uniqueArray(fc.integer({ min: 19_998, max: 20_006 }), { maxLength: 3 }),
    ip: fc.constantFrom('127.0.0.1', '10.0.0.9', ''),
    core: fc.option(fc.nat(2), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('stop' as const), alloc: fc.nat(20) }),
  fc.record({ do: fc.constant('end' as const), alloc: fc.nat(20) }),
  fc.record({
    do: fc.constant('node' as const),
    node: fc.nat(3),
    cpu: fc.integer({ min: 0, max: 9_000 }),
    max: fc.integer({ min: 20_000, max: 20_005 }),
    ip: fc.constantFrom('127.0.0.1', '10.0.0.9'),
  }),
  fc.record({ do: fc.constant('forget' as const), node: fc.nat(3) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(world: SchedulerWorld, steps: readonly Step[]): void {
  let placed = 0;
  for (const each of steps) {
    switch (each.do) {
      case 'place': {
        const cores = each.core === undefined ? [] : [each.core];
        const one = placement(placed++, nodeId(each.node), {
          ports: each.ports.map((value) => port(value, each.ip)),
          resources: { ...RESOURCES, cores },
        });
        world.do(applyPlan(plan('job', { placements: [one] })));
        break;
      }
      case 'stop': {
        const alloc = world.state.alloc(uuid('aloc', each.alloc) as never);
        if (alloc === undefined) break;
        const stop = { allocId: alloc.id, nodeId: alloc.nodeId, description: '' };
        world.do(applyPlan(plan('job', { stops: [{ ...stop, desiredStatus: 'stop' }] })));
        break;
      }
      case 'end': {
        const id = uuid('aloc', each.alloc) as never;
        const facts = { clientStatus: 'complete' as const, clientDescription: '', taskStates: {} };
        const updates = [{ id, ...facts, at: T0 }];
        world.do({ type: 'allocs.client-update', at: T0, updates, seed: 's' });
        break;
      }
      case 'node': {
        const { resources } = nodeFacts(each.node);
        const networks = [{ mode: 'host', device: 'e', ip: each.ip, cidr: '', mbits: 0 }];
        const dynamicPortMax = each.max;
        const { cpu } = each;
        world.do(
          registerNode(each.node, { resources: { ...resources, cpu, networks, dynamicPortMax } }),
        );
        break;
      }
      case 'forget':
        world.do({
          type: 'node.deregister',
          at: T0,
          nodeIds: [nodeId(each.node)],
          seed: 's',
        });
        break;
    }
  }
}

test('L1: advanced by changes, it equals one loaded from the state', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const world = new SchedulerWorld();
      world.do(register(jobSpec('job'), 1));
      for (let n = 0; n < 3; n++) world.do(registerNode(n));
      play(world, steps);
      const fresh = new Ledger();
      fresh.load(world.state);
      assert.deepEqual(contents(world.ledger), contents(fresh));
      assert.equal(world.ledger.index, world.state.index);
    }),
    { numRuns: 300 },
  );
});

test('L2: what was held and dropped is taken back', () => {
  const world = new SchedulerWorld();
  world.do(register(jobSpec('job'), 1));
  world.do(registerNode(0));
  world.do(
    applyPlan(plan('job', { placements: [placement(1, nodeId(0), { ports: [port(20_000)] })] })),
  );
  const { ledger } = world;
  const slot = ledger.slotOf(nodeId(0));
  const alloc = world.state.alloc(uuid('aloc', 1) as never);
  assert.ok(slot !== undefined && alloc !== undefined);
  const before = contents(ledger);
  ledger.drop(slot, alloc);
  const depth = ledger.depth;
  ledger.hold(slot, placement(2, nodeId(0), { ports: [port(20_000), port(20_001)] }));
  assert.equal(ledger.cpuUsed[slot], 100);
  ledger.rollback(depth);
  assert.equal(ledger.cpuUsed[slot], 0);
  assert.ok(!ledger.portsAt(slot, '').taken(20_000));
  ledger.rollback();
  assert.deepEqual(contents(ledger), before);
});

test('L3: whoever follows the dirty trail sees every changed node', () => {
  const world = new SchedulerWorld();
  world.do(register(jobSpec('job'), 1));
  for (let n = 0; n < 3; n++) world.do(registerNode(n));
  const { ledger } = world;
  const from = ledger.position;
  world.do(applyPlan(plan('job', { placements: [placement(1, nodeId(1))] })));
  const seen = new Set<number>();
  for (let p = from; p < ledger.position; p++) seen.add(ledger.trailSlot(p));
  assert.deepEqual([...seen], [ledger.slotOf(nodeId(1))]);
});

test('nodes are ordered by id, whenever they came', () => {
  const world = new SchedulerWorld();
  for (const n of [5, 1, 3, 9, 2]) world.do(registerNode(n));
  assert.deepEqual(
    world.ledger.order.map((slot) => world.ledger.nodeAt(slot).name),
    ['node-1', 'node-2', 'node-3', 'node-5', 'node-9'],
  );
});

test('cores and device instances have names of their own', () => {
  const devices = [{ vendor: 'n', type: 'gpu', name: 'x', task: 't', ids: ['a', 'b'] }];
  const units = unitsOf({ ...RESOURCES, cores: [0, 3], devices });
  assert.deepEqual([...units], ['core/0', 'core/3', 'n/gpu/x/a', 'n/gpu/x/b']);
});
