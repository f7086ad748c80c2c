/** `muster deployment list` and `muster deployment status`. */
import {
  deploymentAllocs,
  listDeployments,
  readDeployment,
} from '../../api/nomad/deployment-routes.ts';
import { jobDeployments } from '../../api/nomad/job-routes.ts';
import { flag, type Command } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchDeployment } from '../matching.ts';
import { monitorDeployment } from '../monitor/deployment.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags } from '../session.ts';
import { allocList } from '../views/allocs.ts';
import { deploymentList as renderList, deploymentStatus as render } from '../views/deployment.ts';
import { theJob } from './job-changes.ts';

export const deploymentList: Command = {
  name: 'deployment list',
  summary: 'List deployments',
  arguments: [],
  flags: withApiFlags(
    flag.string('filter', '<expression>', 'Only what this is true for.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster deployment list', says: 'All rollouts that are remembered:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const query = { filter: flags.text('filter') };
    const all = await session.api.call(listDeployments, { query }, world.signal);
    if (await printed(flags, world, [listDeployments.reply, all])) return 0;
    const newest = [...all].sort((a, b) => b.createIndex - a.createIndex);
    world.out(`${renderList(newest, session)}\n`);
    return 0;
  },
};

export const deploymentStatus: Command = {
  name: 'deployment status',
  summary: 'Show one deployment',
  arguments: ['<deployment>'],
  flags: withApiFlags(
    flag.boolean('monitor', 'Follow it until it is over.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster deployment status -monitor afa042c9', says: 'Watch a rollout:' }],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const match = await matchDeployment(session, args[0] ?? '');
    if ('many' in match) {
      world.out(`${match.many}\n`);
      return 0;
    }
    const { id } = match.found;
    if (flags.has('monitor')) {
      const { status } = await monitorDeployment(id, session, '');
      return status === 'successful' ? 0 : 1;
    }
    const deployment = await session.api.call(readDeployment, { params: { id } }, world.signal);
    if (await printed(flags, world, [readDeployment.reply, deployment])) return 0;
    world.out(`${render(deployment, session.ids)}\n`);
    if (!session.verbose) return 0;
    const allocs = await session.api.call(deploymentAllocs, { params: { id } }, world.signal);
    world.out(`\nAllocations\n${allocList(allocs, session)}\n`);
    return 0;
  },
};

export const jobDeploymentsCommand: Command = {
  name: 'job deployments',
  summary: 'List the deployments of a job',
  arguments: ['<job>'],
  flags: withApiFlags(
    flag.boolean('latest', 'Show the newest one.'),
    flag.boolean('all-allocs', 'Also those of a purged job of that name.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster job deployments -latest web', says: 'How the last rollout went:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { session, id } = await theJob(invocation, world);
    const all = flags.has('all-allocs') ? true : undefined;
    const deployments = await session.api.call(
      jobDeployments,
      { params: { id }, query: { all } },
      world.signal,
    );
    const newest = deployments[0];
    const shown = flags.has('latest') ? deployments.slice(0, 1) : deployments;
    if (await printed(flags, world, [jobDeployments.reply, shown])) return 0;
    if (flags.has('latest') && newest !== undefined) {
      world.out(`${render(newest, session.ids)}\n`);
    } else world.out(`${renderList(deployments, session)}\n`);
    return 0;
  },
};
