/** Room taken from less important jobs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeFacts, registerNode, task } from '../../../test/state-world.ts';
import { isTerminal } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import { lint } from '../state/lint.ts';
import { PRIORITY_GAP } from './preempt.ts';
import type { ScheduleResult } from './contract.ts';

const NODE_MB = 1_000;

interface Wanted {
  readonly priority: number;
  readonly count?: number;
  readonly memoryMb: number;
  readonly type?: JobType;
  /** A static port. */
  readonly port?: number;
}

function job(
  id: string,
  { priority, count = 1, memoryMb, type = 'service', port }: Wanted,
): JobSpec {
  const networks =
    port === undefined
      ? []
      : [
          {
            ...{ mode: 'host', device: '', cidr: '', ip: '', hostname: '', mbits: 0 },
            ...{ dns: undefined, dynamicPorts: [] },
            reservedPorts: [{ label: 'http', value: port, to: 0, hostNetwork: '' }],
          },
        ];
  const { resources } = task();
  const tasks = [task({ resources: { ...resources, cpu: 10, memoryMb } })];
  const { reschedule, update, ...plain } = group({
    ...{ count, tasks, ephemeralDisk: { sizeMb: 10, sticky: false, migrate: false } },
    networks: networks as never,
  });
  const own = type === 'service' ? { reschedule, update } : {};
  return jobSpec(id, { priority, type, groups: [{ ...plain, ...own } as never] });
}

function worldOf(nodes: number, types: readonly JobType[] = ['service', 'batch']): SchedulerWorld {
  const world = new SchedulerWorld();
  for (let n = 0; n < nodes; n++) {
    const { resources } = nodeFacts(n);
    const of = { ...resources, cpu: 4_000, memoryMb: NODE_MB, diskMb: 100_000 };
    world.do(registerNode(n, { resources: of }));
  }
  const preemption = { system: true, sysbatch: false, service: false, batch: false };
  for (const type of types) preemption[type] = true;
  const config = { ...world.state.schedulerConfig, preemption };
  world.do({ type: 'scheduler.config', at: world.now, config });
  return world;
}

function evicted(world: SchedulerWorld, id: string): number {
  return world.allocs(id).filter(({ desiredStatus }) => desiredStatus === 'evict').length;
}

test('a more important job takes the room of the least important, and says so on both', () => {
  const world = worldOf(1);
  world.run(job('low', { priority: 20, memoryMb: 500 }));
  world.run(job('middle', { priority: 40, memoryMb: 500 }));
  const [result] = world.run(job('high', { priority: 70, memoryMb: 400 }));
  assert.deepEqual(
    result?.annotations.preempted.map(({ jobId }) => jobId),
    ['low'],
  );
  assert.equal(result.annotations.desired['web']?.preemptions, 1);
  const [winner] = world.live('high');
  const [loser] = world.allocs('low');
  assert.ok(winner !== undefined && loser !== undefined);
  assert.deepEqual(winner.preemptedAllocs, [loser.id]);
  assert.equal(loser.preemptedBy, winner.id);
  assert.equal(loser.desiredStatus, 'evict');
  assert.equal(loser.desiredDescription, `Preempted by alloc ID ${winner.id}`);
  // Whoever lost it is looked at again, and waits for room.
  const evals = [...world.state.evalsByJob(DEFAULT_NAMESPACE, 'low' as never)];
  assert.ok(evals.some(({ triggeredBy }) => triggeredBy === 'preemption'));
  assert.ok(evals.some(({ status }) => status === 'blocked'));
  assert.equal(world.live('middle').length, 1);
});

const ROWS: readonly (readonly [
  why: string,
  types: readonly JobType[],
  running: readonly (readonly [string, Wanted])[],
  wanted: Wanted,
  evictions: Readonly<Record<string, number>>,
  placed: number,
])[] = [
  [
    'not where the settings do not let it',
    [],
    [['low', { priority: 20, memoryMb: 800 }]],
    { priority: 90, memoryMb: 500 },
    { low: 0 },
    0,
  ],
  [
    'not of nearly the same importance',
    ['service'],
    [['low', { priority: 50, memoryMb: 800 }]],
    { priority: 50 + PRIORITY_GAP - 1, memoryMb: 500 },
    { low: 0 },
    0,
  ],
  [
    'no more than needed, and of the fitting size',
    ['service'],
    [
      ['small', { priority: 20, count: 4, memoryMb: 100 }],
      ['large', { priority: 20, memoryMb: 500 }],
    ],
    { priority: 60, memoryMb: 450 },
    { small: 0, large: 1 },
    1,
  ],
  [
    'none where all together is not enough',
    ['service'],
    [
      ['low', { priority: 20, memoryMb: 300 }],
      ['high', { priority: 60, memoryMb: 600 }],
    ],
    { priority: 65, memoryMb: 500 },
    { low: 0, high: 0 },
    0,
  ],
  [
    'whoever holds the port, however little it takes',
    ['service'],
    [
      ['port', { priority: 30, memoryMb: 20, port: 8080 }],
      ['other', { priority: 10, memoryMb: 500 }],
    ],
    { priority: 60, memoryMb: 100, port: 8080 },
    { port: 1, other: 0 },
    1,
  ],
  [
    'as many as there are instances, as far as it goes',
    ['service'],
    [['low', { priority: 20, count: 5, memoryMb: 200 }]],
    { priority: 60, count: 7, memoryMb: 200 },
    { low: 5 },
    5,
  ],
  [
    'system jobs, on their node',
    ['system'],
    [['low', { priority: 20, count: 2, memoryMb: 500 }]],
    { priority: 60, memoryMb: 300, type: 'system' },
    { low: 1 },
    1,
  ],
  [
    'batch jobs too',
    ['batch'],
    [['low', { priority: 20, count: 2, memoryMb: 500, type: 'batch' }]],
    { priority: 60, memoryMb: 300, type: 'batch' },
    { low: 1 },
    1,
  ],
];

for (const [why, types, running, wanted, evictions, placed] of ROWS) {
  test(`room is taken: ${why}`, () => {
    const world = worldOf(1, types);
    for (const [id, spec] of running) world.run(job(id, spec));
    world.run(job('new', wanted));
    for (const [id, count] of Object.entries(evictions))
      assert.equal(evicted(world, id), count, id);
    assert.equal(world.live('new').length, placed);
    assert.deepEqual(lint(world.state), []);
  });
}

test('of several nodes the one that loses least', () => {
  const world = worldOf(3);
  for (const [n, priority] of [40, 10, 30].entries()) {
    world.run(job(`p${priority}`, { priority, memoryMb: 900 + n }));
  }
  world.run(job('high', { priority: 80, memoryMb: 800 }));
  assert.deepEqual(
    [40, 10, 30].map((priority) => evicted(world, `p${priority}`)),
    [0, 1, 0],
  );
});

const wanted = fc.record({
  priority: fc.integer({ min: 1, max: 100 }),
  count: fc.integer({ min: 1, max: 4 }),
  memoryMb: fc.integer({ min: 50, max: 900 }),
  type: fc.constantFrom<JobType>('service', 'batch', 'system'),
});

test('V1: whatever comes, only clearly less important work goes, nodes are never too full, and it settles', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(wanted, { maxLength: 8 }),
      (nodes, jobs) => {
        const world = worldOf(nodes, ['service', 'batch', 'system']);
        const results: ScheduleResult[] = [];
        jobs.forEach((spec, n) => {
          const count = spec.type === 'system' ? 1 : spec.count;
          results.push(...world.run(job(`job-${n}`, { ...spec, count })));
        });
        assert.deepEqual(lint(world.state), []);
        const priorityOf = (id: string): number => jobs[Number(id.slice(4))]?.priority ?? 0;
        for (const alloc of world.state.allocs()) {
          if (alloc.preemptedBy === undefined) continue;
          const winner = world.state.alloc(alloc.preemptedBy);
          assert.ok(winner !== undefined);
          assert.ok(winner.preemptedAllocs?.includes(alloc.id));
          assert.ok(priorityOf(winner.jobId) - priorityOf(alloc.jobId) >= PRIORITY_GAP);
          assert.equal(winner.nodeId, alloc.nodeId);
        }
        for (const node of world.state.nodes()) {
          let used = 0;
          for (const alloc of world.state.allocsByNode(node.id)) {
            if (!isTerminal(alloc)) used += alloc.resources.memoryMb;
          }
          assert.ok(used <= NODE_MB, `${used}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});
