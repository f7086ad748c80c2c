/** Moves that are worth it, and those that are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeFacts, registerNode, task } from '../../../test/state-world.ts';
import { isTerminal } from '../model/alloc.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import { Rebalance, type Move } from './rebalance.ts';

const NODE_MB = 1_000;

function job(id: string, count: number, memoryMb: number, type: JobType = 'service'): JobSpec {
  const tasks = [task({ resources: { ...task().resources, cpu: 10, memoryMb } })];
  const { reschedule, ...plain } = group({ count, tasks });
  const own = type === 'service' ? { reschedule } : {};
  return jobSpec(id, { type, groups: [{ ...plain, ...own } as never] });
}

function addNode(world: SchedulerWorld, n: number): void {
  const { resources } = nodeFacts(n);
  world.do(registerNode(n, { resources: { ...resources, cpu: 1_000, memoryMb: NODE_MB } }));
}

function worldOf(nodes: number, algorithm: 'binpack' | 'spread'): SchedulerWorld {
  const world = new SchedulerWorld();
  for (let n = 0; n < nodes; n++) addNode(world, n);
  const config = { ...world.state.schedulerConfig, algorithm };
  world.do({ type: 'scheduler.config', at: world.now, config });
  return world;
}

/** All that was placed runs. */
function start(world: SchedulerWorld): void {
  const updates = [...world.state.allocs()]
    .filter((alloc) => alloc.clientStatus === 'pending')
    .map(({ id }) => ({
      ...{ id, clientStatus: 'running' as const, clientDescription: '', taskStates: {} },
      at: world.now,
    }));
  world.do({ type: 'allocs.client-update', at: world.now, updates, seed: 'start' });
  world.settle();
}

function moves(world: SchedulerWorld, budget: number, gainMin = 0.1): readonly Move[] {
  const rebalance = new Rebalance(world.state, { budget, gainMin });
  while (rebalance.step());
  return rebalance.moves();
}

test('nodes that came later get their share, where work is to be spread', () => {
  const world = worldOf(1, 'spread');
  world.run(job('a', 1, 300));
  world.run(job('b', 1, 300));
  world.run(job('c', 1, 300));
  start(world);
  assert.deepEqual(moves(world, 10), []);
  addNode(world, 1);
  const found = moves(world, 10);
  assert.equal(found.length, 1);
  assert.equal(found[0]?.to.name, 'node-1');
  assert.ok(found[0].gain > 0.1);
});

test('a budget is kept, batch and system work stays, and so does what rolls out', () => {
  const world = worldOf(1, 'spread');
  world.run(job('batch', 2, 100, 'batch'));
  world.run(job('system', 1, 100, 'system'));
  for (const id of ['a', 'b', 'c', 'd']) world.run(job(id, 1, 100));
  start(world);
  for (let n = 1; n < 6; n++) addNode(world, n);
  const all = moves(world, 10, 0.01);
  assert.ok(all.length >= 2);
  assert.ok(all.every(({ alloc }) => alloc.jobId.length === 1));
  assert.deepEqual(
    moves(world, 1, 0.01).map(({ alloc }) => alloc.id),
    all.slice(0, 1).map(({ alloc }) => alloc.id),
  );
  assert.deepEqual(moves(world, 10, 2), []);
});

test('B1: moves fit, gain what was asked for, and once done leave less to gain', () => {
  const size = fc.integer({ min: 20, max: 400 });
  fc.assert(
    fc.property(
      fc.constantFrom('binpack' as const, 'spread' as const),
      fc.array(size, { minLength: 1, maxLength: 8 }),
      fc.nat(3),
      (algorithm, sizes, added) => {
        const world = worldOf(2, algorithm);
        sizes.forEach((memoryMb, n) => world.run(job(`job-${n}`, 1 + (n % 2), memoryMb)));
        start(world);
        for (let n = 0; n < added; n++) addNode(world, 2 + n);
        const { state } = world;
        const found = moves(world, 100);
        assert.equal(world.state, state);
        const used = new Map<string, number>();
        for (const alloc of state.allocs()) {
          if (isTerminal(alloc)) continue;
          used.set(alloc.nodeId, (used.get(alloc.nodeId) ?? 0) + alloc.resources.memoryMb);
        }
        for (const { alloc, from, to, gain } of found) {
          assert.ok(gain >= 0.1);
          assert.notEqual(from.id, to.id);
          used.set(from.id, (used.get(from.id) ?? 0) - alloc.resources.memoryMb);
          used.set(to.id, (used.get(to.id) ?? 0) + alloc.resources.memoryMb);
          assert.ok((used.get(to.id) ?? 0) <= NODE_MB);
        }
        assert.equal(new Set(found.map(({ alloc }) => alloc.id)).size, found.length);
      },
    ),
    { numRuns: 40 },
  );
});
