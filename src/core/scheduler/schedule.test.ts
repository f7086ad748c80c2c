import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  evalId,
  group,
  jobSpec,
  nodeFacts,
  register,
  registerNode,
  task,
} from '../../../test/state-world.ts';
import { isTerminal } from '../model/alloc.ts';
import type { JobSpec } from '../model/job.ts';
import type { NetworkRequest } from '../model/network.ts';
import type { NodeFacts } from '../model/node.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { Ledger } from './ledger.ts';

function network(ports: { static?: number[]; dynamic?: number }): NetworkRequest {
  const port = (label: string, value: number) => ({ label, value, to: 0, hostNetwork: '' });
  return {
    mode: '',
    device: '',
    cidr: '',
    ip: '',
    hostname: '',
    mbits: 0,
    reservedPorts: (ports.static ?? []).map((value, i) => port(`s${i}`, value)),
    dynamicPorts: Array.from({ length: ports.dynamic ?? 0 }, (_, i) => port(`d${i}`, 0)),
  };
}

function sized(cpu: number, memoryMb: number): ReturnType<typeof task> {
  return task({ resources: { ...task().resources, cpu, memoryMb } });
}

function nodeOf(
  n: number,
  more: Partial<NodeFacts['resources']> = {},
): ReturnType<typeof registerNode> {
  return registerNode(n, { resources: { ...nodeFacts(n).resources, ...more } });
}

test('a service job is placed, explained and complete', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 3; n++) world.do(registerNode(n));
  const [result] = world.run(jobSpec('web', { groups: [group({ count: 5 })] }));
  assert.equal(result?.evaluation.status, 'complete');
  assert.deepEqual(result.evaluation.queuedAllocations, { web: 0 });
  assert.deepEqual(result.annotations.desired['web'], {
    ignore: 0,
    place: 5,
    migrate: 0,
    stop: 0,
    inPlaceUpdate: 0,
    destructiveUpdate: 0,
    canary: 0,
    preemptions: 0,
  });
  const allocs = world.live('web');
  assert.deepEqual(
    allocs.map((alloc) => alloc.name).sort(),
    [0, 1, 2, 3, 4].map((n) => `web.web[${n}]`),
  );
  const metrics = allocs[0]?.metrics;
  assert.equal(metrics?.nodesEvaluated, 3);
  assert.deepEqual(metrics.nodesAvailable, { dc1: 3 });
  assert.equal(metrics.scores.length, 3);
});

test('a static port that is taken everywhere explains itself, and waits', () => {
  const world = new SchedulerWorld();
  world.do(registerNode(0));
  const networks = [
    { ...network({}), reservedPorts: [{ label: 'http', value: 8081, to: 0, hostNetwork: '' }] },
  ];
  const [result] = world.run(jobSpec('web', { groups: [group({ count: 5, networks })] }));
  const metrics = result?.evaluation.failedGroups['web'];
  assert.deepEqual(metrics?.dimensionExhausted, {
    'network: reserved port collision http=8081': 1,
  });
  assert.equal(metrics.nodesExhausted, 1);
  assert.equal(metrics.coalescedFailures, 3);
  assert.equal(result?.evaluation.queuedAllocations['web'], 4);
  const [blocked] = result.followUps;
  assert.equal(blocked?.status, 'blocked');
  assert.equal(blocked.triggeredBy, 'queued-allocs');
  assert.equal(result.evaluation.blockedEval, blocked.id);
  assert.deepEqual(blocked.classEligibility, { 'class-1': true });
  assert.equal(blocked.snapshotIndex, result.evaluation.snapshotIndex);
  assert.equal(world.live('web').length, 1);
});

test('a constraint that no node meets is named', () => {
  const world = new SchedulerWorld();
  world.do(registerNode(0));
  world.do(registerNode(1));
  const constraints = [{ lTarget: '${attr.kernel.name}', operand: '=', rTarget: 'plan9' }] as const;
  const [result] = world.run(jobSpec('web', { constraints }));
  const metrics = result?.evaluation.failedGroups['web'];
  assert.equal(metrics?.nodesFiltered, 2);
  assert.deepEqual(metrics.constraintFiltered, { '${attr.kernel.name} = plan9': 2 });
  assert.deepEqual(result?.followUps[0]?.classEligibility, { 'class-1': false });
});

test('the fuller of two nodes is chosen', () => {
  const world = new SchedulerWorld();
  world.do(nodeOf(0, { cpu: 1_000, memoryMb: 1_000 }));
  world.run(jobSpec('sixty', { groups: [group({ tasks: [sized(600, 600)] })] }));
  world.do(nodeOf(1, { cpu: 1_000, memoryMb: 1_000 }));
  const twenty = { lTarget: '${node.unique.name}', operand: '=', rTarget: 'node-1' } as const;
  world.run(
    jobSpec('twenty', { constraints: [twenty], groups: [group({ tasks: [sized(200, 200)] })] }),
  );
  world.run(jobSpec('new', { groups: [group({ tasks: [sized(100, 100)] })] }));
  assert.equal(world.live('new')[0]?.nodeName, 'node-0');
  world.do({
    type: 'scheduler.config',
    at: world.now,
    config: { ...world.state.schedulerConfig, algorithm: 'spread' },
  });
  world.run(jobSpec('newer', { groups: [group({ tasks: [sized(100, 100)] })] }));
  assert.equal(world.live('newer')[0]?.nodeName, 'node-1');
});

test('a blocked evaluation that is woken places what fits and goes on waiting', () => {
  const world = new SchedulerWorld();
  const tasks = [sized(500, 10)];
  world.do(nodeOf(0, { cpu: 1_000 }));
  const [first] = world.run(jobSpec('web', { groups: [group({ count: 5, tasks })] }));
  const blocked = world.state.evaluation(first?.followUps[0]?.id ?? ('' as never));
  assert.ok(blocked);
  world.do(nodeOf(1, { cpu: 1_000 }));
  const again = world.evaluate(blocked);
  assert.equal(again.evaluation.status, 'blocked');
  assert.equal(again.evaluation.id, blocked.id);
  assert.equal(world.live('web').length, 4);
  world.do(nodeOf(2, { cpu: 1_000 }));
  assert.equal(world.evaluate(again.evaluation).evaluation.status, 'complete');
  assert.equal(world.live('web').length, 5);
});

test('distinct hosts, distinct property and spread', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 6; n++) {
    world.do(registerNode(n, { meta: { rack: `r${n % 3}` }, computedClass: `rack-${n % 3}` }));
  }
  const distinct = (operand: 'distinct_hosts' | 'distinct_property', lTarget: string) =>
    jobSpec(operand, {
      constraints: [{ lTarget, operand, rTarget: '' }],
      groups: [group({ count: 7 })],
    });
  const [hosts] = world.run(distinct('distinct_hosts', ''));
  assert.equal(hosts?.plan?.placements.length, 6);
  assert.deepEqual(hosts.evaluation.failedGroups['web']?.constraintFiltered, { distinct_hosts: 6 });
  const [racks] = world.run(distinct('distinct_property', '${meta.rack}'));
  assert.equal(racks?.plan?.placements.length, 3);
  assert.equal(new Set(world.live('distinct_property').map((a) => rack(world, a.nodeId))).size, 3);
  const spreads = [{ attribute: '${meta.rack}', weight: 100, targets: [] }];
  world.run(jobSpec('spread', { spreads, groups: [group({ count: 9 })] }));
  const counts = new Map<string, number>();
  for (const { nodeId } of world.live('spread')) {
    const value = rack(world, nodeId);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  assert.deepEqual([...counts.values()], [3, 3, 3]);
});

test('spread targets get their shares', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 4; n++) {
    world.do(
      registerNode(n, { datacenter: n % 2 === 0 ? 'dc1' : 'dc2', computedClass: `c${n % 2}` }),
    );
  }
  const targets = [
    { value: 'dc1', percent: 70 },
    { value: 'dc2', percent: 30 },
  ];
  const spreads = [{ attribute: '${node.datacenter}', weight: 100, targets }];
  world.run(jobSpec('web', { datacenters: ['dc*'], spreads, groups: [group({ count: 10 })] }));
  const inDc1 = world
    .live('web')
    .filter((alloc) => world.state.node(alloc.nodeId)?.datacenter === 'dc1');
  assert.equal(inDc1.length, 7);
});

test('affinity draws, and a negative one repels', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 8; n++) {
    world.do(registerNode(n, { meta: { ssd: n === 5 ? 'yes' : 'no' }, computedClass: `c${n}` }));
  }
  const affinity = (weight: number) =>
    [{ lTarget: '${meta.ssd}', operand: '=', rTarget: 'yes', weight }] as const;
  world.run(jobSpec('likes', { affinities: affinity(100) }));
  assert.equal(world.live('likes')[0]?.nodeName, 'node-5');
  world.run(jobSpec('shuns', { affinities: affinity(-100) }));
  assert.notEqual(world.live('shuns')[0]?.nodeName, 'node-5');
});

test('the budget ends a call, and the remainder goes on', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 3; n++) world.do(registerNode(n));
  world.do(registerJob(jobSpec('web', { groups: [group({ count: 25 })] })));
  const results = world.settle(10);
  assert.deepEqual(
    results.map((result) => [result.plan?.placements.length, result.remainder]),
    [
      [10, true],
      [10, true],
      [5, false],
    ],
  );
  assert.equal(world.live('web').length, 25);
  assert.equal(new Set(world.live('web').map((alloc) => alloc.name)).size, 25);
});

function registerJob(spec: JobSpec): Parameters<SchedulerWorld['do']>[0] {
  return register(spec, 1_000);
}

function rack(world: SchedulerWorld, id: Parameters<SchedulerWorld['state']['node']>[0]): string {
  return world.state.node(id)?.meta['rack'] ?? '';
}

// --- Properties ---

const nodes = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 2_000 }),
    memoryMb: fc.integer({ min: 0, max: 2_000 }),
    diskMb: fc.integer({ min: 0, max: 2_000 }),
    ports: fc.integer({ min: 0, max: 12 }),
    rack: fc.integer({ min: 0, max: 2 }),
    reserved: fc.array(fc.constantFrom(20_001, 20_003, 80, 8_080), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 6 },
);

const jobs = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('service' as const, 'batch' as const, 'system' as const),
    count: fc.integer({ min: 0, max: 8 }),
    cpu: fc.integer({ min: 1, max: 700 }),
    memoryMb: fc.integer({ min: 1, max: 700 }),
    diskMb: fc.integer({ min: 1, max: 300 }),
    static: fc.array(fc.constantFrom(80, 8_080, 20_002), { maxLength: 1 }),
    dynamic: fc.integer({ min: 0, max: 3 }),
    rack: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    command: fc.constantFrom('x', 'y'),
    stop: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

type NodeShape = (typeof nodes extends fc.Arbitrary<infer T> ? T : never)[number];
type JobShape = (typeof jobs extends fc.Arbitrary<infer T> ? T : never)[number];

function nodeEntry(shape: NodeShape, n: number): ReturnType<typeof registerNode> {
  const { resources } = nodeFacts(n);
  return registerNode(n, {
    meta: { rack: `r${shape.rack}` },
    computedClass: `rack-${shape.rack}`,
    reserved: { cpu: 0, memoryMb: 0, diskMb: 0, ports: shape.reserved },
    resources: {
      ...resources,
      cpu: shape.cpu,
      memoryMb: shape.memoryMb,
      diskMb: shape.diskMb,
      dynamicPortMin: 20_000,
      dynamicPortMax: 20_000 + shape.ports,
    },
  });
}

function specOf(shape: JobShape): JobSpec {
  const tasks = [{ ...sized(shape.cpu, shape.memoryMb), config: { command: shape.command } }];
  const constraints =
    shape.rack === undefined
      ? []
      : [{ lTarget: '${meta.rack}', operand: '=' as const, rTarget: `r${shape.rack}` }];
  return jobSpec(shape.name, {
    type: shape.type,
    constraints,
    groups: [
      group({
        count: shape.type === 'system' ? 1 : shape.count,
        tasks,
        networks: [network(shape)],
        ephemeralDisk: { sizeMb: shape.diskMb, sticky: false, migrate: false },
      }),
    ],
  });
}

function play(nodeShapes: readonly NodeShape[], jobShapes: readonly JobShape[]): SchedulerWorld {
  const world = new SchedulerWorld();
  nodeShapes.forEach((shape, n) => world.do(nodeEntry(shape, n)));
  for (const shape of jobShapes) {
    const before = world.state.job('default' as never, shape.name as never);
    // A job cannot change its type.
    world.run(specOf(before === undefined ? shape : { ...shape, type: before.type as 'batch' }));
  }
  return world;
}

test('S3: no node is over-committed and no port is given twice', () => {
  fc.assert(
    fc.property(nodes, jobs, (nodeShapes, jobShapes) => {
      const world = play(nodeShapes, jobShapes);
      for (const node of world.state.nodes()) {
        const live = [...world.state.allocsByNode(node.id)].filter((alloc) => !isTerminal(alloc));
        const sum = (key: 'cpu' | 'memoryMb' | 'diskMb'): number =>
          live.reduce((total, alloc) => total + alloc.resources[key], 0);
        assert.ok(sum('cpu') <= node.resources.cpu);
        assert.ok(sum('memoryMb') <= node.resources.memoryMb);
        assert.ok(sum('diskMb') <= node.resources.diskMb);
        const ports = live.flatMap((alloc) => alloc.ports.map((port) => port.value));
        assert.equal(new Set(ports).size, ports.length);
        for (const port of ports) assert.ok(!node.reserved.ports.includes(port));
      }
    }),
    { numRuns: 200 },
  );
});

test('S1: the same input gives the same plan, also from a ledger loaded afresh', () => {
  fc.assert(
    fc.property(nodes, jobs, (nodeShapes, jobShapes) => {
      const first = play(nodeShapes, jobShapes);
      const second = play(nodeShapes, jobShapes);
      assert.equal(first.state.hash, second.state.hash);
      const last = jobShapes[0];
      assert.ok(last);
      for (const world of [first, second]) {
        world.do(registerJob({ ...specOf({ ...last, type: 'service' }), id: 'z' as never }));
      }
      second.ledger.load(second.state);
      const ask = (world: SchedulerWorld) =>
        [...world.state.openEvals('pending')].map((evaluation) => world.ask(evaluation));
      assert.deepEqual(ask(second), ask(first));
    }),
    { numRuns: 100 },
  );
});

test('S2: the ledger is the same after a call as before it, and equals one loaded afresh', () => {
  fc.assert(
    fc.property(nodes, jobs, (nodeShapes, jobShapes) => {
      const world = play(nodeShapes, jobShapes);
      const fresh = new Ledger();
      fresh.load(world.state);
      assert.deepEqual(contents(world.ledger), contents(fresh));
      assert.equal(world.ledger.depth, 0);
    }),
    { numRuns: 100 },
  );
});

function contents(ledger: Ledger): unknown {
  return ledger.order.map((slot) => [
    ledger.nodeAt(slot).id,
    ledger.cpuUsed[slot],
    ledger.memoryUsed[slot],
    ledger.diskUsed[slot],
    ledger.portsAt(slot, '').dynamicFree,
    [...ledger.portsAt(slot, '').held()].sort((a, b) => a - b),
  ]);
}

test('S4: another node never makes a placeable job unplaceable', () => {
  fc.assert(
    fc.property(nodes, jobs, nodes, (nodeShapes, jobShapes, more) => {
      const placed = (world: SchedulerWorld): number => {
        const shape = jobShapes[0];
        assert.ok(shape);
        const spec = { ...specOf({ ...shape, type: 'service' }), id: 'z' as never };
        world.do(registerJob(spec));
        const evaluation = [...world.state.openEvals('pending')].find((e) => e.jobId === 'z');
        assert.ok(evaluation);
        return world.ask(evaluation).plan?.placements.length ?? 0;
      };
      const without = play(nodeShapes, jobShapes);
      const alone = placed(without);
      const together = play(nodeShapes, jobShapes);
      more.forEach((shape, i) => together.do(nodeEntry(shape, 100 + i)));
      // System jobs may take the new node's room first: they are not what is asked about.
      assert.ok(placed(together) >= alone);
    }),
    { numRuns: 100 },
  );
});

test('nothing is counted as queued once another version fits, or the job has stopped', () => {
  const world = new SchedulerWorld();
  world.do(registerNode(0));
  const networks = [network({ static: [8081] })];
  const crowded = jobSpec('web', { groups: [group({ count: 3, networks })] });
  const queued = (): number | undefined =>
    world.state.jobSummary(crowded.namespace, crowded.id)?.groups['web']?.queued;
  world.run(crowded);
  assert.equal(queued(), 2);
  world.run(jobSpec('web', { groups: [group({ count: 1, networks })] }));
  assert.equal(queued(), 0);
  world.run(crowded);
  assert.equal(queued(), 2);
  const { namespace, id: jobId } = crowded;
  const evaluation = newEvaluation(evalId(99), crowded, 'job-deregister', world.now);
  world.do({ type: 'job.deregister', at: world.now, namespace, jobId, purge: false, evaluation });
  world.settle();
  assert.equal(queued(), 0);
});
