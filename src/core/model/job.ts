/**
 * A job: what is to run, how often, where it may run and how it is to be changed.
 *
 * `Job` is the finished value with every default filled in; `JobDraft` is the same as its author
 * wrote it. A job value never changes: a new registration makes a new version.
 *
 * Source: the Nomad job specification, https://developer.hashicorp.com/nomad/docs/job-specification
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { Draft } from './draft.ts';
import type { JobId, Namespace } from './ids.ts';
import type { Affinity, Constraint, Spread } from './placement.ts';
import type { TaskGroup } from './task-group.ts';
import type { MigrateStrategy, ReschedulePolicy, UpdateStrategy } from './strategy.ts';

export type JobType = 'service' | 'batch' | 'system' | 'sysbatch';
export type JobStatus = 'pending' | 'running' | 'dead';

/** What a job's author decides. */
export interface JobSpec {
  readonly id: JobId;
  readonly name: string;
  readonly namespace: Namespace;
  readonly region: string;
  readonly type: JobType;
  /** 1 to 100; higher is placed first. */
  readonly priority: number;
  readonly allAtOnce: boolean;
  /** May hold `*` globs. */
  readonly datacenters: readonly string[];
  readonly nodePool: string;
  readonly constraints: readonly Constraint[];
  readonly affinities: readonly Affinity[];
  readonly spreads: readonly Spread[];
  readonly groups: readonly TaskGroup[];
  /** Defaults for the groups; the groups' own `update` is what counts. */
  readonly update?: UpdateStrategy;
  readonly reschedule?: ReschedulePolicy;
  readonly migrate?: MigrateStrategy;
  readonly periodic?: Periodic;
  readonly parameterized?: Parameterized;
  /** Batch: ids of jobs that must have ended well before it begins. */
  readonly after?: readonly string[];
  /** Batch: how many jobs of a group may run side by side. */
  readonly concurrency?: ConcurrencyGroup;
  readonly multiregion?: Multiregion;
  readonly meta: Readonly<Record<string, string>>;
  readonly consulToken: string;
  readonly consulNamespace: string;
  readonly vaultToken: string;
  readonly vaultNamespace: string;
  /** Input of a dispatched child, base64; empty otherwise. */
  readonly payload: string;
  readonly parentId?: JobId;
  readonly dispatched: boolean;
  readonly dispatchIdempotencyToken: string;
}

/** A registered version of a job. */
export interface Job extends JobSpec {
  /** 0 for the first registration; grows by one with each change. */
  readonly version: number;
  /** Stopped by its owner: nothing of it is to run. */
  readonly stop: boolean;
  /** A deployment of this version succeeded. */
  readonly stable: boolean;
  /** A name that people gave this version: it is kept as long as it has one. */
  readonly tag?: VersionTag;
  readonly status: JobStatus;
  readonly statusDescription: string;
  readonly submittedAt: Millis;
  readonly createIndex: Index;
  /** Index of any change, status included. */
  readonly modifyIndex: Index;
  /** Index of the last change of what the author decides. */
  readonly jobModifyIndex: Index;
}

export interface VersionTag {
  readonly name: string;
  readonly description: string;
  readonly taggedAt: Millis;
}

/** A job as written by its author; `id` is all that is certain. */
export type JobDraft = Draft<Job> & { readonly id: JobId };

export interface Periodic {
  readonly enabled: boolean;
  /** Cron expressions; the earliest next instant of any wins. */
  readonly specs: readonly string[];
  /** `cron`, or `_internal_test` in Nomad's own tests (refused here). */
  readonly specType: string;
  readonly prohibitOverlap: boolean;
  /** IANA name. */
  readonly timeZone: string;
}

export interface Parameterized {
  readonly payload: 'optional' | 'required' | 'forbidden';
  readonly metaRequired: readonly string[];
  readonly metaOptional: readonly string[];
}

export interface ConcurrencyGroup {
  readonly group: string;
  readonly limit: number;
}

export interface Multiregion {
  readonly strategy?: { readonly maxParallel: number; readonly onFailure: string };
  readonly regions: readonly {
    readonly name: string;
    readonly count: number;
    readonly datacenters: readonly string[];
    readonly nodePool: string;
    readonly meta: Readonly<Record<string, string>>;
  }[];
}
