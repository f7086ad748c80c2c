/**
 * The deployment that a reconciliation goes by: the running one of this job version, or the one
 * that is made while groups are decided; and what becomes of an older one.
 */
import { assert } from '../../base/assert.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { isActive, type Deployment, type DeploymentGroup } from '../model/deployment.ts';
import type { DeploymentId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Plan } from '../model/plan.ts';
import type { UpdateStrategy } from '../model/strategy.ts';
import type { TaskGroup } from '../model/task-group.ts';
import {
  DEPLOYMENT_AUTO_PROMOTES,
  DEPLOYMENT_JOB_STOPPED,
  DEPLOYMENT_NEEDS_PROMOTION,
  DEPLOYMENT_NEWER_JOB,
  DEPLOYMENT_RUNNING,
  DEPLOYMENT_SUCCESSFUL,
} from './descriptions.ts';

type DeploymentUpdate = Plan['deploymentUpdates'][number];

export interface RolloutDeps {
  readonly now: Millis;
  readonly nextId: () => string;
}

export class Rollout {
  /** Of this version of the job; also failed and paused ones. */
  readonly current: Deployment | undefined;
  /** Of an older version, or of a stopped job: its unpromoted canaries go. */
  readonly superseded: Deployment | undefined;
  readonly #job: Job | undefined;
  readonly #deps: RolloutDeps;
  readonly #updates: DeploymentUpdate[] = [];
  readonly #added = new Map<string, DeploymentGroup>();

  constructor(job: Job | undefined, latest: Deployment | undefined, deps: RolloutDeps) {
    this.#job = job;
    this.#deps = deps;
    if (latest === undefined) return;
    const stopped = job === undefined || job.stop;
    if (stopped || latest.jobVersion !== job.version || latest.jobCreateIndex !== job.createIndex) {
      this.superseded = latest;
      if (isActive(latest)) {
        this.#change(latest, 'cancelled', stopped ? DEPLOYMENT_JOB_STOPPED : DEPLOYMENT_NEWER_JOB);
      }
    } else if (latest.status !== 'successful' && latest.status !== 'cancelled') {
      this.current = latest;
    }
  }

  get paused(): boolean {
    return this.current?.status === 'paused' || this.current?.status === 'pending';
  }

  get failed(): boolean {
    return this.current?.status === 'failed';
  }

  /** The group's part of the running deployment; undefined where it has none yet. */
  groupState(group: string): DeploymentGroup | undefined {
    return this.current?.groups[group];
  }

  /** Takes the group into a new deployment. A running one keeps the groups that it began with. */
  add(group: string, state: DeploymentGroup): void {
    if (this.current === undefined) this.#added.set(group, state);
  }

  /** Every group of the job has what it should have, in health. A paused one waits for people. */
  succeed(): void {
    const { current } = this;
    if (current?.status === 'running') {
      this.#change(current, 'successful', DEPLOYMENT_SUCCESSFUL);
    }
  }

  /** The rollout as the plan writes it; asked once, at the end. */
  finish(): {
    readonly deployment: Deployment | undefined;
    readonly updates: readonly DeploymentUpdate[];
    /** What placements and in-place updates now belong to. */
    readonly deploymentId: DeploymentId | undefined;
  } {
    const deployment = this.#added.size === 0 ? undefined : this.#compose();
    const active = this.current !== undefined && isActive(this.current) ? this.current : undefined;
    return {
      deployment,
      updates: this.#updates,
      deploymentId: deployment?.id ?? active?.id,
    };
  }

  #compose(): Deployment {
    const groups = Object.fromEntries(this.#added);
    const canaries = Object.values(groups).filter((g) => g.desiredCanaries > 0 && !g.promoted);
    const description =
      canaries.length === 0
        ? DEPLOYMENT_RUNNING
        : canaries.every((group) => group.autoPromote)
          ? DEPLOYMENT_AUTO_PROMOTES
          : DEPLOYMENT_NEEDS_PROMOTION;
    const job = this.#job;
    assert(job !== undefined, 'only groups of a job join a deployment');
    const { now, nextId } = this.#deps;
    return {
      id: nextId() as DeploymentId,
      namespace: job.namespace,
      jobId: job.id,
      jobVersion: job.version,
      jobModifyIndex: job.jobModifyIndex,
      jobCreateIndex: job.createIndex,
      groups,
      status: 'running',
      statusDescription: description,
      createdAt: now,
      modifiedAt: now,
      createIndex: 0 as Index,
      modifyIndex: 0 as Index,
    };
  }

  #change(
    deployment: Deployment,
    status: DeploymentUpdate['status'],
    statusDescription: string,
  ): void {
    this.#updates.push({ id: deployment.id, status, statusDescription });
  }
}

/**
 * A group's part of a deployment before anything of it was placed; undefined: it has no rollout.
 */
export function freshGroupState(group: TaskGroup): DeploymentGroup | undefined {
  const { update } = group;
  if (update === undefined || update.maxParallel === 0) return undefined;
  return {
    autoRevert: update.autoRevert,
    autoPromote: update.autoPromote,
    promoted: false,
    placedCanaries: [],
    desiredCanaries: 0,
    desiredTotal: 0,
    placedAllocs: 0,
    healthyAllocs: 0,
    unhealthyAllocs: 0,
    progressDeadlineMs: update.progressDeadlineMs,
  };
}

/** Between two batches of a system job, beyond the time that each takes to be healthy [ms]. */
export function pauseMsOf(update: UpdateStrategy | undefined): number {
  if (update === undefined || update.staggerMs <= update.minHealthyTimeMs) return 0;
  return update.staggerMs;
}

/** Promoted where it has to be, and as many healthy as it wants. */
export function isRolledOut(group: DeploymentGroup): boolean {
  return (
    group.healthyAllocs >= Math.max(group.desiredTotal, group.desiredCanaries) &&
    (group.desiredCanaries === 0 || group.promoted)
  );
}
