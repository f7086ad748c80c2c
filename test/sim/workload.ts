/**
 * People at work: they register, change, scale, revert and stop jobs, roll out builds, promote, judge,
 * pause and fail them, drain and purge nodes, and make mistakes.
 */
import { Bug } from '../../src/base/assert.ts';
import { explain } from '../../src/base/failure.ts';
import type { Random } from '../../src/base/random.ts';
import { isClientTerminal } from '../../src/core/model/alloc.ts';
import { isActive, type Deployment } from '../../src/core/model/deployment.ts';
import { DEFAULT_NAMESPACE } from '../../src/core/model/ids.ts';
import type { Job } from '../../src/core/model/job.ts';
import type { Node } from '../../src/core/model/node.ts';
import {
  DEFAULT_SCHEDULER_CONFIG,
  type SchedulerConfig,
} from '../../src/core/model/scheduler-config.ts';
import { specOf } from '../../src/core/state/job-spec.ts';
import type { State } from '../../src/core/state/state.ts';
import type { Operations } from '../../src/server/operations.ts';
import { between, chance, pick, weighted } from './chance.ts';
import { drawJob, drawKind, nextBuild, rollsOut, type JobKind } from './job-maker.ts';

export interface WorkloadDeps {
  readonly random: Random;
  /** Undefined while the server is away: people try again later. */
  readonly server: () => { readonly operations: Operations; readonly state: State } | undefined;
  readonly note: (line: string) => void;
  readonly broken: (error: unknown) => void;
}

export interface WorkloadSize {
  readonly jobs: number;
  /** All jobs are of types that roll out. */
  readonly onlyRollouts: boolean;
}

type Deed = (operations: Operations, state: State) => Promise<unknown>;

const WEIGHTS = {
  register: 10,
  change: 8,
  scale: 6,
  stop: 3,
  purge: 1,
  stopAlloc: 4,
  drain: 3,
  undrain: 3,
  eligibility: 2,
  build: 8,
  revert: 2,
  promote: 3,
  judge: 2,
  fail: 1,
  pause: 1,
  dispatch: 2,
  settings: 1,
  purgeNode: 1,
  evaluate: 2,
  garbage: 1,
  force: 1,
} as const;

export class Workload {
  readonly #deps: WorkloadDeps;
  readonly #random: Random;
  readonly #kinds: readonly JobKind[];
  readonly #deeds: Readonly<Record<keyof typeof WEIGHTS, () => Deed>>;

  constructor({ jobs, onlyRollouts }: WorkloadSize, deps: WorkloadDeps) {
    this.#deps = deps;
    this.#random = deps.random.fork('workload');
    this.#kinds = Array.from({ length: jobs }, (_, n) => drawKind(this.#random, n, onlyRollouts));
    this.#deeds = {
      register: () => this.#register(),
      change: () => this.#register(),
      scale: () => this.#scale(),
      stop: () => this.#stop(false),
      purge: () => this.#stop(true),
      stopAlloc: () => this.#stopAlloc(),
      drain: () => this.#drain(),
      undrain: () => this.#undrain(),
      eligibility: () => this.#eligibility(),
      build: () => this.#build(),
      revert: () => this.#revert(),
      promote: () => this.#promote(),
      judge: () => this.#judge(),
      fail: () => this.#deployment((operations, { id }) => operations.failDeployment(id)),
      pause: () => this.#pause(),
      evaluate: () => this.#evaluate(),
      garbage: () => (operations) => operations.collectGarbage(),
      force: () => this.#force(),
      dispatch: () => this.#dispatch(),
      settings: () => this.#settings(),
      purgeNode: () => this.#purgeNode(),
    };
  }

  /** Does one thing. What fails is people's bad luck. */
  act(): void {
    const name = weighted(this.#random, WEIGHTS);
    this.#do(name, this.#deeds[name]());
  }

  /** Brings order: drains are over, and no job starts others for ever. */
  tidy(): void {
    this.#do('tidy nodes', async (operations, state) => {
      for (const { id } of outOfUse(state)) {
        await operations.drainNode(id, { markEligible: true, meta: {} });
      }
    });
    this.#do('stop periodic jobs', async (operations, state) => {
      for (const job of periodic(state)) {
        await operations.deregisterJob(keyOf(job), { purge: false });
      }
    });
  }

  /** Whether nothing is left to `tidy`; false while nobody can be asked. */
  isTidy(): boolean {
    const state = this.#deps.server()?.state;
    return state !== undefined && outOfUse(state).length + periodic(state).length === 0;
  }

  /** Registers a sound version of a job, as a person would who looks at a failed rollout. */
  repair(job: Job): void {
    const kind = this.#kinds.find(({ id }) => id === job.id);
    // The child of a periodic job was written by nobody.
    if (kind === undefined) {
      this.stop(job);
      return;
    }
    const spec = drawJob(this.#random, kind, true);
    this.#do(`repair ${job.id}`, (operations) => operations.registerJob(spec));
  }

  stop(job: Job): void {
    const purge = false;
    this.#do(`stop ${job.id}`, (operations) => operations.deregisterJob(keyOf(job), { purge }));
  }

  #do(name: string, deed: Deed): void {
    const { server, note, broken } = this.#deps;
    const there = server();
    if (there === undefined) return;
    deed(there.operations, there.state).catch((error: unknown) => {
      if (error instanceof Bug || !(error instanceof Error)) broken(error);
      else if (error.name !== 'Failure') broken(error);
      else note(`people ${name}: ${explain(error)}`);
    });
  }

  #register(): Deed {
    const kind = pick(this.#random, this.#kinds);
    if (kind === undefined) return () => Promise.resolve();
    const spec = drawJob(this.#random, kind, false);
    return (operations) => operations.registerJob(spec);
  }

  #scale(): Deed {
    const count = between(this.#random, 0, 10);
    const group = chance(this.#random, 0.8) ? 'main' : 'side';
    const request = { group, count, message: 'scaled', error: false, meta: {} };
    return this.#withJob((operations, job) => operations.scaleJob(keyOf(job), request));
  }

  #stop(purge: boolean): Deed {
    return this.#withJob((operations, job) => operations.deregisterJob(keyOf(job), { purge }));
  }

  #evaluate(): Deed {
    const forceReschedule = chance(this.#random, 0.5);
    return this.#withJob((operations, job) => {
      if (isTemplate(job)) return Promise.resolve();
      return operations.evaluateJob(keyOf(job), { forceReschedule });
    });
  }

  #force(): Deed {
    return this.#withJob((operations, job) => {
      if (job.periodic === undefined) return Promise.resolve();
      return operations.forcePeriodic(keyOf(job));
    });
  }

  /** A new build of what rolls out: nothing of the job changes but what its tasks are. */
  #build(): Deed {
    const random = this.#random;
    return this.#withJob((operations, job) => {
      if (!rollsOut(job.type) || job.stop) return Promise.resolve();
      return operations.registerJob(nextBuild(random, specOf(job)));
    });
  }

  #revert(): Deed {
    const random = this.#random;
    return (operations, state) => {
      const job = pick(random, [...state.jobs(DEFAULT_NAMESPACE)]);
      if (job === undefined) return Promise.resolve();
      const older = [...state.jobVersions(job.namespace, job.id)].filter(
        ({ version }) => version < job.version,
      );
      const target = pick(random, older);
      if (target === undefined || isTemplate(job)) return Promise.resolve();
      return operations.revertJob(keyOf(job), target.version);
    };
  }

  #promote(): Deed {
    const groups = chance(this.#random, 0.3) ? ['main'] : undefined;
    return this.#deployment((operations, { id }) => operations.promoteDeployment(id, groups));
  }

  /** Says of instances how they are where nothing else says it; mostly well. */
  #judge(): Deed {
    const isWell = chance(this.#random, 0.85);
    return (operations, state) => {
      const manual = [...state.activeDeployments()].filter(({ namespace, jobId }) =>
        state.job(namespace, jobId)?.groups.some((group) => group.update?.healthCheck === 'manual'),
      );
      const deployment = pick(this.#random, manual);
      if (deployment === undefined) return Promise.resolve();
      const ids = [...state.allocsByDeployment(deployment.id)]
        .filter(({ clientStatus }) => clientStatus === 'running')
        .filter(({ deploymentStatus }) => deploymentStatus?.healthy === undefined)
        .map(({ id }) => id);
      if (ids.length === 0) return Promise.resolve();
      const [healthy, unhealthy] = isWell ? [ids, []] : [[], ids];
      return operations.setAllocHealth(deployment.id, { healthy, unhealthy });
    };
  }

  #dispatch(): Deed {
    return (operations, state) => {
      const jobs = [...state.jobs(DEFAULT_NAMESPACE)];
      const job = pick(
        this.#random,
        jobs.filter((each) => each.parameterized !== undefined && !each.dispatched),
      );
      if (job === undefined) return Promise.resolve();
      const request = { payload: '', meta: {}, idempotencyToken: '', idPrefix: '' };
      return operations.dispatchJob(keyOf(job), request);
    };
  }

  /** Who may evict whom, and how nodes are filled. */
  #settings(): Deed {
    const random = this.#random;
    const may = (): boolean => chance(random, 0.5);
    const config: SchedulerConfig = {
      ...DEFAULT_SCHEDULER_CONFIG,
      algorithm: may() ? 'spread' : 'binpack',
      preemption: { system: may(), sysbatch: may(), batch: may(), service: may() },
    };
    return (operations) => operations.setSchedulerConfig(config);
  }

  /** Mostly one that is away; one that is there registers again. */
  #purgeNode(): Deed {
    const any = chance(this.#random, 0.3);
    return this.#withNode(
      ({ status }) => any || status === 'down',
      (operations, node) => operations.purgeNode(node.id),
    );
  }

  #stopAlloc(): Deed {
    return (operations, state) => {
      const live = [...state.allocs()].filter((alloc) => !isClientTerminal(alloc));
      const alloc = pick(this.#random, live);
      return alloc === undefined ? Promise.resolve() : operations.stopAlloc(alloc.id);
    };
  }

  #drain(): Deed {
    const deadlineMs = pick(this.#random, [-1, 0, 20_000, 120_000]) ?? 0;
    const drain = { deadlineMs, ignoreSystemJobs: chance(this.#random, 0.3) };
    return this.#withNode(
      () => true,
      (operations, node) => operations.drainNode(node.id, { drain, markEligible: false }),
    );
  }

  #undrain(): Deed {
    const markEligible = chance(this.#random, 0.8);
    return this.#withNode(
      (node) => node.drain !== undefined || node.eligibility === 'ineligible',
      (operations, node) => operations.drainNode(node.id, { markEligible }),
    );
  }

  #eligibility(): Deed {
    const eligibility = chance(this.#random, 0.5) ? 'eligible' : 'ineligible';
    return this.#withNode(
      () => true,
      (operations, node) => operations.setNodeEligibility(node.id, eligibility),
    );
  }

  #pause(): Deed {
    const isPaused = chance(this.#random, 0.3);
    return this.#deployment((operations, { id }) => operations.pauseDeployment(id, isPaused));
  }

  #deployment(deed: (operations: Operations, deployment: Deployment) => Promise<unknown>): Deed {
    return (operations, state) => {
      const active = [...state.deployments()].filter(isActive);
      const deployment = pick(this.#random, active);
      return deployment === undefined ? Promise.resolve() : deed(operations, deployment);
    };
  }

  #withJob(deed: (operations: Operations, job: Job) => Promise<unknown>): Deed {
    return (operations, state) => {
      const job = pick(this.#random, [...state.jobs(DEFAULT_NAMESPACE)]);
      return job === undefined ? Promise.resolve() : deed(operations, job);
    };
  }

  #withNode(
    wanted: (node: Node) => boolean,
    deed: (operations: Operations, node: Node) => Promise<unknown>,
  ): Deed {
    return (operations, state) => {
      const node = pick(this.#random, [...state.nodes()].filter(wanted));
      return node === undefined ? Promise.resolve() : deed(operations, node);
    };
  }
}

function outOfUse(state: State): readonly Node[] {
  return [...state.nodes()].filter(
    ({ drain, eligibility }) => drain !== undefined || eligibility !== 'eligible',
  );
}

function periodic(state: State): readonly Job[] {
  return [...state.jobs()].filter(({ periodic, stop }) => periodic !== undefined && !stop);
}

function isTemplate(job: Job): boolean {
  return job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
}

function keyOf(job: Job): { readonly namespace: Job['namespace']; readonly id: Job['id'] } {
  return { namespace: job.namespace, id: job.id };
}
