/** What would happen if, against worlds in which it then does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  nodeFacts,
  nodeId,
  registerNode,
  task,
} from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import type { Forecast } from './forecast.ts';
import { Simulation, type WhatIf } from './simulation.ts';

const NOTHING: WhatIf = {
  empty: false,
  addNodes: [],
  drainNodes: [],
  removeNodes: [],
  jobs: [],
  scale: [],
  stopJobs: [],
};

function job(id: string, count: number, memoryMb: number, type: JobType = 'service'): JobSpec {
  const tasks = [task({ resources: { ...task().resources, cpu: 10, memoryMb } })];
  const { reschedule, update, ...plain } = group({ count, tasks });
  const own = type === 'service' ? { reschedule, update } : {};
  return jobSpec(id, { type, groups: [{ ...plain, ...own } as never] });
}

function worldOf(nodes: number): SchedulerWorld {
  const world = new SchedulerWorld();
  for (let n = 0; n < nodes; n++) {
    const { resources } = nodeFacts(n);
    world.do(registerNode(n, { resources: { ...resources, memoryMb: 1_000 } }));
  }
  return world;
}

function ask(world: SchedulerWorld, whatIf: Partial<WhatIf>): Forecast {
  const options = { now: world.now, seed: 'what-if' };
  const simulation = new Simulation(world.state, { ...NOTHING, ...whatIf }, options);
  while (simulation.step());
  return simulation.forecast();
}

const counts = (forecast: Forecast): Record<string, readonly number[]> =>
  Object.fromEntries(
    forecast.groups.map(({ jobId, before, after, missing }) => [jobId, [before, after, missing]]),
  );

test('nothing changed, nothing happens', () => {
  const world = worldOf(2);
  world.run(job('web', 3, 100));
  const forecast = ask(world, {});
  assert.deepEqual(counts(forecast), { web: [3, 3, 0] });
  assert.deepEqual([forecast.placed, forecast.stopped, forecast.settled], [0, 0, true]);
});

const ROWS: readonly (readonly [
  why: string,
  whatIf: Partial<WhatIf>,
  /** By job: before, after, missing. */
  expected: Readonly<Record<string, readonly number[]>>,
])[] = [
  [
    'a larger count fits in part',
    { scale: [{ namespace: DEFAULT_NAMESPACE, jobId: 'web' as JobId, count: 8 }] },
    { web: [4, 6, 2], all: [2, 2, 0] },
  ],
  [
    'with another node it fits',
    {
      scale: [{ namespace: DEFAULT_NAMESPACE, jobId: 'web' as JobId, count: 8 }],
      addNodes: [{ count: 1, like: nodeId(0), memoryMb: 2_000 }],
    },
    { web: [4, 8, 0], all: [2, 3, 0] },
  ],
  ['a node is emptied', { drainNodes: [nodeId(0)] }, { web: [4, 3, 1], all: [2, 1, 0] }],
  ['a node is lost', { removeNodes: [nodeId(1)] }, { web: [4, 3, 1], all: [2, 1, 0] }],
  ['a job more', { jobs: [job('db', 3, 300)] }, { web: [4, 4, 0], all: [2, 2, 0], db: [0, 2, 1] }],
  [
    'a job less makes room for another',
    {
      jobs: [job('db', 2, 600)],
      stopJobs: [{ namespace: DEFAULT_NAMESPACE, jobId: 'web' as JobId }],
    },
    { web: [4, 0, 0], all: [2, 2, 0], db: [0, 2, 0] },
  ],
  [
    'a described cluster',
    {
      empty: true,
      addNodes: [{ count: 3, memoryMb: 500 }],
      jobs: [jobSpec('one', { groups: [group({ count: 5, tasks: [plain(400)] })] })],
    },
    { one: [0, 3, 2] },
  ],
];

function plain(memoryMb: number): ReturnType<typeof task> {
  return task({ driver: 'docker', resources: { ...task().resources, memoryMb } });
}

for (const [why, whatIf, expected] of ROWS) {
  test(`what if: ${why}`, () => {
    const world = worldOf(2);
    world.run(job('web', 4, 300));
    world.run(job('all', 1, 100, 'system'));
    const { state } = world;
    const forecast = ask(world, whatIf);
    assert.deepEqual(counts(forecast), expected);
    assert.equal(forecast.settled, true);
    assert.equal(world.state, state);
  });
}

test('why something would not fit is told, and how full the nodes would be', () => {
  const world = worldOf(1);
  world.run(job('web', 1, 400));
  const forecast = ask(world, { jobs: [job('db', 3, 500)] });
  const db = forecast.groups.find(({ jobId }) => jobId === 'db');
  assert.deepEqual(db?.why?.dimensionExhausted, { memory: 1 });
  assert.deepEqual(forecast.nodes[0]?.memoryMb, { total: 1_000, before: 400, after: 900 });
});

test('a rollout goes through to its end', () => {
  const world = worldOf(3);
  world.run(job('web', 4, 100));
  const [g] = job('web', 4, 100).groups;
  const [t] = g?.tasks ?? [];
  const next = jobSpec('web', {
    groups: [{ ...(g as never as object), tasks: [{ ...t, env: { A: 'b' } }] } as never],
  });
  const forecast = ask(world, { jobs: [next] });
  assert.deepEqual(counts(forecast), { web: [4, 4, 0] });
  assert.deepEqual([forecast.placed, forecast.stopped, forecast.settled], [4, 4, true]);
});

test('S2: the same question has the same answer; what is missing and what runs is what is wanted', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ count: fc.nat(6), memoryMb: fc.integer({ min: 50, max: 900 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.nat(3),
      (nodes, jobs, drained) => {
        const world = worldOf(nodes);
        const whatIf = {
          jobs: jobs.map(({ count, memoryMb }, n) => job(`job-${n}`, count, memoryMb)),
          drainNodes: drained < nodes ? [nodeId(drained)] : [],
        };
        const forecast = ask(world, whatIf);
        assert.deepEqual(ask(world, whatIf), forecast);
        for (const { desired, after, missing } of forecast.groups) {
          assert.equal(after + missing, desired);
        }
        for (const { memoryMb, fate, allocsAfter } of forecast.nodes) {
          assert.ok(memoryMb.after <= memoryMb.total);
          if (fate === 'drained') assert.equal(allocsAfter, 0);
        }
      },
    ),
    { numRuns: 40 },
  );
});
