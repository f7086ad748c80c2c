/** `muster stop`: everything of a job ends. */
import { stopJob } from '../../api/nomad/job-routes.ts';
import { flag, type Command } from '../command.ts';
import { matchJob, only } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { confirm, DETACH, openSession, VERBOSE, withApiFlags, YES } from '../session.ts';

export const jobStop: Command = {
  name: 'job stop',
  aliases: ['stop'],
  summary: 'Stop a job',
  description:
    'Stops a job and follows it until its allocations have been told. The beginning of an id is enough; then it asks first.',
  arguments: ['<job>'],
  flags: withApiFlags(
    DETACH,
    flag.boolean('purge', 'Forget the job too, with its history.'),
    YES,
    flag.boolean('global', 'Stop it in every region of a multiregion job.'),
    flag.boolean('no-shutdown-delay', 'Accepted for compatibility.'),
    flag.number('eval-priority', '<priority>', 'Accepted for compatibility.'),
    VERBOSE,
  ),
  examples: [
    { line: 'muster stop web', says: 'Stop a job:' },
    { line: 'muster stop -purge -yes web', says: 'Stop it and forget it, without a question:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const typed = args[0] ?? '';
    const job = only(await matchJob(session, typed));
    const question = `Are you sure you want to stop job "${job.id}"?`;
    if (job.id !== typed && !(await confirm(invocation, world, question))) return 0;
    const api = session.api.with({ namespace: job.namespace });
    const { evalId } = await api.call(stopJob, {
      params: { id: job.id },
      query: {
        purge: flags.has('purge') ? true : undefined,
        global: flags.has('global') ? true : undefined,
      },
    });
    // Nothing of a periodic or parameterized job itself runs: there is nothing to follow.
    if (evalId === undefined) return 0;
    if (flags.has('detach')) {
      world.out(`${evalId}\n`);
      return 0;
    }
    return monitorEvaluation(evalId, { ...session, api });
  },
};
