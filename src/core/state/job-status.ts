/** What a job's status is, from what exists of it. */
import type { Job, JobStatus } from '../model/job.ts';
import type { JobCounts } from './state.ts';

/**
 * The status of a job.
 *
 * @param known whether any allocation or evaluation of it exists; where all were collected, what
 *   was dead stays dead
 *
 * Source: Nomad's job statuses: a job is `running` while an allocation is live, `pending` while an
 * evaluation is undecided, `dead` otherwise; system, periodic and parameterized jobs are `running`
 * until they are stopped.
 */
export function jobStatusOf(job: Job, counts: JobCounts, known: boolean): JobStatus {
  if (staysUntilStopped(job)) return job.stop ? 'dead' : 'running';
  if (counts.live > 0) return 'running';
  if (counts.open > 0) return 'pending';
  if (known || job.stop) return 'dead';
  return job.status === 'running' ? 'dead' : job.status;
}

/** True for jobs that are there for others to come: they run even when nothing of them does. */
function staysUntilStopped(job: Job): boolean {
  if (job.type === 'system') return true;
  if (job.periodic !== undefined) return true;
  return job.parameterized !== undefined && !job.dispatched;
}
