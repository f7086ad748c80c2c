/**
 * One entry's changes to the state. The parts of `apply` write rows through here, and it keeps what
 * follows from them: sums per node, job and version, summaries, job status, the change feed.
 *
 * D1: summaries count exactly the allocations that exist, by client status (lint.ts recounts).
 * D2: a job's status follows from its allocations and evaluations, whoever changed them.
 */
import type { Index, Millis } from '../../base/brand.ts';
import { JOB_VERSIONS_MAX } from '../limits.ts';
import { isFindable, isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { AllocId, EvalId, NodeId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type { Change } from './change.ts';
import { jobStatusOf } from './job-status.ts';
import { derive } from './persist.ts';
import type { PlainTable, Rows } from './rows.ts';
import type { SortedMap } from './sorted.ts';
import { State } from './state.ts';
import type { JobCounts } from './state.ts';
import { SummaryEdits } from './summary-edits.ts';
import type { TableEdit } from './table.ts';
import { TableEdits } from './table-edits.ts';
import { versionKey } from './tables.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';
import { jobKey } from './watch.ts';
import type { TableName } from './watch.ts';

const NO_COUNTS: JobCounts = { live: 0, open: 0 };

export class Edit {
  readonly base: State;
  readonly index: Index;
  readonly at: Millis;
  readonly changes: Change[] = [];
  /** Evaluations that came into being with this entry, in order. */
  readonly evalIds: EvalId[] = [];
  /** Allocations that nobody is to be sent to any more, and nodes that were lost. */
  readonly endedAllocIds: AllocId[] = [];
  readonly lostNodeIds: NodeId[] = [];
  readonly #tables: TableEdits;
  readonly #usage = new Map<string, UsageEdit>();
  readonly #jobCounts = new Map<string, { live: number; open: number }>();
  readonly #versionUse = new Map<string, number>();
  readonly #summaries: SummaryEdits;
  /** True once rows were put in the place of others, without regard to what follows from them. */
  #isReplaced = false;
  /** Keys of jobs whose status may have become another. */
  readonly #restless = new Set<string>();

  constructor(base: State, index: Index, at: Millis) {
    this.base = base;
    this.index = index;
    this.at = at;
    this.#tables = new TableEdits(base.tables, index);
    this.#summaries = new SummaryEdits(this);
  }

  table<Name extends TableName>(name: Name): TableEdit<Rows[Name]> {
    return this.#tables.of(name);
  }

  job(key: string): Job | undefined {
    return this.#tables.of('jobs').get(key);
  }

  /** The version of a job that an allocation names: the newest, or a kept one. */
  jobVersion(key: string, version: number): Job | undefined {
    const newest = this.#tables.of('jobs').get(key);
    if (newest?.version === version) return newest;
    return this.#tables.of('jobVersions').get(versionKey(key, version));
  }

  *allocsOf(job: string): Iterable<Alloc> {
    for (const id of this.#tables.of('allocs').keysBy('job', job)) {
      const alloc = this.#tables.of('allocs').get(id);
      if (alloc !== undefined) yield alloc;
    }
  }

  *childrenOf(job: string): Iterable<Job> {
    for (const key of this.#tables.of('jobs').keysBy('parent', job)) {
      const child = this.job(key);
      if (child !== undefined) yield child;
    }
  }

  /** What a node's allocations take of it by now. Look, do not touch. */
  usage(nodeId: string): UsageEdit {
    let usage = this.#usage.get(nodeId);
    if (usage === undefined) {
      usage = new UsageEdit(this.base.derived.usage.get(nodeId) ?? NO_USAGE);
      this.#usage.set(nodeId, usage);
    }
    return usage;
  }

  /** How many allocations, terminal ones included, name this version. */
  versionUse(key: string): number {
    return this.#versionUse.get(key) ?? this.base.derived.versionUse.get(key) ?? 0;
  }

  putJob(job: Job): void {
    const key = jobKey(job.namespace, job.id);
    const before = this.#tables.of('jobs').put(job);
    this.changes.push({ table: 'jobs', key, before, after: job });
    this.#restless.add(key);
    if (job.parentId !== undefined && before?.status !== job.status) {
      this.#summaries.countChild(job, before);
    }
  }

  deleteJob(key: string): void {
    const before = this.#tables.of('jobs').delete(key);
    if (before === undefined) return;
    this.changes.push({ table: 'jobs', key, before, after: undefined });
    if (before.parentId !== undefined) this.#summaries.uncountChild(before);
    this.#summaries.drop(key);
  }

  /** Makes the summary have a line for each group of the job. */
  openSummary(job: Job): void {
    this.#summaries.open(job);
  }

  putNode(node: Node): void {
    const before = this.#tables.of('nodes').put(node);
    this.changes.push({ table: 'nodes', key: node.id, before, after: node });
    if (before?.status === 'ready' && node.status !== 'ready') this.lostNodeIds.push(node.id);
  }

  deleteNode(id: NodeId): void {
    this.deletePlain('nodes', id);
    this.lostNodeIds.push(id);
  }

  putEval(evaluation: Evaluation): void {
    const before = this.#tables.of('evals').put(evaluation);
    this.changes.push({ table: 'evals', key: evaluation.id, before, after: evaluation });
    this.#countEval(evaluation, before);
    if (before === undefined) this.evalIds.push(evaluation.id);
    // A canceled one tells of the past: what replaced it has counted anew.
    if (evaluation.status !== 'canceled') this.#summaries.queue(evaluation);
  }

  deleteEval(id: string): void {
    const before = this.#tables.of('evals').delete(id);
    if (before === undefined) return;
    this.changes.push({ table: 'evals', key: id, before, after: undefined });
    this.#countEval(undefined, before);
  }

  putAlloc(alloc: Alloc): void {
    const before = this.#tables.of('allocs').put(alloc);
    this.changes.push({ table: 'allocs', key: alloc.id, before, after: alloc });
    this.#countAlloc(alloc, before);
    this.#summaries.count(alloc, before);
    if (before !== undefined && isFindable(before) && !isFindable(alloc)) {
      this.endedAllocIds.push(alloc.id);
    }
  }

  /** Writes an allocation that is new. Answers false, and writes nothing, where it is not. */
  insertAlloc(alloc: Alloc): boolean {
    if (!this.#tables.of('allocs').insert(alloc)) return false;
    this.changes.push({ table: 'allocs', key: alloc.id, before: undefined, after: alloc });
    this.#countAlloc(alloc, undefined);
    this.#summaries.count(alloc, undefined);
    return true;
  }

  deleteAlloc(id: string): void {
    const before = this.#tables.of('allocs').delete(id);
    if (before === undefined) return;
    this.changes.push({ table: 'allocs', key: id, before, after: undefined });
    this.#countAlloc(undefined, before);
    this.#summaries.count(undefined, before);
    if (isFindable(before)) this.endedAllocIds.push(before.id);
  }

  putDeployment(deployment: Deployment): void {
    const before = this.#tables.of('deployments').put(deployment);
    this.changes.push({ table: 'deployments', key: deployment.id, before, after: deployment });
  }

  /** Writes a row of a table that nothing is derived from. */
  putPlain<Name extends PlainTable>(name: Name, written: Rows[Name], key: string): void {
    const before = this.#tables.of(name).put(written);
    this.changes.push({ table: name, key, before, after: written } as Change);
  }

  deletePlain(name: PlainTable | 'nodes' | 'deployments', key: string): void {
    const before = this.#tables.of(name).delete(key);
    if (before === undefined) return;
    this.changes.push({ table: name, key, before, after: undefined } as Change);
  }

  /**
   * Writes, or without `after` deletes, a row as a snapshot has it. What is derived from rows is
   * counted anew at the end, and the snapshot's own summaries and statuses stand.
   */
  replaceRow(
    table: TableName,
    key: string,
    after: { readonly modifyIndex: Index } | undefined,
  ): void {
    const edit = this.#tables.of(table) as unknown as TableEdit<{ readonly modifyIndex: Index }>;
    const before = after === undefined ? edit.delete(key) : edit.put(after);
    this.#isReplaced = true;
    this.changes.push({ table, key, before, after } as Change);
  }

  /** Settles what follows from the rows and makes the next state. */
  finish(): State {
    if (this.#isReplaced) return this.#finishReplaced();
    this.#settleStatuses();
    this.#summaries.flush();
    this.#forgetVersions();
    return new State({
      index: this.index,
      at: this.at > this.base.at ? this.at : this.base.at,
      entryVersion: this.base.entryVersion,
      tables: this.#tables.finish(),
      derived: {
        usage: merged(this.base.derived.usage, this.#usage, (usage) => usage.finish()),
        jobCounts: merged(this.base.derived.jobCounts, this.#jobCounts, (counts) =>
          counts.live === 0 && counts.open === 0 ? undefined : { ...counts },
        ),
        versionUse: merged(this.base.derived.versionUse, this.#versionUse, (count) =>
          count === 0 ? undefined : count,
        ),
      },
    });
  }

  #finishReplaced(): State {
    const tables = this.#tables.finish();
    const at = this.at > this.base.at ? this.at : this.base.at;
    const { entryVersion } = this.base;
    const derived = derive(tables);
    return new State({ index: this.index, at, entryVersion, tables, derived });
  }

  #counts(key: string): { live: number; open: number } {
    let counts = this.#jobCounts.get(key);
    if (counts === undefined) {
      counts = { ...(this.base.derived.jobCounts.get(key) ?? NO_COUNTS) };
      this.#jobCounts.set(key, counts);
      this.#restless.add(key);
    }
    return counts;
  }

  #countEval(after: Evaluation | undefined, before: Evaluation | undefined): void {
    const any = after ?? before;
    if (any === undefined) return;
    const counts = this.#counts(jobKey(any.namespace, any.jobId));
    counts.open += Number(isOpen(after)) - Number(isOpen(before));
  }

  #countAlloc(after: Alloc | undefined, before: Alloc | undefined): void {
    const any = after ?? before;
    if (any === undefined) return;
    const key = jobKey(any.namespace, any.jobId);
    const wasLive = before !== undefined && !isTerminal(before);
    const isLive = after !== undefined && !isTerminal(after);
    const counts = this.#counts(key);
    counts.live += Number(isLive) - Number(wasLive);
    this.#claim(wasLive ? before : undefined, isLive ? after : undefined);
    if (before?.jobVersion === after?.jobVersion) return;
    if (before !== undefined) this.#useVersion(versionKey(key, before.jobVersion), -1);
    if (after !== undefined) this.#useVersion(versionKey(key, after.jobVersion), 1);
  }

  /** Gives back what a live allocation took of its node, and takes what it takes now. */
  #claim(before: Alloc | undefined, after: Alloc | undefined): void {
    if (before?.resources === after?.resources && before?.ports === after?.ports) return;
    if (before !== undefined) this.usage(before.nodeId).remove(before);
    if (after !== undefined) this.usage(after.nodeId).add(after);
  }

  #useVersion(key: string, by: number): void {
    this.#versionUse.set(key, this.versionUse(key) + by);
  }

  #settleStatuses(): void {
    for (const key of this.#restless) {
      const job = this.job(key);
      if (job === undefined) continue;
      const counts = this.#jobCounts.get(key) ?? this.base.derived.jobCounts.get(key);
      const known =
        this.#tables.of('allocs').sizeBy('job', key) > 0 ||
        this.#tables.of('evals').sizeBy('job', key) > 0;
      const status = jobStatusOf(job, counts ?? NO_COUNTS, known);
      if (status !== job.status) this.putJob({ ...job, status, modifyIndex: this.index });
    }
  }

  /** Drops versions that are neither among the newest nor named by an allocation any more. */
  #forgetVersions(): void {
    for (const [key, count] of this.#versionUse) {
      if (count > 0) continue;
      const version = this.#tables.of('jobVersions').get(key);
      if (version === undefined) continue;
      const job = jobKey(version.namespace, version.id);
      if (this.isForgettable(job, version.version)) this.forgetVersion(key);
    }
  }

  /** Drops a version and what it was made from. */
  forgetVersion(key: string): void {
    this.deletePlain('jobVersions', key);
    this.deletePlain('jobSubmissions', key);
  }

  /** True where no rule keeps a version: see `JOB_VERSIONS_MAX`. */
  isForgettable(job: string, version: number): boolean {
    if (this.versionUse(versionKey(job, version)) > 0) return false;
    if (this.job(job) === undefined) return true;
    const key = versionKey(job, version);
    if (this.#tables.of('jobVersions').get(key)?.tag !== undefined) return false;
    const kept = this.#tables.of('jobVersions').keysBy('job', job);
    return kept.indexOf(versionKey(job, version)) < kept.length - JOB_VERSIONS_MAX;
  }
}

function isOpen(evaluation: Evaluation | undefined): boolean {
  return evaluation?.status === 'pending' || evaluation?.status === 'blocked';
}

function merged<V, Open>(
  base: SortedMap<V>,
  open: ReadonlyMap<string, Open>,
  close: (value: Open) => V | undefined,
): SortedMap<V> {
  if (open.size === 0) return base;
  const next = base.clone();
  for (const [key, value] of open) {
    const closed = close(value);
    if (closed === undefined) next.delete(key);
    else next.set(key, closed);
  }
  return next;
}
