/** `muster run`: a job file becomes running allocations. */
import type { Api } from '../../api/api.ts';
import { encodeJobDraft } from '../../api/nomad/job-codec.ts';
import { registerJob } from '../../api/nomad/job-routes.ts';
import type { JobChanged } from '../../api/nomad/job-replies.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { JobDraft } from '../../core/model/job.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { checkEnds, monitorBatch } from '../monitor/batch.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { DETACH, openSession, VERBOSE, WAIT, withApiFlags, type Session } from '../session.ts';
import { JOB_FILE_FLAGS, loadJobWithSource, type LoadedJob } from './job-file.ts';
import { nextLaunchText } from './next-launch.ts';

export const jobRun: Command = {
  name: 'job run',
  aliases: ['run'],
  summary: 'Run a job, or change a running one',
  description:
    'Registers the job of a file and follows it until it is placed and its deployment is over. ' +
    '"-" reads standard input.\n \nExits with 0 when all went well, 1 when something was refused or the deployment failed, 2 when not everything could be placed; with -wait with the exit code of the batch job.',
  arguments: ['<path>'],
  flags: withApiFlags(
    DETACH,
    WAIT,
    flag.number(
      'check-index',
      '<index>',
      'Register the job only if it is still at this index, which "muster plan" tells; 0: only if it is new.',
    ),
    flag.boolean('output', 'Print the job in its API form instead of registering it.'),
    flag.boolean('preserve-counts', 'Keep the counts of groups that run already.'),
    flag.number('eval-priority', '<priority>', "Priority of the evaluation; the job's otherwise."),
    ...JOB_FILE_FLAGS,
    VERBOSE,
    flag.boolean('policy-override', 'Accepted for compatibility.'),
    flag.string('consul-token', '<token>', 'Handed on with the job.'),
    flag.string('vault-token', '<token>', 'Handed on with the job.'),
  ),
  examples: [
    { line: 'muster run web.nomad', says: 'Run a job and watch it start:' },
    {
      line: 'muster run -check-index 24 web.nomad',
      says: 'Run what was planned, or nothing:',
    },
    { line: 'muster run -var tag=1.2 -detach web.nomad', says: 'With a variable, not waiting:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const loaded = await loadJobWithSource(args[0] ?? '', invocation, world);
    const job = withTokens(loaded.job, invocation);
    if (flags.has('output')) {
      world.out(`${JSON.stringify({ Job: encodeJobDraft(job) }, null, 4)}\n`);
      return 0;
    }
    if (flags.has('wait')) checkEnds(job);
    const opened = openSession(invocation, world);
    const session = { ...opened, api: apiFor(job, opened.api) };
    const changed = await register({ ...loaded, job }, invocation, session);
    if (changed === undefined) return 1;
    return tell(changed, job, invocation, session);
  },
};

/** The caller in the namespace and region that the job names; flags count where it names none. */
export function apiFor(job: JobDraft, api: Api): Api {
  return api.with({
    ...(job.namespace === undefined ? {} : { namespace: job.namespace }),
    ...(job.region === undefined ? {} : { region: job.region }),
  });
}

function withTokens(job: JobDraft, { flags }: Invocation): JobDraft {
  const consulToken = flags.text('consul-token');
  const vaultToken = flags.text('vault-token');
  return {
    ...job,
    ...(consulToken === undefined ? {} : { consulToken }),
    ...(vaultToken === undefined ? {} : { vaultToken }),
  };
}

/** Registers the job; undefined, and said, when it is no longer at the index that was planned. */
async function register(
  { job, source }: LoadedJob,
  { flags }: Invocation,
  { api, world }: Session,
): Promise<JobChanged | undefined> {
  const index = flags.number('check-index');
  try {
    return await api.call(registerJob, {
      body: {
        job,
        enforceIndex: index !== undefined,
        jobModifyIndex: (index ?? 0) as Index,
        preserveCounts: flags.has('preserve-counts'),
        evalPriority: flags.number('eval-priority') ?? 0,
        submission: source,
      },
    });
  } catch (error) {
    const refused = error instanceof Failure ? ENFORCED.exec(error.message)?.[0] : undefined;
    if (index === undefined || refused === undefined) throw error;
    world.err(`${refused.trim()}\nJob not updated\n`);
    return undefined;
  }
}

/** How servers, Nomad's too, say that a job is no longer at the index that was planned. */
const ENFORCED = /Enforcing job modify index[\s\S]*/;

async function tell(
  { evalId, warnings }: JobChanged,
  job: JobDraft,
  { flags }: Invocation,
  session: Session,
): Promise<number> {
  const { world } = session;
  printWarnings(warnings, session);
  if (flags.has('wait')) {
    if (evalId !== undefined) await monitorEvaluation(evalId, session);
    return monitorBatch(job.id, session);
  }
  if (evalId !== undefined && !flags.has('detach')) return monitorEvaluation(evalId, session);
  world.out('Job registration successful\n');
  if (evalId !== undefined) world.out(`Evaluation ID: ${evalId}\n`);
  else await tellNextLaunch(job, session);
  return 0;
}

/** A periodic job runs nothing by itself: it says when it will. */
async function tellNextLaunch(draft: JobDraft, { now, world }: Session): Promise<void> {
  if (draft.periodic === undefined) return;
  const { canonicalizeJob } = await import('../../core/jobspec/canonicalize.ts');
  const launch = await nextLaunchText(canonicalizeJob(draft), now);
  if (launch !== undefined) world.out(`Approximate next launch time: ${launch}\n`);
}

/** Warnings of the servers as `plan`, `run` and `validate` print them. */
export function printWarnings(warnings: string, { world, paint }: Session): void {
  if (warnings !== '') world.out(`${paint.yellow(`Job Warnings:\n${warnings}\n`)}\n`);
}
