import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { jobSpec, nodeFacts, nodeId } from '../../../test/state-world.ts';
import type { ClientStatus } from '../model/alloc.ts';
import type { JobType } from '../model/job.ts';
import type { NodeStatus } from '../model/node.ts';

const step = fc.oneof(
  fc.record({ do: fc.constant('node' as const), n: fc.nat(5) }),
  fc.record({
    do: fc.constant('status' as const),
    n: fc.nat(5),
    status: fc.constantFrom<NodeStatus>('ready', 'down'),
  }),
  fc.record({
    do: fc.constant('client' as const),
    n: fc.nat(20),
    status: fc.constantFrom<ClientStatus>('running', 'complete', 'failed'),
  }),
  fc.record({ do: fc.constant('job' as const), image: fc.nat(2) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(type: JobType, steps: readonly Step[]): SchedulerWorld {
  const world = new SchedulerWorld();
  let entries = 0;
  const at = world.now;
  world.run(jobSpec('agent', { type, meta: { image: '0' } }));
  for (const each of steps) {
    const seed = `s${++entries}`;
    if (each.do === 'node') world.do({ type: 'node.register', at, node: nodeFacts(each.n), seed });
    else if (each.do === 'job') {
      world.run(jobSpec('agent', { type, meta: { image: `${each.image}` } }));
    } else if (each.do === 'status') {
      const { status, n } = each;
      if (world.state.node(nodeId(n)) === undefined) continue;
      world.do({ type: 'node.status', at, nodeId: nodeId(n), status, description: '', seed });
    } else {
      const alloc = world.allocs('agent')[each.n];
      if (alloc === undefined) continue;
      const facts = { clientStatus: each.status, clientDescription: '', taskStates: {}, at };
      world.do({ type: 'allocs.client-update', at, updates: [{ id: alloc.id, ...facts }], seed });
    }
    world.settle();
  }
  return world;
}

test('Y1: every ready node has one live instance, and no node two', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const world = play('system', steps);
      for (const node of world.state.nodes()) {
        const live = world.live('agent').filter((alloc) => alloc.nodeId === node.id);
        if (node.status === 'ready') assert.equal(live.length, 1);
        else assert.equal(live.length, 0);
      }
    }),
    { numRuns: 150 },
  );
});

test('Y2: what ran to its end is not run again for the same job', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const world = play('sysbatch', steps);
      const version = world.state.job('default' as never, 'agent' as never)?.version;
      for (const node of world.state.nodes()) {
        const mine = world
          .allocs('agent')
          .filter((alloc) => alloc.nodeId === node.id && alloc.jobVersion === version);
        const over = mine.findIndex((alloc) => ['complete', 'failed'].includes(alloc.clientStatus));
        const live = world.live('agent').filter((alloc) => alloc.nodeId === node.id);
        assert.ok(live.length <= 1);
        // One that was told to stop before it ended does not count as done.
        if (over !== -1 && mine[over]?.desiredStatus === 'run') assert.equal(live.length, 0);
      }
    }),
    { numRuns: 150 },
  );
});
