/** What may be asked about allocations, deployments, nodes and the cluster: see `Operations`. */
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { deploymentEvaluation, failure } from '../core/controllers/deployment.ts';
import { GC_EVERYTHING, findGarbage } from '../core/controllers/gc.ts';
import { isClientTerminal } from '../core/model/alloc.ts';
import type { Deployment } from '../core/model/deployment.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { DeploymentId, EvalId, NodeId } from '../core/model/ids.ts';
import type { Job } from '../core/model/job.ts';
import type { DrainStrategy, Node } from '../core/model/node.ts';
import type { DeploymentStatusChanged, NewNodeEvent } from '../core/state/entry.ts';
import { newEvaluation } from '../core/state/new-evaluation.ts';
import type { OperationDeps } from './job-operations.ts';
import type {
  DeploymentReply,
  DrainRequest,
  HealthRequest,
  NodeReply,
  Operations,
} from './operations.ts';
import { propose } from './proposer.ts';
import type { Done } from './proposer.ts';

type AllocOperations = Pick<Operations, 'stopAlloc' | 'deleteEvals'>;

export function allocOperations(deps: OperationDeps): AllocOperations {
  return {
    async stopAlloc(id, { noShutdownDelay = false } = {}) {
      const { state } = deps.replica;
      const alloc = state.alloc(id);
      const job = alloc && (state.job(alloc.namespace, alloc.jobId) ?? jobOf(deps, alloc));
      if (job === undefined) throw new Failure('not_found', `alloc "${id}" not found`);
      const at = deps.clock.now();
      const evaluation = newEvaluation(deps.newId() as EvalId, job, 'alloc-stop', at);
      const done = await propose(deps.log, {
        type: 'allocs.transition',
        at,
        allocIds: [id],
        transition: { migrate: true, ...(noShutdownDelay && { noShutdownDelay }) },
        evals: [evaluation],
      });
      return { evalId: evaluation.id, index: done.index };
    },

    async deleteEvals(ids) {
      const entry = { type: 'evals.delete', at: deps.clock.now(), evalIds: ids } as const;
      return (await propose(deps.log, entry)).index;
    },
  };
}

type DeploymentOperations = Pick<
  Operations,
  | 'promoteDeployment'
  | 'failDeployment'
  | 'pauseDeployment'
  | 'unblockDeployment'
  | 'setAllocHealth'
>;

export function deploymentOperations(deps: OperationDeps): DeploymentOperations {
  return {
    async promoteDeployment(id, groups) {
      const { deployment } = findDeployment(deps, id);
      const evaluation = evaluationOf(deps, deployment);
      const done = await propose(deps.log, {
        type: 'deployment.promote',
        at: deps.clock.now(),
        deploymentId: id,
        ...(groups && { groups }),
        ...(evaluation && { evaluation }),
      });
      return deploymentReply(done, evaluation);
    },

    failDeployment(id) {
      const { deployment } = findDeployment(deps, id);
      const why = failure(deps.replica.state, deployment, 'Deployment marked as failed');
      return setStatus(deps, deployment, { status: 'failed', ...why, evaluates: true });
    },

    pauseDeployment(id, pause) {
      const { deployment } = findDeployment(deps, id);
      const next = pause
        ? { status: 'paused', description: 'Deployment is paused', evaluates: false }
        : { status: 'running', description: 'Deployment is running', evaluates: true };
      return setStatus(deps, deployment, next as StatusChange);
    },

    unblockDeployment(id) {
      const { deployment } = findDeployment(deps, id);
      if (deployment.status !== 'blocked') {
        throw new Failure('invalid', `deployment "${id}" is not blocked`);
      }
      const description = 'Deployment is running';
      return setStatus(deps, deployment, { status: 'running', description, evaluates: true });
    },

    setAllocHealth: (id, health) => setAllocHealth(deps, id, health),
  };
}

type StatusChange = Pick<DeploymentStatusChanged, 'status' | 'description' | 'revert'> & {
  readonly evaluates: boolean;
};

async function setStatus(
  deps: OperationDeps,
  deployment: Deployment,
  { evaluates, ...change }: StatusChange,
): Promise<DeploymentReply> {
  const evaluation = evaluates ? evaluationOf(deps, deployment) : undefined;
  const done = await propose(deps.log, {
    type: 'deployment.status',
    at: deps.clock.now(),
    deploymentId: deployment.id,
    ...change,
    ...(evaluation && { evaluation }),
  });
  return deploymentReply(done, evaluation);
}

async function setAllocHealth(
  deps: OperationDeps,
  id: DeploymentId,
  health: HealthRequest,
): Promise<DeploymentReply> {
  const { deployment } = findDeployment(deps, id);
  const evaluation = evaluationOf(deps, deployment);
  const fails = health.unhealthy.some((allocId) => {
    const group = deps.replica.state.alloc(allocId)?.group ?? '';
    return deployment.groups[group]?.progressDeadlineMs === 0;
  });
  const failed = fails
    ? failure(deps.replica.state, deployment, 'Failed due to unhealthy allocations')
    : undefined;
  const done = await propose(deps.log, {
    type: 'deployment.alloc-health',
    at: deps.clock.now(),
    deploymentId: id,
    ...health,
    ...(failed && { status: { status: 'failed', description: failed.description } }),
    ...(failed?.revert && { revert: failed.revert }),
    ...(evaluation && { evaluation }),
  });
  return deploymentReply(done, evaluation);
}

function findDeployment(
  deps: OperationDeps,
  id: DeploymentId,
): { readonly deployment: Deployment } {
  const deployment = deps.replica.state.deployment(id);
  if (deployment === undefined) throw new Failure('not_found', `deployment "${id}" not found`);
  return { deployment };
}

function evaluationOf(deps: OperationDeps, deployment: Deployment): Evaluation | undefined {
  const job = deps.replica.state.job(deployment.namespace, deployment.jobId);
  return job && deploymentEvaluation(deployment, job, deps.newId() as EvalId, deps.clock.now());
}

function deploymentReply(
  { index, outcome }: Done,
  evaluation: Evaluation | undefined,
): DeploymentReply {
  const isMade = evaluation !== undefined && outcome.evalIds.includes(evaluation.id);
  return {
    ...(isMade && { evalId: evaluation.id }),
    evalCreateIndex: isMade ? index : (0 as Index),
    deploymentModifyIndex: index,
    ...(outcome.jobVersion !== undefined && { revertedJobVersion: outcome.jobVersion }),
    index,
  };
}

type NodeOperations = Pick<
  Operations,
  'drainNode' | 'setNodeEligibility' | 'purgeNode' | 'evaluateNode'
>;

export function nodeOperations(deps: OperationDeps): NodeOperations {
  return {
    async drainNode(id, request) {
      const at = deps.clock.now();
      const done = await propose(deps.log, {
        type: 'node.drain',
        at,
        nodeId: id,
        ...drainOf(request, at),
        markEligible: request.markEligible,
        event: drainEvent(request, at),
        seed: deps.newId(),
      });
      return nodeReply(deps, id, done);
    },

    async setNodeEligibility(id, eligibility) {
      const at = deps.clock.now();
      const message = `Node marked as ${eligibility} for scheduling`;
      const done = await propose(deps.log, {
        type: 'node.eligibility',
        at,
        nodeId: id,
        eligibility,
        event: { at, subsystem: 'Cluster', message, details: {} },
        seed: deps.newId(),
      });
      return nodeReply(deps, id, done);
    },

    async purgeNode(id) {
      findNode(deps, id);
      const at = deps.clock.now();
      const entry = { type: 'node.deregister', at, nodeIds: [id], seed: deps.newId() } as const;
      return nodeReply(deps, id, await propose(deps.log, entry));
    },

    async evaluateNode(id) {
      const node = findNode(deps, id);
      const at = deps.clock.now();
      const evals = [...jobsOn(deps, id), ...systemJobs(deps)].map((job) => ({
        ...newEvaluation(deps.newId() as EvalId, job, 'node-update', at),
        nodeId: id,
        nodeModifyIndex: node.modifyIndex,
      }));
      return nodeReply(deps, id, await propose(deps.log, { type: 'evals.upsert', at, evals }));
    },
  };
}

/** Fails: `not_found`. */
function findNode(deps: OperationDeps, id: NodeId): Node {
  const node = deps.replica.state.node(id);
  if (node === undefined) throw new Failure('not_found', `node "${id}" not found`);
  return node;
}

function drainOf({ drain }: DrainRequest, at: Millis): { readonly drain?: DrainStrategy } {
  if (drain === undefined) return {};
  const forceAt = drain.deadlineMs > 0 ? ((at + drain.deadlineMs) as Millis) : undefined;
  return { drain: { ...drain, startedAt: at, ...(forceAt !== undefined && { forceAt }) } };
}

function drainEvent(request: DrainRequest, at: Millis): NewNodeEvent {
  const message =
    request.drain === undefined ? 'Node drain strategy unset' : 'Node drain strategy set';
  return { at, subsystem: 'Drain', message, details: request.meta ?? {} };
}

function nodeReply(deps: OperationDeps, id: NodeId, { index, outcome }: Done): NodeReply {
  const { evalIds } = outcome;
  return {
    evalIds,
    evalCreateIndex: evalIds.length > 0 ? index : (0 as Index),
    nodeModifyIndex: deps.replica.state.node(id)?.modifyIndex ?? index,
    index,
  };
}

function jobsOn(deps: OperationDeps, id: NodeId): ReadonlySet<Job> {
  const jobs = new Set<Job>();
  for (const alloc of deps.replica.state.allocsByNode(id)) {
    const job = deps.replica.state.job(alloc.namespace, alloc.jobId);
    if (job !== undefined && !isClientTerminal(alloc) && !isSystem(job)) jobs.add(job);
  }
  return jobs;
}

function systemJobs(deps: OperationDeps): readonly Job[] {
  return [...deps.replica.state.jobs()].filter((job) => isSystem(job) && !job.stop);
}

function isSystem(job: Job): boolean {
  return job.type === 'system' || job.type === 'sysbatch';
}

function jobOf(
  deps: OperationDeps,
  alloc: { readonly namespace: Job['namespace']; readonly jobId: Job['id']; jobVersion: number },
): Job | undefined {
  return deps.replica.state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
}

type ClusterOperations = Pick<
  Operations,
  'setSchedulerConfig' | 'collectGarbage' | 'reconcileSummaries'
>;

export function clusterOperations(deps: OperationDeps): ClusterOperations {
  return {
    async setSchedulerConfig(config, ifModifyIndex) {
      const [committed] = await deps.log.append([
        {
          type: 'scheduler.config',
          at: deps.clock.now(),
          config,
          ...(ifModifyIndex !== undefined && { ifModifyIndex }),
        },
      ]);
      if (committed === undefined) throw new Failure('internal', 'the log answered nothing');
      return { updated: committed.outcome.ok, index: committed.index };
    },

    async collectGarbage() {
      for (let i = 0; i < GC_ROUNDS_MAX; i++) {
        const garbage = findGarbage(deps.replica.state, deps.clock.now(), GC_EVERYTHING);
        if (garbage === undefined) return;
        const { outcome } = await propose(deps.log, garbage);
        // What apply would not take the first time it will not take the second.
        if (!outcome.changed) return;
      }
    },

    reconcileSummaries: () => Promise.resolve(),
  };
}

/** Entries of one forced collection: ten million rows, far above what a server holds. */
const GC_ROUNDS_MAX = 10_000;
