/**
 * What is old and over: evaluations with their allocations, deployments, jobs, nodes.
 *
 * G1: nothing is collected that something alive may still need: an evaluation whose allocations are
 *     not all over, a batch job's results while the job is kept or another waits for them, a failed
 *     allocation that is still to be replaced.
 * G2: an entry is bounded; what is left over is found the next time.
 *
 * Source: Nomad's thresholds: https://developer.hashicorp.com/nomad/docs/configuration/server
 */
import type { Millis } from '../../base/brand.ts';
import { PLACEMENTS_PER_ENTRY_MAX } from '../limits.ts';
import { isClientTerminal, isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import { isActive } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, DeploymentId, EvalId, JobId, Namespace, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { GarbageReaped } from '../state/entry.ts';
import type { State } from '../state/state.ts';
import { jobKey } from '../state/watch.ts';

/** How old garbage must be [ms]. */
export interface GcThresholds {
  readonly evalMs: number;
  readonly batchEvalMs: number;
  readonly jobMs: number;
  readonly deploymentMs: number;
  readonly nodeMs: number;
}

const HOUR = 3_600_000;
export const GC_THRESHOLDS: GcThresholds = {
  evalMs: HOUR,
  batchEvalMs: 24 * HOUR,
  jobMs: 4 * HOUR,
  deploymentMs: HOUR,
  nodeMs: 24 * HOUR,
};
/** `system gc`: however young. */
export const GC_EVERYTHING: GcThresholds = {
  evalMs: 0,
  batchEvalMs: 0,
  jobMs: 0,
  deploymentMs: 0,
  nodeMs: 0,
};
/** How often the leader looks [ms]. */
export const GC_INTERVAL_MS = 300_000;

/** One entry's worth of garbage; undefined where there is none. Asked again until then (G2). */
export function findGarbage(
  state: State,
  now: Millis,
  thresholds: GcThresholds,
): GarbageReaped | undefined {
  const bin = new Bin();
  const search: Search = { state, now, thresholds, bin, awaited: awaitedJobs(state) };
  collectJobs(search);
  collectEvals(search);
  collectDeployments(search);
  collectNodes(search);
  return bin.isEmpty ? undefined : { type: 'gc.reap', at: now, ...bin.rows };
}

interface Search {
  readonly state: State;
  readonly now: Millis;
  readonly thresholds: GcThresholds;
  readonly bin: Bin;
  /** Keys of jobs whose results others wait for. */
  readonly awaited: ReadonlySet<string>;
}

function awaitedJobs(state: State): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { namespace, after = [] } of state.heldJobs()) {
    for (const id of after) keys.add(jobKey(namespace, id as JobId));
  }
  return keys;
}

/** What an entry may take, each row once. */
class Bin {
  readonly rows = {
    evalIds: [] as EvalId[],
    allocIds: [] as AllocId[],
    deploymentIds: [] as DeploymentId[],
    jobs: [] as JobKey[],
    nodeIds: [] as NodeId[],
  };
  readonly #taken = new Set<string>();

  get isEmpty(): boolean {
    return this.#taken.size === 0;
  }

  get hasRoom(): boolean {
    return this.#taken.size < PLACEMENTS_PER_ENTRY_MAX;
  }

  /** Takes allocations and their evaluation, or only some of the former where it gets full. */
  takeEval(id: EvalId, allocs: readonly Alloc[]): void {
    for (const alloc of allocs) {
      if (!this.hasRoom) return;
      if (this.#isNew(alloc.id)) this.rows.allocIds.push(alloc.id);
    }
    if (this.hasRoom && this.#isNew(id)) this.rows.evalIds.push(id);
  }

  takeAlloc(id: AllocId): void {
    if (this.hasRoom && this.#isNew(id)) this.rows.allocIds.push(id);
  }

  takeDeployment(id: DeploymentId): void {
    if (this.hasRoom && this.#isNew(id)) this.rows.deploymentIds.push(id);
  }

  takeJob({ namespace, id }: Job): void {
    if (this.hasRoom && this.#isNew(jobKey(namespace, id))) {
      this.rows.jobs.push({ namespace, jobId: id });
    }
  }

  takeNode(id: NodeId): void {
    if (this.hasRoom && this.#isNew(id)) this.rows.nodeIds.push(id);
  }

  #isNew(key: string): boolean {
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }
}

interface JobKey {
  readonly namespace: Namespace;
  readonly jobId: JobId;
}

/** Jobs that are over for good, with all that was of them. */
function collectJobs({ state, now, thresholds, bin, awaited }: Search): void {
  const isOld = olderThan(now, thresholds.jobMs);
  for (const job of state.jobs()) {
    if (!bin.hasRoom) return;
    if (job.status !== 'dead' || !isOver(job) || !isOld(job.submittedAt)) continue;
    if (awaited.has(jobKey(job.namespace, job.id))) continue;
    const evals = [...state.evalsByJob(job.namespace, job.id)];
    const allocs = [...state.allocsByJob(job.namespace, job.id)];
    if (!evals.every((each) => isDecided(each) && isOld(each.modifiedAt))) continue;
    if (!allocs.every((each) => isClientTerminal(each) && isOld(each.modifiedAt))) continue;
    for (const each of evals) bin.takeEval(each.id, [...state.allocsByEval(each.id)]);
    // Allocations whose evaluation was deleted before them have none to go with.
    for (const each of allocs) bin.takeAlloc(each.id);
    bin.takeJob(job);
  }
}

/** A service is over when its owner stopped it; a batch job also when it is done. */
function isOver(job: Job): boolean {
  return job.stop || ((job.type === 'batch' || job.type === 'sysbatch') && !isTemplate(job));
}

function isTemplate(job: Job): boolean {
  return job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
}

function collectEvals({ state, now, thresholds, bin, awaited }: Search): void {
  const isOld = olderThan(now, thresholds.evalMs);
  const isOldBatch = olderThan(now, thresholds.batchEvalMs);
  for (const each of state.evals()) {
    if (!bin.hasRoom) return;
    const isBatch = each.type === 'batch' || each.type === 'sysbatch';
    if (!isDecided(each) || !(isBatch ? isOldBatch : isOld)(each.modifiedAt)) continue;
    if (awaited.has(jobKey(each.namespace, each.jobId))) continue;
    const job = state.job(each.namespace, each.jobId);
    if (isBatch && job !== undefined && !(job.stop && job.status === 'dead')) continue;
    const allocs = [...state.allocsByEval(each.id)];
    if (allocs.every((alloc) => isSpent(alloc, job) && isOld(alloc.modifiedAt))) {
      bin.takeEval(each.id, allocs);
    }
  }
}

/** Nothing runs of it, and nobody will ask what became of it (G1). */
function isSpent(alloc: Alloc, job: Job | undefined): boolean {
  if (!isTerminal(alloc) || alloc.clientStatus === 'running') return false;
  if (job === undefined || job.stop || job.status === 'dead') return true;
  if (alloc.desiredStatus !== 'run' || alloc.clientStatus !== 'failed') return true;
  return alloc.nextAllocId !== undefined;
}

function collectDeployments({ state, now, thresholds, bin }: Search): void {
  const isOld = olderThan(now, thresholds.deploymentMs);
  for (const each of state.deployments()) {
    if (!bin.hasRoom) return;
    if (isActive(each) || !isOld(each.modifiedAt)) continue;
    const isLatest = state.latestDeployment(each.namespace, each.jobId)?.id === each.id;
    const isUsed = isLatest && state.job(each.namespace, each.jobId)?.status === 'running';
    if (!isUsed) bin.takeDeployment(each.id);
  }
}

function collectNodes({ state, now, thresholds, bin }: Search): void {
  const isOld = olderThan(now, thresholds.nodeMs);
  for (const node of state.nodes()) {
    if (node.status !== 'down' || !isOld(node.statusUpdatedAt)) continue;
    const [tenant] = state.allocsByNode(node.id);
    if (tenant === undefined) bin.takeNode(node.id);
  }
}

function isDecided(evaluation: Evaluation): boolean {
  return evaluation.status !== 'pending' && evaluation.status !== 'blocked';
}

function olderThan(now: Millis, ageMs: number): (at: Millis) => boolean {
  return (at) => now - at >= ageMs;
}
