/** Jobs on their way in: read, completed, checked. Whatever is wrong is told at once, all of it. */
import { formatIssues } from '../../core/jobspec/issue.ts';
import type { JobId, Namespace } from '../../core/model/ids.ts';
import type { JobDraft, Job } from '../../core/model/job.ts';
import { driverProblem, type NamespaceRow } from '../../core/model/tenancy.ts';
import { isPool, namespaceOf } from '../../core/state/reads-tenancy.ts';
import type { HttpDeps } from './deps.ts';
import { invalid } from './fail.ts';

type Door = Pick<HttpDeps, 'agent' | 'jobs' | 'ops'>;

/**
 * Fills in every default, and what the request says where the job says nothing.
 *
 * Fails: `invalid` for a job without an id, or one that belongs elsewhere.
 */
export function completeJob(draft: JobDraft, { agent, jobs, ops }: Door, asked: Namespace): Job {
  // A client's JSON may lack what the type promises.
  const id = draft.id as JobId | undefined;
  if (id === undefined || id === '') throw invalid('Job.ID: is missing');
  const namespace = draft.namespace ?? asked;
  const known = namespaceOf(ops.snapshot(), namespace);
  if (known === undefined) throw invalid(`Job.Namespace: there is no namespace "${namespace}"`);
  // Source: Nomad takes `global` for wherever it is asked.
  const region = draft.region === 'global' ? agent.region : (draft.region ?? agent.region);
  if (region !== agent.region) {
    throw invalid(`Job.Region: there is no path to region "${region}"`);
  }
  const pool = draft.nodePool ?? '';
  if (pool !== '' && !isPool(ops.snapshot(), pool)) {
    throw invalid(`Job.NodePool: there is no node pool "${pool}"`);
  }
  const job = jobs.canonicalize({ ...draft, namespace, region });
  refuseDrivers(job, known);
  return job;
}

/** Fails: `invalid` a task uses a driver that the namespace does not allow. */
function refuseDrivers(job: Job, namespace: NamespaceRow): void {
  for (const group of job.groups) {
    for (const task of group.tasks) {
      const problem = driverProblem(namespace, task.driver);
      if (problem !== undefined) throw invalid(`task "${task.name}" ${problem}`);
    }
  }
}

/** Completes and checks. Fails: `invalid` with all that is wrong. */
export function admitJob(draft: JobDraft, door: Door, asked: Namespace): Job {
  const job = completeJob(draft, door, asked);
  const mistakes = door.jobs.validate(job);
  if (mistakes.length > 0) throw invalid(formatIssues(mistakes));
  return job;
}
