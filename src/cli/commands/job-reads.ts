/** Commands that print what is known of one job: `inspect`, `allocs`, `history`. */
import { jobAllocs, jobVersions, readJob } from '../../api/nomad/job-routes.ts';
import type { VersionsAnswer } from '../../api/nomad/job-replies.ts';
import { encodeJob } from '../../api/nomad/job-codec.ts';
import { Failure } from '../../base/failure.ts';
import type { Job } from '../../core/model/job.ts';
import type { JobSubmission } from '../../core/model/job-submission.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { printed, printedWire } from '../format/json.ts';
import { DATA_FLAGS, TEMPLATE_FLAG, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { allocList } from '../views/allocs.ts';
import { jobVersion } from '../views/job-version.ts';
import { theJob } from './job-changes.ts';
import { submissionOf } from './job-start.ts';

export const jobInspect: Command = {
  name: 'job inspect',
  aliases: ['inspect'],
  summary: 'Print a job in its API form',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.number('version', '<version>', 'That version instead of the newest.'),
    flag.boolean('json', 'Accepted for compatibility: it prints JSON in any case.'),
    flag.boolean('hcl', 'Print the file that the job was made from.'),
    flag.boolean('with-vars', 'With -hcl: and the values that its variables were given.'),
    TEMPLATE_FLAG,
  ),
  examples: [
    {
      line: 'muster job inspect web > web.json && muster run -json web.json',
      says: 'Save it, and run it again:',
    },
    { line: 'muster job inspect -hcl -version 3 web', says: 'The file of an older version:' },
  ],
  run: async (invocation, world) => {
    refuseForms(invocation.flags);
    const { session, id } = await theJob(invocation, world);
    const version = invocation.flags.number('version');
    if (invocation.flags.has('hcl')) {
      const withVars = invocation.flags.has('with-vars');
      world.out(sourceText(await sourceOf(id, version, session), withVars));
      return 0;
    }
    const job =
      version === undefined
        ? await session.api.call(readJob, { params: { id } }, world.signal)
        : ofVersion(await versionsOf(id, {}, session), version);
    const { flags } = invocation;
    if (flags.text('t') === undefined) {
      world.out(`${JSON.stringify({ Job: encodeJob(job) }, null, 4)}\n`);
    } else await printedWire(flags, world, () => encodeJob(job));
    return 0;
  },
};

/** Fails: `invalid` several forms at once. */
function refuseForms(flags: FlagValues): void {
  const others = ['json', 't'].filter((name) => flags.has(name) || flags.text(name) !== undefined);
  if (flags.has('hcl') && others.length > 0) {
    throw new Failure('invalid', `-hcl and -${others.join(' and -')} cannot be given together`);
  }
  if (flags.has('with-vars') && !flags.has('hcl')) {
    throw new Failure('invalid', '-with-vars goes with -hcl');
  }
}

/** What a version, the newest unless given, was made from. Fails: `not_found` nobody said. */
async function sourceOf(
  id: string,
  version: number | undefined,
  session: Session,
): Promise<JobSubmission> {
  const { api, world } = session;
  const wanted = version ?? (await api.call(readJob, { params: { id } }, world.signal)).version;
  const found = await submissionOf(id, wanted, session);
  if (found !== undefined) return found;
  throw new Failure('not_found', `The file of version ${wanted} of the job is not kept`);
}

function sourceText(submission: JobSubmission, withVars: boolean): string {
  const { source, variables, variableFlags } = submission;
  const given = Object.entries(variableFlags).map(([name, value]) => `${name} = ${value}`);
  const parts = withVars ? [source, variables, given.join('\n')] : [source];
  return parts
    .filter((part) => part !== '')
    .map((part) => (part.endsWith('\n') ? part : `${part}\n`))
    .join('\n');
}

export const jobAllocsCommand: Command = {
  name: 'job allocs',
  summary: 'List the allocations of a job',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.boolean('all', 'Also those of a purged job of that name.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster job allocs -verbose web', says: 'With whole ids and node names:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const all = invocation.flags.has('all') ? true : undefined;
    const stubs = await session.api.call(
      jobAllocs,
      { params: { id }, query: { all } },
      world.signal,
    );
    if (await printed(invocation.flags, world, [jobAllocs.reply, stubs])) return 0;
    world.out(`${allocList(stubs, session)}\n`);
    return 0;
  },
};

export const jobHistory: Command = {
  name: 'job history',
  summary: 'Show the versions of a job',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.boolean('p', 'Print what each version changed.'),
    flag.number('version', '<version>', 'Only that version.'),
    flag.number('diff-version', '<version>', 'Print how each differs from this version.'),
    flag.string('diff-tag', '<tag>', 'Print how each differs from the version of this tag.'),
    flag.boolean('full', 'Print each version whole, in its API form.'),
    ...DATA_FLAGS,
    flag.boolean('verbose', 'With -p: print all fields of what is new.'),
  ),
  examples: [
    { line: 'muster job history -p web', says: 'What changed, version by version:' },
    {
      line: 'muster job history -version 7 -diff-tag golden web',
      says: 'How one differs from what worked:',
    },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { session, id } = await theJob(invocation, world);
    const answer = await versionsOf(id, comparison(flags), session);
    const version = flags.number('version');
    const whole = version === undefined ? answer.versions : [ofVersion(answer, version)];
    if (await printedWire(flags, world, () => whole.map(encodeJob))) return 0;
    world.out(`${texts(answer, version, invocation, session).join('\n\n')}\n`);
    return 0;
  },
};

function texts(
  { versions, diffs }: VersionsAnswer,
  version: number | undefined,
  { flags }: Invocation,
  { paint }: Session,
): string[] {
  const shown: string[] = [];
  versions.forEach((job, i) => {
    if (version !== undefined && job.version !== version) return;
    const diff = diffs[i]?.Type === 'None' ? undefined : diffs[i];
    const text = jobVersion(job, diff, paint, flags.has('verbose'));
    shown.push(flags.has('full') ? `${text}\nJob         =\n${inApiForm(job)}` : text);
  });
  return shown;
}

function inApiForm(job: Job): string {
  return JSON.stringify(encodeJob(job), null, 4);
}

/** What versions are to be compared with; empty: with nothing. */
interface Comparison {
  readonly diffs?: true;
  readonly diffVersion?: number;
  readonly diffTag?: string;
}

function comparison(flags: FlagValues): Comparison {
  const [diffVersion, diffTag] = [flags.number('diff-version'), flags.text('diff-tag')];
  if (diffVersion !== undefined && diffTag !== undefined) {
    throw new Failure('invalid', '-diff-version and -diff-tag cannot be given together');
  }
  if (diffVersion !== undefined) return { diffs: true, diffVersion };
  if (diffTag !== undefined) return { diffs: true, diffTag };
  return flags.has('p') ? { diffs: true } : {};
}

function versionsOf(
  id: string,
  query: Comparison,
  { api, world }: Session,
): Promise<VersionsAnswer> {
  return api.call(jobVersions, { params: { id }, query }, world.signal);
}

function ofVersion({ versions }: VersionsAnswer, version: number): Job {
  const found = versions.find((job) => job.version === version);
  if (found !== undefined) return found;
  const kept = versions.map((job) => job.version).join(', ');
  throw new Failure('not_found', `No version ${version} of the job is kept; there are ${kept}`);
}
