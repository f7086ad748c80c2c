/** Laws of reconciliation that hold whatever clients, operators and nodes do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SchedulerWorld } from '../../../test/scheduler-world.ts';
import type { Alloc } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import { STOP_UPDATING } from './descriptions.ts';
import { evalOf, FIRST, Play, steps, type Step } from './reconciling.fixture.ts';

/** So many plays for each law; more with RUNS=5000, after a change to the reconciler. */
const RUNS = Number(process.env['RUNS'] ?? '100');

const SOUND: Step = { ...FIRST, image: 'sound' };

const types = fc.constantFrom('service' as const, 'batch' as const);

function playAll(play: Play, steps: readonly Step[], check: (play: Play) => void): void {
  for (const each of steps) {
    play.step(each);
    check(play);
  }
}

test('R4: an evaluation leaves nothing for a second one to do', () => {
  fc.assert(
    fc.property(types, steps, (type, all) => {
      playAll(new Play(type), all, (play) => {
        // Promotions and verdicts are looked at by the evaluations that follow them.
        play.world.evaluate(evalOf(play));
        const { plan, followUps } = play.again();
        const open = followUps.filter((next) => next.status !== 'blocked');
        assert.deepEqual([plan, open], [undefined, []]);
      });
    }),
    { numRuns: RUNS },
  );
});

function isCanary(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.canary === true;
}

test('R3, R5: beside canaries there are as many as wanted, and no two of one name', () => {
  fc.assert(
    fc.property(types, steps, (type, all) => {
      playAll(new Play(type), all, ({ world }) => {
        const { groups } = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId) ?? {};
        const count = groups?.[0]?.count ?? 0;
        const plain = world.live('web').filter((alloc) => !isCanary(alloc));
        assert.ok(plain.length <= count, `${plain.length} of ${count}`);
        const names = plain.map((alloc) => alloc.name);
        assert.equal(new Set(names).size, names.length);
      });
    }),
    { numRuns: RUNS },
  );
});

test('R6: once all is well, each job has its instances, all of its newest version', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const play = new Play('service');
      for (const each of all) play.step(each);
      play.heal();
      // What failed waits for a person.
      const isStopped = play.world.state.job(DEFAULT_NAMESPACE, 'web' as JobId)?.stop !== false;
      if (play.deployment?.status === 'failed' || isStopped) {
        play.step(SOUND);
        play.heal();
      }
      const job = play.world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
      const live = play.world.live('web');
      const names = live.map((alloc) => `${alloc.name} v${alloc.jobVersion}`).sort();
      const expected = Array.from({ length: job?.groups[0]?.count ?? 0 }, (_, n) => n);
      assert.equal(names.length, expected.length);
      assert.equal(new Set(names).size, names.length);
      assert.ok(
        live.every((alloc) => alloc.jobVersion === job?.version),
        names.join(),
      );
      assert.notEqual(play.deployment?.status, 'running');
    }),
    { numRuns: RUNS },
  );
});

function previousOf(world: SchedulerWorld, alloc: Alloc): Alloc | undefined {
  return alloc.previousAllocId === undefined ? undefined : world.state.alloc(alloc.previousAllocId);
}

test('R2: a rollout never has more instances under way than max_parallel allows', () => {
  fc.assert(
    fc.property(steps, (all) => {
      playAll(new Play('service'), all, ({ world }) => {
        for (const evaluation of world.state.evals()) {
          const replaced = [...world.state.allocsByEval(evaluation.id)].filter(
            // Those changed in place later name the later evaluation.
            (alloc) =>
              alloc.createIndex === evaluation.modifyIndex &&
              previousOf(world, alloc)?.desiredDescription === STOP_UPDATING,
          );
          const [one] = replaced;
          if (one === undefined) continue;
          const job = world.state.jobVersion(DEFAULT_NAMESPACE, 'web' as JobId, one.jobVersion);
          const parallel = job?.groups[0]?.update?.maxParallel;
          if (parallel !== undefined) assert.ok(replaced.length <= parallel);
        }
      });
    }),
    { numRuns: RUNS },
  );
});
