/** `muster validate`: whether a job file is right. */
import { validateJob } from '../../api/nomad/job-routes.ts';
import type { Command } from '../command.ts';
import { openSession, withApiFlags } from '../session.ts';
import { JOB_FILE_FLAGS, loadJob } from './job-file.ts';
import { apiFor, printWarnings } from './job-run.ts';

export const jobValidate: Command = {
  name: 'job validate',
  aliases: ['validate'],
  summary: 'Say whether a job file is right',
  description:
    'Reads the file here, so that mistakes are told with their place, and has the agent judge the job. "-" reads standard input.',
  arguments: ['<path>'],
  flags: withApiFlags(...JOB_FILE_FLAGS),
  examples: [{ line: 'muster validate web.nomad', says: 'Look for mistakes:' }],
  run: async (invocation, world) => {
    const job = await loadJob(invocation.args[0] ?? '', invocation, world);
    const session = openSession(invocation, world);
    const answer = await apiFor(job, session.api).call(validateJob, { body: { job } });
    if (answer.errors.length > 0 || answer.error !== '') {
      const text = answer.error === '' ? answer.errors.join('\n') : answer.error;
      world.err(`${session.paint.red('Job validation errors:')}\n${text.trimEnd()}\n`);
      return 1;
    }
    printWarnings(answer.warnings, session);
    world.out(`${session.paint.green('Job validation successful')}\n`);
    return 0;
  },
};
