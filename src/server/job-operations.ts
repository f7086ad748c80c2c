/** What may be asked about jobs: see `Operations`. */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { nextLaunch, periodicChild } from '../core/controllers/periodic.ts';
import { isTerminal } from '../core/model/alloc.ts';
import { isActive } from '../core/model/deployment.ts';
import type { EvalTrigger, Evaluation } from '../core/model/evaluation.ts';
import type { AllocId, EvalId } from '../core/model/ids.ts';
import type { Job, JobSpec } from '../core/model/job.ts';
import { apply } from '../core/state/apply.ts';
import { newEvaluation } from '../core/state/new-evaluation.ts';
import type { Decider, DeciderDeps } from './decider.ts';
import { dispatchedChild } from './dispatch.ts';
import type {
  DispatchReply,
  DispatchRequest,
  JobKey,
  JobReply,
  Operations,
  PlanReply,
  ScaleRequest,
} from './operations.ts';
import { propose } from './proposer.ts';
import type { Done } from './proposer.ts';

export interface OperationDeps extends DeciderDeps {
  readonly decider: Decider;
}

type JobOperations = Pick<
  Operations,
  | 'registerJob'
  | 'planJob'
  | 'deregisterJob'
  | 'revertJob'
  | 'setJobStability'
  | 'tagVersion'
  | 'scaleJob'
  | 'evaluateJob'
  | 'dispatchJob'
  | 'forcePeriodic'
>;

export function jobOperations(deps: OperationDeps): JobOperations {
  return {
    async registerJob(job, options = {}) {
      checkRegistrationAllowed(deps);
      const { ifModifyIndex, preserveCounts, evalPriority, submission } = options;
      const evaluation = evaluationOf(deps, job, 'job-register', evalPriority);
      const done = await propose(deps.log, {
        type: 'job.register',
        at: deps.clock.now(),
        job,
        ...(ifModifyIndex !== undefined && { ifModifyIndex }),
        ...(preserveCounts !== undefined && { preserveCounts }),
        ...(evaluation && { evaluation }),
        ...(submission && { submission }),
      });
      return jobReply(done, evaluation);
    },

    planJob: (job) => Promise.resolve(planJob(deps, job)),

    async deregisterJob(key, { purge, evalPriority, noShutdownDelay = false }) {
      if (noShutdownDelay) await hurry(deps, key);
      const job = deps.replica.state.job(key.namespace, key.id);
      const evaluation = job && evaluationOf(deps, job, 'job-deregister', evalPriority);
      const done = await propose(deps.log, {
        type: 'job.deregister',
        at: deps.clock.now(),
        namespace: key.namespace,
        jobId: key.id,
        purge,
        ...(evaluation && { evaluation }),
      });
      return jobReply(done, evaluation);
    },

    async revertJob(key, version, ifVersion) {
      const job = find(deps, key);
      const evaluation = evaluationOf(deps, job, 'job-register');
      const done = await propose(deps.log, {
        type: 'job.register',
        at: deps.clock.now(),
        job,
        revertTo: version,
        ...(ifVersion !== undefined && { ifVersion }),
        ...(evaluation && { evaluation }),
      });
      return jobReply(done, evaluation);
    },

    async setJobStability(key, version, stable) {
      const at = deps.clock.now();
      const { namespace, id: jobId } = key;
      const entry = { type: 'job.stability', at, namespace, jobId, version, stable } as const;
      return (await propose(deps.log, entry)).index;
    },

    async tagVersion({ namespace, id: jobId }, tag) {
      if (!TAG.test(tag.name)) throw new Failure('invalid', `invalid tag name "${tag.name}"`);
      const at = deps.clock.now();
      return (await propose(deps.log, { type: 'job.tag', at, namespace, jobId, ...tag })).index;
    },

    scaleJob: (key, request) => scaleJob(deps, key, request),

    evaluateJob: (key, options) => evaluateJob(deps, key, options.forceReschedule),

    dispatchJob: (key, request) => dispatchJob(deps, key, request),

    forcePeriodic: (key) => forcePeriodic(deps, key),
  };
}

/** A name that is told from a version's number. */
const TAG = /^(?!\d+$)[^\s/\0]{1,128}$/;

async function dispatchJob(
  deps: OperationDeps,
  key: JobKey,
  request: DispatchRequest,
): Promise<DispatchReply> {
  checkRegistrationAllowed(deps);
  const parent = find(deps, key);
  const at = deps.clock.now();
  const child = dispatchedChild(parent, request, at, deps.newId());
  const evaluation = newEvaluation(deps.newId() as EvalId, child, 'job-register', at);
  const done = await propose(deps.log, {
    type: 'job.dispatch',
    at,
    parentId: parent.id,
    child,
    evaluation,
  });
  return dispatchReply(deps, key, done, evaluation);
}

async function forcePeriodic(deps: OperationDeps, key: JobKey): Promise<DispatchReply> {
  const parent = find(deps, key);
  if (parent.periodic === undefined) {
    throw new Failure('invalid', `can't force launch non-periodic job "${key.id}"`);
  }
  const at = deps.clock.now();
  const child = periodicChild(parent, at);
  const evaluation = newEvaluation(deps.newId() as EvalId, child, 'periodic-job', at);
  const done = await propose(deps.log, {
    type: 'periodic.launch',
    at,
    namespace: key.namespace,
    parentId: key.id,
    launchAt: at,
    forced: true,
    child,
    evaluation,
  });
  return dispatchReply(deps, key, done, evaluation);
}

/** Fails: `not_found`. */
function find(deps: OperationDeps, key: JobKey): Job {
  const job = deps.replica.state.job(key.namespace, key.id);
  if (job === undefined) throw new Failure('not_found', `job "${key.id}" not found`);
  return job;
}

function checkRegistrationAllowed(deps: OperationDeps): void {
  if (!deps.replica.state.schedulerConfig.rejectJobRegistration) return;
  throw new Failure('denied', 'job registration, dispatch, and scale are disabled');
}

/** Jobs of which only children run are not evaluated themselves. */
function evaluationOf(
  deps: OperationDeps,
  job: JobSpec,
  trigger: EvalTrigger,
  priority?: number,
): Evaluation | undefined {
  const isTemplate =
    job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
  if (isTemplate) return undefined;
  const evaluation = newEvaluation(deps.newId() as EvalId, job, trigger, deps.clock.now());
  return priority === undefined || priority === 0 ? evaluation : { ...evaluation, priority };
}

function jobReply({ index, outcome }: Done, evaluation: Evaluation | undefined): JobReply {
  const jobModifyIndex = outcome.jobModifyIndex ?? index;
  const isMade = evaluation !== undefined && outcome.evalIds.includes(evaluation.id);
  if (!isMade) return { evalCreateIndex: 0 as Index, jobModifyIndex, index };
  return { evalId: evaluation.id, evalCreateIndex: index, jobModifyIndex, index };
}

function dispatchReply(
  deps: OperationDeps,
  { namespace, id }: JobKey,
  { index, outcome }: Done,
  evaluation: Evaluation,
): DispatchReply {
  const childId = outcome.childId ?? id;
  const isMade = outcome.evalIds.includes(evaluation.id);
  const created = deps.replica.state.job(namespace, childId)?.createIndex ?? index;
  return {
    childId,
    ...(isMade && { evalId: evaluation.id }),
    evalCreateIndex: isMade ? index : (0 as Index),
    jobCreateIndex: created,
    index,
  };
}

async function scaleJob(
  deps: OperationDeps,
  key: JobKey,
  request: ScaleRequest,
): Promise<JobReply> {
  checkRegistrationAllowed(deps);
  const job = find(deps, key);
  const { count } = request;
  if (count !== undefined) checkScale(deps, job, request.group, count);
  const evaluation = count === undefined ? undefined : evaluationOf(deps, job, 'job-scaling');
  const done = await propose(deps.log, {
    type: 'job.scale',
    at: deps.clock.now(),
    namespace: key.namespace,
    jobId: key.id,
    group: request.group,
    ...(count !== undefined && { count }),
    message: request.message,
    error: request.error,
    meta: request.meta,
    ...(evaluation && { evaluation }),
  });
  return jobReply(done, evaluation);
}

/** Fails: `invalid` the count is out of the policy's bounds, or a deployment is under way. */
function checkScale(deps: OperationDeps, job: Job, name: string, count: number): void {
  const scaling = job.groups.find((group) => group.name === name)?.scaling;
  if (count < 0) throw new Failure('invalid', 'scaling action count can not be negative');
  if (scaling !== undefined && count > scaling.max) {
    const why = `group count was greater than scaling policy maximum: ${count} > ${scaling.max}`;
    throw new Failure('invalid', why);
  }
  if (scaling !== undefined && count < scaling.min) {
    const why = `group count was less than scaling policy minimum: ${count} < ${scaling.min}`;
    throw new Failure('invalid', why);
  }
  const deployment = deps.replica.state.latestDeployment(job.namespace, job.id);
  if (deployment !== undefined && isActive(deployment)) {
    throw new Failure('invalid', 'job scaling blocked due to active deployment');
  }
}

async function evaluateJob(
  deps: OperationDeps,
  key: JobKey,
  forceReschedule: boolean,
): Promise<JobReply> {
  const job = find(deps, key);
  if (job.periodic !== undefined) throw new Failure('invalid', "can't evaluate periodic job");
  const evaluation = evaluationOf(deps, job, 'job-register');
  if (evaluation === undefined) {
    throw new Failure('invalid', "can't evaluate parameterized job");
  }
  const at = deps.clock.now();
  const evals = [evaluation];
  const failed = forceReschedule ? failedAllocs(deps, job) : [];
  const done = await propose(
    deps.log,
    failed.length === 0
      ? { type: 'evals.upsert', at, evals }
      : {
          type: 'allocs.transition',
          at,
          allocIds: failed,
          transition: { forceReschedule: true },
          evals,
        },
  );
  return jobReply({ ...done, outcome: { ...done.outcome, ...indexOf(job) } }, evaluation);
}

function indexOf(job: Job): { readonly jobModifyIndex: Index } {
  return { jobModifyIndex: job.jobModifyIndex };
}

function failedAllocs(deps: OperationDeps, job: Job): readonly AllocId[] {
  const ids: AllocId[] = [];
  for (const alloc of deps.replica.state.allocsByJob(job.namespace, job.id)) {
    if (alloc.clientStatus === 'failed' && alloc.nextAllocId === undefined) ids.push(alloc.id);
  }
  return ids;
}

/** Registers the job on a copy of the state and asks the scheduler what it would do. */
function planJob(deps: OperationDeps, job: JobSpec): PlanReply {
  const { state } = deps.replica;
  const at = deps.clock.now();
  const previous = state.job(job.namespace, job.id);
  const evaluation = evaluationOf(deps, job, 'job-register');
  const index = (state.index + 1) as Index;
  const forked = apply(state, index, {
    type: 'job.register',
    at,
    job,
    ...(evaluation && { evaluation: { ...evaluation, annotatePlan: true } }),
  });
  if (!forked.outcome.ok) throw new Failure(forked.outcome.reason, forked.outcome.message);
  const next = forked.state.job(job.namespace, job.id);
  if (next === undefined) throw new Failure('internal', 'the dry run lost its job');
  const dryRun = evaluation && deps.decider.dryRun(forked.state, evaluation.id);
  const nextAt = nextLaunch(job, at);
  return {
    annotations: dryRun?.annotations ?? { desired: {}, preempted: [] },
    failedGroups: dryRun?.evaluation.failedGroups ?? {},
    createdEvals: dryRun?.followUps ?? [],
    jobModifyIndex: previous?.jobModifyIndex ?? (0 as Index),
    ...(previous && { previous }),
    next,
    ...(nextAt !== undefined && { nextPeriodicLaunchAt: nextAt }),
    index: state.index,
  };
}

/** What of the job ends from now on waits out no `shutdown_delay`. */
async function hurry({ replica, log, clock }: OperationDeps, key: JobKey): Promise<void> {
  const live = [...replica.state.allocsByJob(key.namespace, key.id)].filter(
    (alloc) => !isTerminal(alloc),
  );
  if (live.length === 0) return;
  await propose(log, {
    type: 'allocs.transition',
    at: clock.now(),
    allocIds: live.map(({ id }) => id),
    transition: { noShutdownDelay: true },
    evals: [],
  });
}
