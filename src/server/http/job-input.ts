/** Jobs on their way in: read, completed, checked. Whatever is wrong is told at once, all of it. */
import { formatIssues } from '../../core/jobspec/issue.ts';
import { DEFAULT_NAMESPACE, type JobId, type Namespace } from '../../core/model/ids.ts';
import type { JobDraft, Job } from '../../core/model/job.ts';
import type { HttpDeps } from './deps.ts';
import { invalid } from './fail.ts';

type Door = Pick<HttpDeps, 'agent' | 'jobs'>;

/**
 * Fills in every default, and what the request says where the job says nothing.
 *
 * Fails: `invalid` for a job without an id, or one that belongs elsewhere.
 */
export function completeJob(draft: JobDraft, { agent, jobs }: Door, asked: Namespace): Job {
  // A client's JSON may lack what the type promises.
  const id = draft.id as JobId | undefined;
  if (id === undefined || id === '') throw invalid('Job.ID: is missing');
  const namespace = draft.namespace ?? asked;
  if (namespace !== DEFAULT_NAMESPACE) {
    throw invalid(`Job.Namespace: there is no namespace "${namespace}"`);
  }
  const region = draft.region ?? agent.region;
  if (!agent.regions().includes(region)) {
    throw invalid(`Job.Region: there is no path to region "${region}"`);
  }
  return jobs.canonicalize({ ...draft, namespace, region });
}

/** Completes and checks. Fails: `invalid` with all that is wrong. */
export function admitJob(draft: JobDraft, door: Door, asked: Namespace): Job {
  const job = completeJob(draft, door, asked);
  const mistakes = door.jobs.validate(job);
  if (mistakes.length > 0) throw invalid(formatIssues(mistakes));
  return job;
}
