import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  nodeFacts,
  nodeId,
  registerNode,
  RESOURCES,
} from '../../../../test/state-world.ts';
import type { Job, JobSpec } from '../../model/job.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../../model/scheduler-config.ts';
import { explainRanking } from '../explain.ts';
import { Ledger } from '../ledger.ts';
import { termsOf } from '../rankings.ts';
import { compileAffinities } from './affinity.ts';
import { Census, FITS } from './census.ts';
import type { Ranking } from './ranking.ts';

function rankingOf(ledger: Ledger, more: Partial<JobSpec> = {}): Ranking {
  const job = jobSpec('web', more) as Job;
  const [asked] = job.groups;
  assert.ok(asked);
  return termsOf(ledger, job, asked, DEFAULT_SCHEDULER_CONFIG).ranking;
}

function node(n: number, cpu: number, rack = 'r0'): ReturnType<typeof registerNode> {
  const resources = { ...nodeFacts(n).resources, cpu, memoryMb: cpu };
  return registerNode(n, { resources, meta: { rack }, nodeClass: rack, computedClass: rack });
}

const spec: Partial<JobSpec> = {
  constraints: [{ lTarget: '${meta.rack}', operand: '!=', rTarget: 'r2' }],
  affinities: [{ lTarget: '${meta.rack}', operand: '=', rTarget: 'r1', weight: 60 }],
};

const shape = fc.record({
  cpu: fc.integer({ min: 50, max: 400 }),
  rack: fc.nat(2),
  used: fc.nat(3),
});

test('K1: best is a node of the highest score, in step with the ledger', () => {
  const moves = fc.array(fc.tuple(fc.nat(7), fc.boolean()), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 8 }), moves, (shapes, steps) => {
      const world = new SchedulerWorld();
      shapes.forEach(({ cpu, rack }, n) => world.do(node(n, cpu, `r${rack}`)));
      const ranking = rankingOf(world.ledger, spec);
      ranking.enter(3, 0);
      const check = (): void => {
        const best = ranking.best();
        const open = Array.from({ length: ranking.length }, (_, leaf) => leaf).filter(
          (leaf) => ranking.verdictAt(leaf).kind === 'fits',
        );
        if (best === undefined) assert.equal(open.length, 0);
        else
          assert.equal(ranking.score(best), Math.max(...open.map((leaf) => ranking.score(leaf))));
      };
      check();
      for (const [n, collide] of steps) {
        const slot = world.ledger.slotOf(nodeId(n % shapes.length));
        assert.ok(slot !== undefined);
        if (collide) ranking.collide(slot, 1);
        else world.ledger.hold(slot, { resources: RESOURCES, ports: [] });
        check();
      }
      ranking.leave();
      world.ledger.rollback();
    }),
  );
});

test('K2, K3: nothing is left of an evaluation, and a fresh ranking says the same', () => {
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 8 }), fc.nat(7), (shapes, pick) => {
      const world = new SchedulerWorld();
      shapes.forEach(({ cpu, rack }, n) => world.do(node(n, cpu, `r${rack}`)));
      const ranking = rankingOf(world.ledger, spec);
      const slot = world.ledger.slotOf(nodeId(pick % shapes.length));
      assert.ok(slot !== undefined);
      ranking.enter(3, 0.5);
      ranking.collide(slot, 1);
      ranking.mask(slot, 'distinct_hosts');
      ranking.penalise([slot]);
      ranking.leave();
      const changed = shapes[0]?.cpu ?? 0;
      world.do(node(0, changed + 60, 'r1'));
      const fresh = new Ledger();
      fresh.load(world.state);
      const other = rankingOf(fresh, spec);
      ranking.enter(3, 0);
      other.enter(3, 0);
      assert.deepEqual(explainRanking(world.ledger, ranking), explainRanking(fresh, other));
      ranking.leave();
      other.leave();
    }),
  );
});

test('every node is counted once, by what keeps it from being chosen', () => {
  const world = new SchedulerWorld();
  world.do(node(1, 1_000, 'r0'));
  world.do(node(2, 50, 'r0'));
  world.do(node(3, 1_000, 'r2'));
  world.do(registerNode(4, { datacenter: 'dc9' }));
  world.do(registerNode(5, { nodePool: 'gpu' }));
  world.do(registerNode(6, { eligibility: 'ineligible' }));
  const ranking = rankingOf(world.ledger, spec);
  ranking.enter(1, 0);
  const metrics = explainRanking(world.ledger, ranking);
  ranking.leave();
  assert.equal(metrics.nodesInPool, 4);
  assert.equal(metrics.nodesEvaluated, 3);
  assert.equal(metrics.nodesFiltered, 1);
  assert.deepEqual(metrics.constraintFiltered, { '${meta.rack} != r2': 1 });
  assert.deepEqual(metrics.classFiltered, { r2: 1 });
  assert.deepEqual(metrics.dimensionExhausted, { cpu: 1 });
  assert.deepEqual(metrics.classExhausted, { r0: 1 });
  assert.deepEqual(metrics.nodesAvailable, { dc1: 3 });
  assert.equal(metrics.scores.length, 1);
  assert.deepEqual(Object.keys(metrics.scores[0]?.scores ?? {}), [
    'binpack',
    'job-anti-affinity',
    'node-affinity',
    'allocation-spread',
    'node-reschedule-penalty',
  ]);
});

test('equal nodes are taken in turn, from another one for each evaluation', () => {
  const world = new SchedulerWorld();
  for (let n = 0; n < 4; n++) world.do(node(n, 1_000));
  const ranking = rankingOf(world.ledger);
  const firsts = [0, 0.25, 0.5, 0.75].map((rotation) => {
    ranking.enter(1, rotation);
    const best = ranking.best();
    ranking.leave();
    return best;
  });
  assert.deepEqual(firsts, [0, 1, 2, 3]);
});

test('jobs that ask for the same share a ranking; others do not', () => {
  const world = new SchedulerWorld();
  const one = rankingOf(world.ledger);
  assert.equal(rankingOf(world.ledger, { meta: { a: 'b' }, priority: 9 }), one);
  assert.notEqual(rankingOf(world.ledger, { datacenters: ['dc2'] }), one);
  const larger = group({ ephemeralDisk: { sizeMb: 301, sticky: false, migrate: false } });
  assert.notEqual(rankingOf(world.ledger, { groups: [larger] }), one);
});

test('affinities weigh what a node matches against all that is wished', () => {
  const rule = (rTarget: string, weight: number) =>
    ({ lTarget: '${meta.rack}', operand: '=', rTarget, weight }) as const;
  const score = compileAffinities([rule('r1', 50), rule('r2', -25)]);
  const at = (rack: string): number => score({ ...nodeFacts(1), meta: { rack } } as never);
  assert.deepEqual([at('r1'), at('r2'), at('r3')], [50 / 75, -25 / 75, 0]);
  assert.equal(compileAffinities([])({} as never), 0);
});

test('a census forgets nodes, not its codes', () => {
  const census = new Census();
  const code = census.code('exhausted', 'cpu');
  census.reset(2);
  census.move(1, code, 'large');
  census.move(1, FITS, '');
  assert.deepEqual([census.total('exhausted'), census.total('fits')], [1, 1]);
  assert.deepEqual(census.byClass('exhausted'), { large: 1 });
  census.reset(3);
  assert.equal(census.code('exhausted', 'cpu'), code);
  assert.deepEqual([census.total('exhausted'), census.total('absent')], [0, 3]);
});
