/** A job's life in steps that a property may draw: people, clients, nodes, rollouts and time. */
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  nodeId,
  registerNode,
  reschedulePolicy,
  task,
  updateStrategy,
  uuid,
} from '../../../test/state-world.ts';
import { isClientTerminal, type Alloc, type ClientStatus } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import type { NodeStatus } from '../model/node.ts';
import { deploymentController } from '../controllers/deployment.ts';
import type { Entry } from '../state/entry.ts';
import { newEvaluation } from '../state/new-evaluation.ts';

const RECONCILE = ['best_score', 'keep_original', 'keep_replacement', 'longest_running'] as const;

const step = fc.oneof(
  fc.record({
    do: fc.constant('job' as const),
    count: fc.nat(5),
    image: fc.constantFrom<'a' | 'b' | 'sound'>('a', 'b'),
    canary: fc.nat(2),
    parallel: fc.integer({ min: 1, max: 3 }),
    graceMs: fc.constantFrom(0, 60_000),
    replace: fc.boolean(),
    reconcile: fc.constantFrom(...RECONCILE),
    stopAfterMs: fc.constantFrom(0, 0, 30_000),
    deadlineMs: fc.constantFrom(0, 60_000),
    auto: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('client' as const),
    n: fc.nat(30),
    status: fc.constantFrom<ClientStatus>('running', 'failed', 'complete'),
    healthy: fc.option(fc.boolean(), { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('node' as const),
    n: fc.nat(2),
    status: fc.constantFrom<NodeStatus>('ready', 'down', 'disconnected'),
  }),
  fc.record({ do: fc.constant('move' as const), n: fc.nat(30) }),
  fc.record({
    do: fc.constant('rollout' as const),
    status: fc.constantFrom('failed' as const, 'paused' as const, 'running' as const),
  }),
  fc.record({ do: fc.constant('promote' as const) }),
  fc.record({ do: fc.constant('stop' as const), purge: fc.boolean() }),
  fc.record({ do: fc.constant('after' as const), seconds: fc.nat(200) }),
);

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type JobStep = Extract<Step, { do: 'job' }>;

/** The job that each play begins with. */
export const FIRST: JobStep = {
  do: 'job',
  count: 3,
  image: 'a',
  canary: 0,
  parallel: 1,
  graceMs: 0,
  replace: true,
  reconcile: 'best_score',
  stopAfterMs: 0,
  deadlineMs: 0,
  auto: false,
};

function spec({ count, image, canary, parallel, ...rest }: JobStep, type: JobType): JobSpec {
  const { graceMs: lostAfterMs, replace, reconcile, stopAfterMs, deadlineMs, auto } = rest;
  const update = updateStrategy({
    ...{ maxParallel: parallel, progressDeadlineMs: deadlineMs, canary },
    ...{ autoRevert: auto, autoPromote: auto },
  });
  const reschedule = reschedulePolicy({ delayMs: 5_000 });
  const tasks = [task({ config: { image } })];
  if (type === 'system') {
    const shared = { ...update, canary: canary * 40 };
    return jobSpec('web', { type, groups: [group({ count: 1, update: shared, tasks })] });
  }
  return jobSpec('web', {
    type,
    groups: [
      group({
        count,
        ...(type === 'service' && { update }),
        ...(lostAfterMs === 0 && stopAfterMs > 0 && { stopAfterClientDisconnectMs: stopAfterMs }),
        reschedule,
        tasks,
        ...(lostAfterMs > 0 && { disconnect: { lostAfterMs, replace, reconcile } }),
      }),
    ],
  });
}

function among(allocs: readonly Alloc[], n: number): Alloc | undefined {
  return allocs[n % Math.max(1, allocs.length)];
}

export class Play {
  readonly world = new SchedulerWorld();
  readonly type: 'service' | 'batch' | 'system';
  #entries = 0;

  constructor(type: Play['type'] = 'service') {
    this.type = type;
    for (let n = 0; n < 3; n++) this.world.do(registerNode(n));
    this.world.run(spec(FIRST, type));
  }

  step(each: Step): void {
    const { world } = this;
    if (each.do === 'job') world.run(spec(each, this.type));
    else if (each.do === 'client') this.#report(each);
    else if (each.do === 'after') {
      world.now = (world.now + each.seconds * 1_000) as typeof world.now;
    } else {
      const entry = this.#entryOf(each);
      if (entry !== undefined) world.do(entry);
    }
    this.#settle();
  }

  #report(each: Extract<Step, { do: 'client' }>): void {
    const alloc = among(this.#reporting(), each.n);
    if (alloc === undefined) return;
    // Clients call unhealthy what failed before they called it healthy.
    const isJudged = each.status !== 'failed' || alloc.deploymentStatus?.healthy === true;
    this.#say(alloc, each.status, isJudged ? each.healthy : false);
  }

  /** Undefined where there is nothing that it could be about. */
  #entryOf(each: Exclude<Step, { do: 'job' | 'client' | 'after' }>): Entry | undefined {
    const { world, deployment } = this;
    const at = world.now;
    if (each.do === 'node') {
      const { status } = each;
      const seed = `s${++this.#entries}`;
      return { type: 'node.status', at, nodeId: nodeId(each.n), status, description: '', seed };
    }
    if (each.do === 'move') {
      const alloc = among(world.live('web'), each.n);
      if (alloc === undefined) return undefined;
      const transition = { migrate: true };
      const evals = [evalOf(this)];
      return { type: 'allocs.transition', at, allocIds: [alloc.id], transition, evals };
    }
    if (each.do === 'stop') {
      const job = world.state.job(DEFAULT_NAMESPACE, 'web' as JobId);
      if (job === undefined || job.stop) return undefined;
      const { namespace, id: jobId } = job;
      return {
        type: 'job.deregister',
        at,
        namespace,
        jobId,
        purge: each.purge,
        evaluation: evalOf(this),
      };
    }
    if (deployment === undefined) return undefined;
    const about = { at, deploymentId: deployment.id, evaluation: evalOf(this) };
    if (each.do === 'promote') return { type: 'deployment.promote', ...about };
    return { type: 'deployment.status', status: each.status, description: '', ...about };
  }

  /** Nodes, clients and people do what they should for a while. */
  heal(): void {
    for (let round = 0; round < 6; round++) {
      for (let n = 0; n < 3; n++) this.step({ do: 'node', n, status: 'ready' });
      for (const each of [...this.world.state.openEvals('blocked')]) this.world.evaluate(each);
      for (const alloc of this.#reporting()) this.#say(alloc, 'running', true);
      const { deployment } = this;
      if (deployment?.status === 'paused') this.step({ do: 'rollout', status: 'running' });
      if (deployment !== undefined) this.step({ do: 'promote' });
      this.step({ do: 'after', seconds: 200 });
    }
  }

  #say(alloc: Alloc, clientStatus: ClientStatus, healthy: boolean | undefined): void {
    const { world } = this;
    const at = world.now;
    const verdict = healthy === undefined ? {} : { deploymentStatus: { healthy, at } };
    const facts = { clientStatus, clientDescription: '', taskStates: {}, at, ...verdict };
    const seed = `s${++this.#entries}`;
    world.do({ type: 'allocs.client-update', at, updates: [{ id: alloc.id, ...facts }], seed });
  }

  /** Evaluations and what watches rollouts, in turn, until neither has anything to do. */
  #settle(): void {
    const { world } = this;
    for (;;) {
      world.settle();
      const newId = (): string => uuid('ctrl', ++this.#entries);
      const { propose } = deploymentController.decide(world.state, world.now, newId);
      if (propose.length === 0) return;
      for (const entry of propose) world.do(entry);
    }
  }

  get deployment(): Deployment | undefined {
    return this.world.state.latestDeployment(DEFAULT_NAMESPACE, 'web' as JobId);
  }

  /** Instances whose clients may say something of them. */
  #reporting(): readonly Alloc[] {
    const { state } = this.world;
    return this.world
      .allocs('web')
      .filter((alloc) => !isClientTerminal(alloc))
      .filter((alloc) => state.node(alloc.nodeId)?.status === 'ready');
  }

  /** What another evaluation of the job would change now. */
  again(): ReturnType<SchedulerWorld['ask']> {
    const { world } = this;
    const id = uuid('agai', ++this.#entries) as EvalId;
    return world.ask({ ...evalOf(this), id });
  }
}

/** What is known of the job once it was purged. */
const GONE = { namespace: DEFAULT_NAMESPACE, id: 'web' as JobId, priority: 50 } as const;

/** One more evaluation of the job: nothing happened since the last one. */
export function evalOf(play: Play): Parameters<SchedulerWorld['evaluate']>[0] {
  const job = { ...GONE, type: play.type, ...play.world.state.job(GONE.namespace, GONE.id) };
  const id = uuid('more', play.world.state.index) as EvalId;
  return newEvaluation(id, job, 'deployment-watcher', play.world.now);
}

export const steps = fc.array(step, { maxLength: 30, size: 'max' });
