/** `muster stop`: everything of a job ends. */
import { stopJob } from '../../api/nomad/job-routes.ts';
import type { JobStub } from '../../api/nomad/job-stub-codec.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { matchJob, only } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import {
  confirm,
  DETACH,
  openSession,
  VERBOSE,
  withApiFlags,
  YES,
  type Session,
} from '../session.ts';

export const jobStop: Command = {
  name: 'job stop',
  aliases: ['stop'],
  summary: 'Stop a job',
  description:
    'Stops jobs, one after the other, and follows each until its allocations have been told. The beginning of an id is enough; then it asks first. Nothing is stopped when one of several is not meant clearly.',
  arguments: ['<job...>'],
  flags: withApiFlags(
    DETACH,
    flag.boolean('purge', 'Forget the job too, with its history.'),
    YES,
    flag.boolean('global', 'Stop it in every region of a multiregion job.'),
    flag.boolean('no-shutdown-delay', 'Do not wait before the tasks are told to end.'),
    flag.number('eval-priority', '<priority>', "Priority of the evaluation; the job's otherwise."),
    VERBOSE,
  ),
  examples: [
    { line: 'muster stop web', says: 'Stop a job:' },
    { line: 'muster stop -purge -yes web', says: 'Stop it and forget it, without a question:' },
  ],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const meant: JobStub[] = [];
    for (const typed of invocation.args) meant.push(only(await matchJob(session, typed)));
    let worst = 0;
    for (const [i, job] of meant.entries()) {
      const question = `Are you sure you want to stop job "${job.id}"?`;
      const isExact = job.id === invocation.args[i];
      if (!isExact && !(await confirm(invocation, world, question))) continue;
      worst = Math.max(worst, await stop(job, invocation, session));
    }
    return worst;
  },
};

async function stop(job: JobStub, { flags }: Invocation, session: Session): Promise<number> {
  const api = session.api.with({ namespace: job.namespace });
  const { evalId } = await api.call(stopJob, {
    params: { id: job.id },
    query: {
      purge: flags.has('purge') ? true : undefined,
      global: flags.has('global') ? true : undefined,
      evalPriority: flags.number('eval-priority'),
      noShutdownDelay: flags.has('no-shutdown-delay') ? true : undefined,
    },
  });
  // Nothing of a periodic or parameterized job itself runs: there is nothing to follow.
  if (evalId === undefined) return 0;
  if (!flags.has('detach')) return monitorEvaluation(evalId, { ...session, api });
  session.world.out(`${evalId}\n`);
  return 0;
}
