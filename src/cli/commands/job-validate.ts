/** `muster validate`: whether a job file is right. */
import { validateJob } from '../../api/nomad/job-routes.ts';
import { renderIssue } from '../../api/codec/issue.ts';
import type { ValidateAnswer } from '../../api/nomad/job-replies.ts';
import { Failure } from '../../base/failure.ts';
import type { JobDraft } from '../../core/model/job.ts';
import type { Command, FlagValues } from '../command.ts';
import { openSession, withApiFlags, type Session } from '../session.ts';
import type { World } from '../world.ts';
import { QUIET, validateConfig } from './config-validate.ts';
import { JOB_FILE_FLAGS, loadJob } from './job-file.ts';
import { apiFor, printWarnings } from './job-run.ts';

export const jobValidate: Command = {
  name: 'job validate',
  aliases: ['validate'],
  summary: 'Say whether a job file is right',
  description:
    'Reads the file here, so that mistakes are told with their place, and has the agent judge the job. "-" reads standard input.\n \nDirectories, and files in which there is no job, are taken for the configuration of an agent: see "muster config validate".',
  arguments: ['<path...>'],
  flags: withApiFlags(...JOB_FILE_FLAGS, QUIET),
  examples: [
    { line: 'muster validate web.nomad', says: 'Look for mistakes:' },
    { line: 'muster validate /etc/muster.d', says: 'In the configuration of an agent:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const [path = '', other] = args;
    if (await isConfiguration(path, flags, world)) return validateConfig(args, flags, world);
    if (other !== undefined) throw new Failure('invalid', 'one job file at a time');
    const job = await loadJob(path, invocation, world);
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

/** Consul's `validate` has the same name: a directory, or a file that holds settings and no job. */
async function isConfiguration(path: string, flags: FlagValues, world: World): Promise<boolean> {
  if (path === '-' || flags.has('json')) return false;
  if ((await world.files.list(path)) !== undefined) return true;
  const text = await world.files.read(path);
  return /\S/.test(text) && !JOB.test(text);
}

/** A block of that name, or the key of one of the forms of JSON. */
const JOB = /^\s*job\b|"(?:job|Job|ID)"\s*:/m;

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
