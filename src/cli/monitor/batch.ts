/** Follows a batch job to its end and answers how it went. */
import type { Told } from '../../api/api.ts';
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { jobAllocs, readJob } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { Job, JobDraft } from '../../core/model/job.ts';
import type { Session } from '../session.ts';
import { exitCodeOf, tellFailure } from './failure.ts';
import { goOn, headline, WAIT_MS } from './lines.ts';

/**
 * Waits until nothing of the job runs any more, and tells what became of it.
 *
 * @returns the exit code of the task that failed, 0 where all ended well
 *
 * Fails: `invalid` for a job that does not end by itself.
 */
export async function monitorBatch(id: string, by: Session): Promise<number> {
  const { api, world } = by;
  let seen: Told<Job> | undefined;
  do {
    goOn(world);
    const query = seen === undefined ? {} : { index: seen.index, waitMs: WAIT_MS };
    seen = await api.tell(readJob, { params: { id }, query }, world.signal);
    checkEnds(seen.value);
  } while (seen.value.status !== 'dead');
  const allocs = await api.call(jobAllocs, { params: { id } }, world.signal);
  const last = allocs.filter(({ nextAllocId }) => nextAllocId === undefined);
  const failed = last.filter((alloc) => exitCodeOf(alloc) !== 0);
  const ended = last.length - failed.length;
  headline(world, `Job "${id}" finished: ${ended} complete, ${failed.length} failed`);
  if (failed.length > 0) await tellFailure(failed, by);
  return codeOf(failed, last);
}

type Launching = 'periodic' | 'parameterized' | 'dispatched';

/** Fails: `invalid` for a job of which nothing comes to an end. */
export function checkEnds(job: Pick<JobDraft, 'type' | Launching>): void {
  const { type = 'service', periodic, parameterized, dispatched } = job;
  if (type !== 'batch' && type !== 'sysbatch') {
    throw new Failure('invalid', `-wait is for jobs that end: this one is of type "${type}"`);
  }
  if (periodic === undefined && (parameterized === undefined || dispatched === true)) return;
  throw new Failure('invalid', '-wait is for jobs that run: of this one only launches do');
}

function codeOf(failed: readonly AllocStub[], all: readonly AllocStub[]): number {
  const [first] = failed;
  // Stopped before anything of it ran: that is no success.
  if (first === undefined) return all.length === 0 ? 1 : 0;
  return exitCodeOf(first);
}
