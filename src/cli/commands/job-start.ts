/** `muster job start`: a stopped job runs again. */
import { readJob, readSubmission, registerJob } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { JobSubmission } from '../../core/model/job-submission.ts';
import type { Command } from '../command.ts';
import { DETACH, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { follow, theJob } from './job-changes.ts';

export const jobStart: Command = {
  name: 'job start',
  summary: 'Start a stopped job again',
  description:
    'Registers the newest version of a stopped job again, as a new version that is to run, and follows it as "muster run" does.',
  arguments: ['<job>'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [{ line: 'muster job start web', says: 'Run what was stopped:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const { api } = session;
    const job = await api.call(readJob, { params: { id } }, world.signal);
    if (!job.stop) {
      const why = `Job "${id}" has not been stopped: its status is ${job.status}`;
      throw new Failure('invalid', why);
    }
    const submission = await submissionOf(id, job.version, session);
    const { evalId } = await api.call(registerJob, {
      body: {
        job: { ...job, stop: false },
        // Whoever changed it meanwhile is not to be overruled.
        enforceIndex: true,
        jobModifyIndex: job.jobModifyIndex,
        preserveCounts: false,
        evalPriority: 0,
        ...(submission === undefined ? {} : { submission }),
      },
    });
    if (evalId === undefined) world.out(`Job "${id}" started\n`);
    return follow(evalId, invocation, session);
  },
};

/** What a version was made from; undefined where nobody said, or it is not kept. */
export async function submissionOf(
  id: string,
  version: number,
  { api, world }: Session,
): Promise<JobSubmission | undefined> {
  try {
    return await api.call(readSubmission, { params: { id }, query: { version } }, world.signal);
  } catch (error) {
    if (error instanceof Failure && error.fault === 'not_found') return undefined;
    throw error;
  }
}
