/** Laws of reconciliation that hold whatever clients, operators and nodes do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeId, registerNode, task, uuid } from '../../../test/state-world.ts';
import type { Alloc, ClientStatus } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import type { JobSpec } from '../model/job.ts';
import type { NodeStatus } from '../model/node.ts';
import { STOP_UPDATING } from './descriptions.ts';
import { newEvaluation } from '../state/new-evaluation.ts';

const step = fc.oneof(
  fc.record({
    do: fc.constant('job' as const),
    count: fc.nat(5),
    image: fc.constantFrom('a', 'b'),
    canary: fc.nat(2),
    parallel: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    do: fc.constant('client' as const),
    n: fc.nat(30),
    status: fc.constantFrom<ClientStatus>('running', 'failed'),
    healthy: fc.option(fc.boolean(), { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('node' as const),
    n: fc.nat(2),
    status: fc.constantFrom<NodeStatus>('ready', 'down'),
  }),
  fc.record({ do: fc.constant('promote' as const) }),
  fc.record({ do: fc.constant('after' as const), seconds: fc.nat(200) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type JobStep = Extract<Step, { do: 'job' }>;

const first: JobStep = { do: 'job', count: 3, image: 'a', canary: 0, parallel: 1 };

function spec({ count, image, canary, parallel }: JobStep): JobSpec {
  const update = {
    staggerMs: 0,
    maxParallel: parallel,
    healthCheck: 'checks' as const,
    minHealthyTimeMs: 0,
    healthyDeadlineMs: 0,
    progressDeadlineMs: 0,
    autoRevert: false,
    autoPromote: false,
    canary,
  };
  const reschedule = {
    attempts: 0,
    intervalMs: 0,
    delayMs: 5_000,
    delayFunction: 'constant' as const,
    maxDelayMs: 0,
    unlimited: true,
  };
  const tasks = [task({ config: { image } })];
  return jobSpec('web', { groups: [group({ count, update, reschedule, tasks })] });
}

class Play {
  readonly world = new SchedulerWorld();
  #entries = 0;

  constructor() {
    for (let n = 0; n < 3; n++) this.world.do(registerNode(n));
    this.world.run(spec(first));
  }

  step(each: Step): void {
    const { world } = this;
    const at = world.now;
    const seed = `s${++this.#entries}`;
    switch (each.do) {
      case 'job':
        world.run(spec(each));
        break;
      case 'client': {
        const alloc = world.live('web')[each.n];
        if (alloc === undefined) break;
        const { status: clientStatus, healthy } = each;
        const verdict = healthy === undefined ? {} : { deploymentStatus: { healthy, at } };
        const facts = { clientStatus, clientDescription: '', taskStates: {}, at, ...verdict };
        world.do({ type: 'allocs.client-update', at, updates: [{ id: alloc.id, ...facts }], seed });
        break;
      }
      case 'node': {
        const { status } = each;
        const id = nodeId(each.n);
        world.do({ type: 'node.status', at, nodeId: id, status, description: '', seed });
        break;
      }
      case 'promote': {
        const deployment = world.state.latestDeployment(DEFAULT_NAMESPACE, 'web' as JobId);
        if (deployment === undefined) break;
        world.do({ type: 'deployment.promote', at, deploymentId: deployment.id });
        break;
      }
      case 'after':
        world.now = (world.now + each.seconds * 1_000) as typeof world.now;
        break;
    }
    world.settle();
  }

  /** What another evaluation of the job would change now. */
  again(): ReturnType<SchedulerWorld['ask']> {
    const { world } = this;
    const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
    assert.ok(job);
    const id = uuid('agai', ++this.#entries) as EvalId;
    return world.ask(newEvaluation(id, job, 'job-register', world.now));
  }
}

function playAll(steps: readonly Step[], check: (play: Play) => void): void {
  const play = new Play();
  for (const each of steps) {
    play.step(each);
    check(play);
  }
}

const steps = fc.array(step, { maxLength: 20 });

test('R4: an evaluation leaves nothing for a second one to do', () => {
  fc.assert(
    fc.property(steps, (all) => {
      playAll(all, (play) => {
        // Promotions and verdicts are looked at by the evaluations that follow them.
        play.world.evaluate(evalOf(play));
        const { plan, followUps } = play.again();
        const open = followUps.filter((next) => next.status !== 'blocked');
        assert.deepEqual([plan, open], [undefined, []]);
      });
    }),
    { numRuns: 150 },
  );
});

function evalOf(play: Play): Parameters<SchedulerWorld['evaluate']>[0] {
  const job = play.world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
  assert.ok(job);
  const id = uuid('more', play.world.state.index) as EvalId;
  return newEvaluation(id, job, 'deployment-watcher', play.world.now);
}

function isCanary(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.canary === true;
}

test('R3: beside canaries there are as many as wanted, and no two of one name', () => {
  fc.assert(
    fc.property(steps, (all) => {
      playAll(all, ({ world }) => {
        const { groups } = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId) ?? {};
        const count = groups?.[0]?.count ?? 0;
        const plain = world.live('web').filter((alloc) => !isCanary(alloc));
        assert.ok(plain.length <= count, `${plain.length} of ${count}`);
        const names = plain.map((alloc) => alloc.name);
        assert.equal(new Set(names).size, names.length);
      });
    }),
    { numRuns: 150 },
  );
});

function previousOf(world: SchedulerWorld, alloc: Alloc): Alloc | undefined {
  return alloc.previousAllocId === undefined ? undefined : world.state.alloc(alloc.previousAllocId);
}

test('R2: a rollout never has more instances under way than max_parallel allows', () => {
  fc.assert(
    fc.property(steps, (all) => {
      playAll(all, ({ world }) => {
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
    { numRuns: 150 },
  );
});
