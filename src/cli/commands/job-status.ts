/** `muster job status`: all jobs, or one with how it fares. */
import {
  jobAllocs,
  jobDeployment,
  jobEvals,
  jobSummary,
  listJobs,
  readJob,
} from '../../api/nomad/job-routes.ts';
import type { Job } from '../../core/model/job.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchJob } from '../matching.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { jobList, jobStatus as render, type JobPage } from '../views/job.ts';
import type { World } from '../world.ts';
import { nextLaunchText } from './next-launch.ts';

export const jobStatus: Command = {
  name: 'job status',
  summary: 'Show all jobs, or one',
  description:
    'Without an argument it lists the jobs; with the id of a job, or its beginning, it shows that job: what of it is wanted, what runs, what could not be placed and why.',
  arguments: ['[job]'],
  flags: withApiFlags(
    flag.boolean('short', 'Print only the first block.'),
    flag.boolean('evals', 'Print the evaluations too.'),
    flag.boolean('all-allocs', 'Print also the allocations of a purged job of that name.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [
    { line: 'muster job status', says: 'List the jobs:' },
    { line: 'muster job status web', says: 'Show one:' },
  ],
  run: (invocation, world) => showJobs(invocation, world),
};

/** Lists jobs, or shows the one that the first argument means. */
export async function showJobs(invocation: Invocation, world: World): Promise<number> {
  const session = openSession(invocation, world);
  const typed = invocation.args[0];
  if (typed === undefined) return list(invocation, session);
  const match = await matchJob(session, typed);
  if ('many' in match) {
    world.out(`${match.many}\n`);
    return 0;
  }
  const { id, namespace } = match.found;
  const api = session.api.with({ namespace });
  const job = await api.call(readJob, { params: { id } }, world.signal);
  if (await printed(invocation.flags, world, [readJob.reply, job])) return 0;
  const page = await readPage(job, invocation, { ...session, api });
  const { flags } = invocation;
  const options = { ...session, short: flags.has('short'), evals: flags.has('evals') };
  world.out(`${render(page, options)}\n`);
  return 0;
}

async function list({ flags }: Invocation, { api, world }: Session): Promise<number> {
  const jobs = await api.call(listJobs, {}, world.signal);
  if (await printed(flags, world, [listJobs.reply, jobs])) return 0;
  world.out(jobs.length === 0 ? 'No running jobs\n' : `${jobList(jobs)}\n`);
  return 0;
}

async function readPage(
  job: Job,
  { flags }: Invocation,
  { api, world, now }: Session,
): Promise<JobPage> {
  const { signal } = world;
  const params = { id: job.id };
  const launches =
    job.periodic !== undefined || (job.parameterized !== undefined && !job.dispatched);
  const all = flags.has('all-allocs') ? true : undefined;
  const [summary, evaluations, deployment, allocs, children] = await Promise.all([
    api.call(jobSummary, { params }, signal),
    api.call(jobEvals, { params }, signal),
    api.call(jobDeployment, { params }, signal),
    api.call(jobAllocs, { params, query: { all } }, signal),
    launches ? api.call(listJobs, { query: { prefix: `${job.id}/` } }, signal) : [],
  ]);
  const launch = job.stop ? undefined : await nextLaunchText(job, now);
  return {
    job,
    summary,
    evaluations,
    // The route's "there is none" arrives as null.
    deployment: deployment ?? undefined,
    allocs,
    children: children.filter((child) => child.parentId === job.id),
    ...(launch === undefined ? {} : { nextLaunch: launch }),
  };
}
