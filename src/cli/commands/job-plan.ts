/** `muster plan`: what running a job file would change, without changing it. */
import { planJob } from '../../api/nomad/job-routes.ts';
import type { PlanAnswer } from '../../api/nomad/job-replies.ts';
import type { DesiredUpdates } from '../../core/model/plan.ts';
import { flag, type Command, type FlagValues } from '../command.ts';
import { jobDiff } from '../format/job-diff.ts';
import { shortDuration, timestamp } from '../format/time.ts';
import { openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { failedCount, placementReasons } from '../views/placement.ts';
import { JOB_FILE_FLAGS, loadJob } from './job-file.ts';
import { apiFor, printWarnings } from './job-run.ts';

/** Told apart from "would change something", which is 1. */
const FAILED = 255;

export const jobPlan: Command = {
  name: 'job plan',
  aliases: ['plan'],
  summary: 'Say what running a job would change',
  description:
    'Compares the job of a file with the registered one and asks the scheduler what it would do. Nothing is changed. "-" reads standard input.\n \nExits with 0 when no allocation would be created or destroyed, 1 when some would, 255 on an error.',
  arguments: ['<path>'],
  flags: withApiFlags(
    flag.boolean('diff', 'Print the difference; on unless -diff=false.'),
    ...JOB_FILE_FLAGS,
    VERBOSE,
    flag.boolean('policy-override', 'Accepted for compatibility.'),
    flag.string('consul-token', '<token>', 'Accepted for compatibility.'),
    flag.string('vault-token', '<token>', 'Accepted for compatibility.'),
  ),
  examples: [
    { line: 'muster plan web.nomad', says: 'Look before running:' },
    { line: 'muster plan -diff=false -var tag=1.2 web.nomad', says: 'Only the dry run:' },
  ],
  failureCode: FAILED,
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const path = args[0] ?? '';
    const job = await loadJob(path, invocation, world);
    const session = openSession(invocation, world);
    const diff = !flags.denied('diff');
    const answer = await apiFor(job, session.api).call(planJob, {
      params: { id: job.id },
      body: { job, diff },
    });
    print(answer, [...given(flags), path].map(quoted).join(' '), session);
    return changes(answer) ? 1 : 0;
  },
};

/** The flags that the job of the file depends on: running it needs them again. */
function given(flags: FlagValues): readonly string[] {
  return [
    ...(flags.has('json') ? ['-json'] : []),
    ...flags.list('var').flatMap((value) => ['-var', value]),
    ...flags.list('var-file').flatMap((path) => ['-var-file', path]),
  ];
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @param file the words that name the job file, for the command that is offered */
function print(answer: PlanAnswer, file: string, session: Session): void {
  const { world, paint, verbose } = session;
  if (answer.diff !== undefined) world.out(`${jobDiff(answer.diff, paint, verbose)}\n`);
  world.out(`${paint.bold('Scheduler dry-run:')}\n${dryRun(answer, session)}\n`);
  printWarnings(answer.warnings, session);
  world.out(indexHelp(answer.jobModifyIndex, file, session));
}

/** Ends with a newline. */
function dryRun(answer: PlanAnswer, { paint, ids, now }: Session): string {
  const failed = Object.entries(answer.failedGroups).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines: string[] = [];
  if (failed.length === 0) lines.push(paint.green('- All tasks successfully allocated.'));
  else lines.push(paint.yellow('- WARNING: Failed to place all allocations.'));
  for (const [group, metrics] of failed) {
    lines.push(
      paint.yellow(`  Task Group "${group}" (failed to place ${failedCount(metrics)}):`),
      ...placementReasons(metrics, '    ').map((line) => paint.yellow(line)),
    );
  }
  for (const preempted of answer.annotations?.preempted ?? []) {
    const whose = `job "${preempted.jobId}", group "${preempted.group}"`;
    lines.push(paint.yellow(`- Preempts allocation "${ids(preempted.id)}" (${whose}).`));
  }
  const launch = answer.nextPeriodicLaunchAt;
  if (launch !== undefined) {
    const until = shortDuration(launch - now);
    lines.push(
      paint.green(
        `- If submitted now, next periodic launch would be at ${timestamp(launch)} (${until} from now).`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function indexHelp(index: number, file: string, { paint }: Session): string {
  return `${paint.bold(`Job Modify Index: ${index}`)}
To submit the job with version verification run:

muster job run -check-index ${index} ${file}

When running the job with the check-index flag, the job will only be run if the
job modify index given matches the server-side version. If the index has
changed, another user has modified the job and the plan's results are
potentially invalid.
`;
}

function changes({ annotations }: PlanAnswer): boolean {
  return Object.values(annotations?.desired ?? {}).some(changesAllocations);
}

function changesAllocations(group: DesiredUpdates): boolean {
  return group.stop + group.place + group.migrate + group.destructiveUpdate + group.canary > 0;
}
