import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeFacts, registerNode, task } from '../../../test/state-world.ts';
import { seeded } from '../../base/random.ts';
import type { Alloc } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { createIdSource } from './draw-id.ts';
import { placeGroup, type GroupPlacements } from './place.ts';
import { Proposed } from './proposed.ts';
import { termsOf } from './rankings.ts';
import type { PlaceRequest } from './reconcile-result.ts';

function sized(cpu: number, more: Partial<TaskGroup> = {}): TaskGroup {
  return group({ tasks: [task({ resources: { ...task().resources, cpu } })], count: 3, ...more });
}

function stand(nodes: number, cpu: number): SchedulerWorld {
  const world = new SchedulerWorld();
  for (let n = 0; n < nodes; n++) {
    world.do(registerNode(n, { resources: { ...nodeFacts(n).resources, cpu } }));
  }
  return world;
}

/** Places requests of a group of the job's, as one evaluation would. */
function place(
  world: SchedulerWorld,
  asked: TaskGroup,
  requests: readonly Partial<PlaceRequest>[],
): GroupPlacements {
  const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
  assert.ok(job);
  const proposed = new Proposed();
  for (const alloc of world.live('web')) {
    proposed.add(world.ledger.slotOf(alloc.nodeId) ?? -1, alloc.group, 1);
  }
  const full = requests.map((r, i) => ({
    name: `web.web[${i}]`,
    canary: false,
    reschedule: false,
    ...r,
  }));
  const scope = {
    ledger: world.ledger,
    job,
    group: asked,
    terms: termsOf(world.ledger, job, asked, world.state.schedulerConfig),
    proposed,
    now: world.now,
    ties: seeded('ties'),
    ports: seeded('ports'),
    nextId: createIdSource('ids'),
    preemption: undefined,
  };
  const answer = placeGroup(scope, full);
  world.ledger.rollback();
  return answer;
}

test('Z1: what is replaced gives its room to its successor, or keeps it', () => {
  const world = stand(1, 1_000);
  world.run(jobSpec('web', { groups: [sized(300)] }));
  const replaces = world.live('web').map((alloc): Partial<PlaceRequest> => ({ replaces: alloc }));
  const fits = place(world, sized(333), replaces);
  assert.equal(fits.placements.length, 3);
  const tight = place(world, sized(400), replaces);
  assert.deepEqual([tight.placements.length, tight.failed], [1, 2]);
  assert.equal(place(world, sized(1_001), replaces).placements.length, 0);
  assert.equal(world.ledger.cpuUsed[0], 900);
});

test('Z2: after one that found no node the rest is not tried, but counted', () => {
  const world = stand(2, 1_000);
  world.run(jobSpec('web', { groups: [sized(600, { count: 0 })] }));
  const answer = place(world, sized(600), [{}, {}, {}, {}, {}]);
  assert.equal(answer.placements.length, 2);
  assert.equal(answer.failed, 3);
  assert.equal(answer.failure?.coalescedFailures, 2);
  assert.deepEqual(answer.failure.dimensionExhausted, { cpu: 2 });
  assert.deepEqual(
    answer.placed.map((request) => request.name),
    ['web.web[0]', 'web.web[1]'],
  );
});

test('instances of one group go to different nodes while there are any', () => {
  const world = stand(4, 10_000);
  world.run(jobSpec('web', { groups: [sized(100, { count: 0 })] }));
  const answer = place(world, sized(100, { count: 4 }), [{}, {}, {}, {}]);
  assert.equal(new Set(answer.placements.map((placement) => placement.nodeId)).size, 4);
});

test('a node where it failed is avoided, but better than none', () => {
  const world = stand(2, 1_000);
  world.run(jobSpec('web', { groups: [sized(100, { count: 1 })] }));
  const [failed] = world.live('web');
  assert.ok(failed);
  const previous: Alloc = { ...failed, clientStatus: 'failed' };
  const again: Partial<PlaceRequest> = { previous, reschedule: true, rescheduleDelayMs: 5_000 };
  const elsewhere = place(world, sized(100), [again]).placements[0];
  assert.notEqual(elsewhere?.nodeId, failed.nodeId);
  assert.equal(elsewhere?.previousAllocId, failed.id);
  assert.deepEqual(elsewhere.reschedules, [
    {
      at: world.now,
      previousAllocId: failed.id,
      previousNodeId: failed.nodeId,
      delayMs: 5_000,
    },
  ]);
  const alone = stand(1, 1_000);
  alone.run(jobSpec('web', { groups: [sized(100, { count: 1 })] }));
  assert.equal(place(alone, sized(100), [again]).placements.length, 1);
});

test('a sticky disk stays on its node', () => {
  const world = stand(4, 1_000);
  world.run(jobSpec('web', { groups: [sized(100, { count: 1 })] }));
  const [previous] = world.live('web');
  assert.ok(previous);
  const sticky = { sizeMb: 10, sticky: true, migrate: true };
  for (const replaces of [previous, undefined]) {
    const request: Partial<PlaceRequest> =
      replaces === undefined ? { previous } : { previous, replaces };
    const [placed] = place(world, sized(100, { ephemeralDisk: sticky }), [request]).placements;
    assert.equal(placed?.nodeId, previous.nodeId);
  }
});

test('reasons are shared among many placements of one evaluation', () => {
  const world = stand(3, 100_000);
  world.run(jobSpec('web', { groups: [sized(1, { count: 0 })] }));
  const many = sized(1, {
    count: 250,
    ephemeralDisk: { sizeMb: 1, sticky: false, migrate: false },
  });
  const { placements } = place(
    world,
    many,
    Array.from({ length: 250 }, () => ({})),
  );
  const distinct = new Set(placements.map((placement) => placement.metrics));
  assert.equal(distinct.size, 10);
  assert.equal(placements[0]?.metrics.scores[0]?.nodeId, placements[0]?.nodeId);
});
