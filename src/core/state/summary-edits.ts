/** One entry's changes to job summaries, written once at its end. */
import type { Index } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Job, JobStatus } from '../model/job.ts';
import { EMPTY_GROUP_SUMMARY } from '../model/job-summary.ts';
import type { GroupSummary, JobSummary } from '../model/job-summary.ts';
import { jobKey } from './watch.ts';
import type { TableEdit } from './table.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Groups = Record<string, Mutable<GroupSummary>>;

interface OpenSummary {
  row: JobSummary;
  groups: Groups;
  children: Record<JobStatus, number> | undefined;
  changed: boolean;
}

/** Where finished summaries go. */
interface Sink {
  readonly index: Index;
  /** The job's allocations as of now. */
  allocsOf(job: string): Iterable<Alloc>;
  childrenOf(job: string): Iterable<Job>;
  table(name: 'jobSummaries'): Pick<TableEdit<JobSummary>, 'get'>;
  putPlain(name: 'jobSummaries', written: JobSummary, key: string): void;
  deletePlain(name: 'jobSummaries', key: string): void;
}

export class SummaryEdits {
  readonly #sink: Sink;
  readonly #open = new Map<string, OpenSummary | undefined>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Gives the summary a line for each group of the job, and makes it where there is none. */
  open(job: Job): void {
    const key = jobKey(job.namespace, job.id);
    const summary = this.#summary(key) ?? this.#create(job, key);
    for (const { name } of job.groups) {
      if (summary.groups[name] !== undefined) continue;
      summary.groups[name] = { ...EMPTY_GROUP_SUMMARY };
      summary.changed = true;
    }
    const isParent = job.periodic !== undefined || (job.parameterized && !job.dispatched);
    if (isParent === true && summary.children === undefined) {
      summary.children = { pending: 0, running: 0, dead: 0 };
      // Children outlive a parent that is purged, and are found by its name.
      for (const child of this.#sink.childrenOf(key)) summary.children[child.status] += 1;
      summary.changed = true;
    }
  }

  drop(key: string): void {
    this.#open.set(key, undefined);
    this.#sink.deletePlain('jobSummaries', key);
  }

  /** Moves an allocation from the count it was in to the one it is in. */
  count(after: Alloc | undefined, before: Alloc | undefined): void {
    const any = after ?? before;
    if (any === undefined) return;
    const group = this.#group(jobKey(any.namespace, any.jobId), any.group);
    if (group === undefined || after?.clientStatus === before?.clientStatus) return;
    if (before !== undefined) group.line[countOf(before)] -= 1;
    if (after !== undefined) group.line[countOf(after)] += 1;
    // A new one was wanted before it was there.
    if (before === undefined && group.line.queued > 0) group.line.queued -= 1;
    group.summary.changed = true;
  }

  /** Takes over what an evaluation says is still to be placed. */
  queue(evaluation: Evaluation): void {
    const key = jobKey(evaluation.namespace, evaluation.jobId);
    for (const [name, queued] of Object.entries(evaluation.queuedAllocations)) {
      const group = this.#group(key, name);
      if (group === undefined || group.line.queued === queued) continue;
      group.line.queued = queued;
      group.summary.changed = true;
    }
  }

  countChild(child: Job, before: Job | undefined): void {
    if (before !== undefined) this.#addChild(child, before.status, -1);
    this.#addChild(child, child.status, 1);
  }

  uncountChild(child: Job): void {
    this.#addChild(child, child.status, -1);
  }

  /** Writes what changed. */
  flush(): void {
    for (const [key, summary] of this.#open) {
      if (summary?.changed !== true) continue;
      const { row, groups, children } = summary;
      this.#sink.putPlain(
        'jobSummaries',
        { ...row, groups, ...(children && { children }), modifyIndex: this.#sink.index },
        key,
      );
    }
  }

  #addChild(child: Job, status: JobStatus, by: number): void {
    if (child.parentId === undefined) return;
    const summary = this.#summary(jobKey(child.namespace, child.parentId));
    if (summary?.children === undefined) return;
    summary.children[status] += by;
    summary.changed = true;
  }

  #create(job: Job, key: string): OpenSummary {
    const row: JobSummary = {
      namespace: job.namespace,
      jobId: job.id,
      groups: {},
      createIndex: this.#sink.index,
      modifyIndex: this.#sink.index,
    };
    const summary: OpenSummary = { row, groups: {}, children: undefined, changed: true };
    this.#open.set(key, summary);
    // A purged job may have left allocations behind, which this one has inherited by name.
    for (const alloc of this.#sink.allocsOf(key)) {
      const line = (summary.groups[alloc.group] ??= { ...EMPTY_GROUP_SUMMARY });
      line[countOf(alloc)] += 1;
    }
    return summary;
  }

  #group(
    key: string,
    name: string,
  ): { summary: OpenSummary; line: Mutable<GroupSummary> } | undefined {
    const summary = this.#summary(key);
    const line = summary?.groups[name];
    return summary === undefined || line === undefined ? undefined : { summary, line };
  }

  /** The summary being edited; undefined where the job has none: it was purged. */
  #summary(key: string): OpenSummary | undefined {
    if (this.#open.has(key)) return this.#open.get(key);
    const row = this.#sink.table('jobSummaries').get(key);
    const summary: OpenSummary | undefined = row && {
      row,
      groups: Object.fromEntries(
        Object.entries(row.groups).map(([name, line]) => [name, { ...line }]),
      ),
      children: row.children && { ...row.children },
      changed: false,
    };
    this.#open.set(key, summary);
    return summary;
  }
}

function countOf(alloc: Alloc): Exclude<keyof GroupSummary, 'queued'> {
  return alloc.clientStatus === 'pending' ? 'starting' : alloc.clientStatus;
}
