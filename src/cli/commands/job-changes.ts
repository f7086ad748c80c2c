/** Commands that change a registered job and then follow the evaluation that this made. */
import type { Api } from '../../api/api.ts';
import {
  evaluateJob,
  forcePeriodicJob,
  jobDeployment,
  jobVersions,
  readJob,
  revertJob,
  scaleJob,
} from '../../api/nomad/job-routes.ts';
import { promoteDeployment } from '../../api/nomad/deployment-routes.ts';
import type { EvalId, JobId } from '../../core/model/ids.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { matchJob, only } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { DETACH, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import type { World } from '../world.ts';

export const jobRevert: Command = {
  name: 'job revert',
  summary: 'Put a job back to an older version',
  description:
    'Registers the content of an older version as a new one. Version numbers and tags are those of "muster job history".',
  arguments: ['<job>', '<version-or-tag>'],
  flags: withApiFlags(
    DETACH,
    VERBOSE,
    flag.string('consul-token', '<token>', 'Accepted for compatibility.'),
    flag.string('vault-token', '<token>', 'Accepted for compatibility.'),
  ),
  examples: [
    { line: 'muster job revert web 3', says: 'Run version 3 again:' },
    { line: 'muster job revert web golden', says: 'Run the version of that tag again:' },
  ],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const version = await versionMeant(invocation.args[1], id, session);
    const { evalId } = await session.api.call(revertJob, {
      params: { id },
      body: { version },
    });
    return follow(evalId, invocation, session);
  },
};

/** The number of the version that is meant by a number, or by a name. Fails: `not_found`. */
async function versionMeant(
  typed: string | undefined,
  id: string,
  { api, world }: Session,
): Promise<number> {
  if (typed === undefined || /^\d/.test(typed)) return wholeNumber(typed, 'version');
  const { versions } = await api.call(jobVersions, { params: { id } }, world.signal);
  const found = versions.find(({ tag }) => tag?.name === typed);
  if (found !== undefined) return found.version;
  throw new Failure('not_found', `No version of the job is tagged "${typed}"`);
}

export const jobScale: Command = {
  name: 'job scale',
  summary: 'Change the count of a group',
  arguments: ['<job>', '<group-or-count>', '[count]'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [
    { line: 'muster job scale web 5', says: 'A job with one group:' },
    { line: 'muster job scale web frontend 5', says: 'A group of several:' },
  ],
  run: async (invocation, world) => {
    const { args } = invocation;
    const count = wholeNumber(args[2] ?? args[1], 'count');
    const { session, id } = await theJob(invocation, world);
    const group = args[2] === undefined ? await onlyGroup(session.api, id, world) : args[1];
    const { evalId, warnings } = await session.api.call(scaleJob, {
      params: { id },
      body: {
        count,
        target: { group: group ?? '' },
        message: 'submitted using the Muster command line',
        error: false,
        meta: {},
      },
    });
    if (warnings !== '') world.out(`${session.paint.yellow(`Job Warnings:\n${warnings}`)}\n`);
    return follow(evalId, invocation, session);
  },
};

async function onlyGroup(api: Api, id: JobId, world: World): Promise<string> {
  const { groups } = await api.call(readJob, { params: { id } }, world.signal);
  const [group, other] = groups;
  if (group !== undefined && other === undefined) return group.name;
  const names = groups.map(({ name }) => name).join(', ');
  throw new Failure('invalid', `the job has several groups, say which: ${names}`);
}

export const jobEval: Command = {
  name: 'job eval',
  summary: 'Reconcile a job now',
  description:
    'Makes an evaluation of the job, which places what is missing and stops what is too much.',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.boolean('force-reschedule', 'Replace failed allocations at once, whatever their policy.'),
    DETACH,
    VERBOSE,
  ),
  examples: [
    { line: 'muster job eval -force-reschedule web', says: 'Replace what has failed, now:' },
  ],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const forceReschedule = invocation.flags.has('force-reschedule');
    const { evalId } = await session.api.call(evaluateJob, {
      params: { id },
      body: { options: { forceReschedule } },
    });
    return follow(evalId, invocation, session);
  },
};

export const jobPeriodicForce: Command = {
  name: 'job periodic force',
  summary: 'Launch a periodic job now',
  arguments: ['<job>'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [{ line: 'muster job periodic force backup', says: 'Run the backup now:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const { evalId } = await session.api.call(forcePeriodicJob, { params: { id } });
    if (invocation.flags.has('detach')) world.out('Force periodic successful\n');
    return follow(evalId, invocation, session);
  },
};

export const jobPromote: Command = {
  name: 'job promote',
  summary: 'Promote the canaries of a job',
  description: 'Promotes the newest deployment of the job, as "muster deployment promote" does.',
  arguments: ['<job>'],
  flags: withApiFlags(flag.list('group', '<name>', 'Promote only this group.'), DETACH, VERBOSE),
  examples: [{ line: 'muster job promote web', says: 'Take the canaries for good:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    // The route's "there is none" arrives as null.
    const latest =
      (await session.api.call(jobDeployment, { params: { id } }, world.signal)) ?? undefined;
    if (latest === undefined) {
      throw new Failure('not_found', `Job "${id}" has no deployment to promote`);
    }
    const groups = invocation.flags.list('group');
    const { evalId } = await session.api.call(promoteDeployment, {
      params: { id: latest.id },
      body: { all: groups.length === 0, groups },
    });
    return follow(evalId, invocation, session);
  },
};

/** The job that the first argument means, and a session in its namespace. */
export async function theJob(
  invocation: Invocation,
  world: World,
): Promise<{ readonly session: Session; readonly id: JobId }> {
  const opened = openSession(invocation, world);
  const { id, namespace } = only(await matchJob(opened, invocation.args[0] ?? ''));
  return { session: { ...opened, api: opened.api.with({ namespace }) }, id };
}

/** Follows an evaluation, if there is one, or says its id with `-detach`. */
export async function follow(
  evalId: EvalId | undefined,
  { flags }: Invocation,
  session: Session,
): Promise<number> {
  if (evalId === undefined) return 0;
  if (!flags.has('detach')) return monitorEvaluation(evalId, session);
  session.world.out(`Evaluation ID: ${evalId}\n`);
  return 0;
}

/** Reads a number that stands as an argument. */
export function wholeNumber(typed: string | undefined, what: string): number {
  if (typed !== undefined && /^\d{1,9}$/.test(typed)) return Number(typed);
  throw new Failure('invalid', `${what} must be a whole number, got "${typed ?? ''}"`);
}
