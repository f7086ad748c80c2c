/** `muster validate`: whether a job file is right. */
import { validateJob } from '../../api/nomad/job-routes.ts';
import { renderIssue } from '../../api/codec/issue.ts';
import type { ValidateAnswer } from '../../api/nomad/job-replies.ts';
import { Failure } from '../../base/failure.ts';
import type { JobDraft } from '../../core/model/job.ts';
import type { Command } from '../command.ts';
import { openSession, withApiFlags, type Session } from '../session.ts';
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
    const answer = await judge(job, session);
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

type Verdict = Pick<ValidateAnswer, 'errors' | 'error' | 'warnings'>;

/** Asks the agent, or judges by the same rules here when nobody answers. */
async function judge(job: JobDraft, session: Session): Promise<Verdict> {
  try {
    return await apiFor(job, session.api).call(validateJob, { body: { job } });
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'unavailable') throw error;
    session.world.err('No agent answers: the job is judged here.\n');
    return judgeHere(job);
  }
}

async function judgeHere(draft: JobDraft): Promise<Verdict> {
  const [{ canonicalizeJob }, rules, drivers, { jobWarnings }] = await Promise.all([
    import('../../core/jobspec/canonicalize.ts'),
    import('../../core/jobspec/validate.ts'),
    import('../../core/jobspec/driver-config.ts'),
    import('../../core/jobspec/warnings.ts'),
  ]);
  const job = canonicalizeJob(draft);
  const errors = [...rules.validateJob(job), ...drivers.validateDrivers(job)].map(renderIssue);
  return { errors, error: errors.join('\n'), warnings: jobWarnings(job) };
}
