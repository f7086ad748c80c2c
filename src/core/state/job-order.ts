/**
 * In which order batch jobs begin: what a state knows of jobs that name others in `after`, or share
 * a concurrency group. The scheduler decides on it (`hold.ts`), and applying looks once more.
 *
 * O1: no registration, dispatch or launch closes a circle of jobs that would wait for each other.
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import type { JobId, Namespace } from '../model/ids.ts';
import type { Job, JobSpec } from '../model/job.ts';
import { askEvaluation } from './apply-evals.ts';
import type { Edit } from './edit.ts';
import type { Snapshot } from './snapshot.ts';
import { concurrencyKey, HELD } from './tables.ts';
import { jobKey } from './watch.ts';

/** What of a state is looked at. */
type OrderView = Pick<Snapshot, 'allocsByJob' | 'jobsInConcurrencyGroup'>;

/** The state as an entry has changed it so far. */
export function orderViewOf(edit: Edit): OrderView {
  return {
    allocsByJob: (namespace, id) => edit.allocsOf(jobKey(namespace, id)),
    jobsInConcurrencyGroup: (namespace, group) =>
      edit
        .table('jobs')
        .keysBy('concurrency', concurrencyKey(namespace, group))
        .flatMap((key) => edit.job(key) ?? []),
  };
}

/** Whether an allocation of this version is there, whatever became of it. */
export function hasBegun(view: OrderView, job: Job): boolean {
  for (const alloc of view.allocsByJob(job.namespace, job.id)) {
    if (isOfVersion(alloc, job)) return true;
  }
  return false;
}

/** True for an allocation of this version of this job, and not of one that was purged before. */
export function isOfVersion(alloc: Alloc, job: Pick<Job, 'version' | 'createIndex'>): boolean {
  return alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex;
}

/** Why the job's concurrency group has no turn for it; undefined where it has, or there is none. */
export function turnRefusal(view: OrderView, job: Job): string | undefined {
  const { concurrency, namespace } = job;
  if (concurrency === undefined) return undefined;
  const running: string[] = [];
  for (const other of view.jobsInConcurrencyGroup(namespace, concurrency.group)) {
    if (other.id !== job.id && isLive(view, other)) running.push(`job "${other.id}"`);
  }
  if (running.length < concurrency.limit) return undefined;
  return `waits for its turn in concurrency group "${concurrency.group}": ${running.join(', ')}`;
}

function isLive(view: OrderView, { namespace, id }: Job): boolean {
  for (const alloc of view.allocsByJob(namespace, id)) if (!isTerminal(alloc)) return true;
  return false;
}

/**
 * The circle that registering the job would close (O1), from the job back to it; undefined where
 * there is none. A stopped job waits for nobody.
 */
export function circleThrough(edit: Edit, spec: JobSpec): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const open: { readonly id: string; readonly after: readonly string[] }[] = [
    { id: spec.id, after: spec.after ?? [] },
  ];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const id of one.after) {
      if (cameFrom.has(id)) continue;
      cameFrom.set(id, one.id);
      if (id === spec.id) return pathTo(spec.id, cameFrom);
      const other = edit.job(jobKey(spec.namespace, id as JobId));
      if (other?.after !== undefined && !other.stop) open.push({ id, after: other.after });
    }
  }
  return undefined;
}

function pathTo(id: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const path = [id];
  for (let at = cameFrom.get(id); at !== undefined; at = cameFrom.get(at)) {
    path.push(at);
    if (at === id) break;
  }
  return path.reverse();
}

/** A job came or went: those that wait for it look again, if only to say so. */
export function askThoseAfter(edit: Edit, namespace: Namespace, id: JobId): void {
  for (const key of edit.table('jobs').keysBy('held', HELD)) {
    const job = edit.job(key);
    if (job?.namespace !== namespace || job.after?.includes(id) !== true) continue;
    askEvaluation(edit, job, 'queued-allocs', { seed: `after ${id}/${edit.index}` });
  }
}
