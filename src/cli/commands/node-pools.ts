/** `muster node pool ...`: nodes that only jobs of theirs run on. */
import {
  createNodePool,
  deleteNodePool,
  listNodePools,
  listPoolJobs,
  listPoolNodes,
  readNodePool,
} from '../../api/nomad/tenancy-routes.ts';
import { isObject } from '../../api/codec/codec.ts';
import { named, record, text } from '../../core/agent-config/setting.ts';
import type { NodePool } from '../../core/model/tenancy.ts';
import { flag, type Command } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags } from '../session.ts';
import { jobList } from '../views/job.ts';
import { nodeList } from '../views/node.ts';
import { parseSpec, textsOf, type SpecForm } from './tenancy-spec.ts';

const FILTER = flag.string('filter', '<expression>', 'Only what this is true for.');

export const nodePoolList: Command = {
  name: 'node pool list',
  summary: 'List node pools',
  arguments: [],
  flags: withApiFlags(
    flag.string('prefix', '<prefix>', 'Only names that begin so.'),
    ...DATA_FLAGS,
  ),
  examples: [{ line: 'muster node pool list', says: 'All of them:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const query = { prefix: invocation.flags.text('prefix') };
    const all = await api.call(listNodePools, { query }, world.signal);
    if (await printed(invocation.flags, world, [listNodePools.reply, all])) return 0;
    const rows = all.map(({ name, description }) => [name, description || '<none>']);
    world.out(`${columns([['Name', 'Description'], ...rows])}\n`);
    return 0;
  },
};

export const nodePoolInfo: Command = {
  name: 'node pool info',
  summary: 'Show one node pool',
  arguments: ['<node-pool>'],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster node pool info gpu', says: 'What it is for:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const params = { name: invocation.args[0] ?? '' };
    const pool = await api.call(readNodePool, { params }, world.signal);
    if (await printed(invocation.flags, world, [readNodePool.reply, pool])) return 0;
    const about = keyValues([
      ['Name', pool.name],
      ['Description', pool.description || '<none>'],
    ]);
    const meta = Object.entries(pool.meta).sort(([a], [b]) => (a < b ? -1 : 1));
    world.out(
      `${about}\n\n${meta.length === 0 ? 'No metadata' : `Metadata\n${keyValues(meta)}`}\n`,
    );
    return 0;
  },
};

const FORM: SpecForm<NodePool> = {
  settings: {
    node_pool: named('a pool', {
      description: text('for people'),
      meta: record('names and texts of your own'),
    }),
  },
  toWire: ({ node_pool: pools }) => {
    const [[name, pool] = ['', {}]] = Object.entries(isObject(pools) ? pools : {});
    const { description, meta } = isObject(pool) ? pool : {};
    return { Name: name, Description: description ?? '', Meta: textsOf(meta) };
  },
  codec: createNodePool.body as SpecForm<NodePool>['codec'],
};

export const nodePoolApply: Command = {
  name: 'node pool apply',
  summary: 'Create or change a node pool',
  description: 'The file describes the pool, in HCL or JSON; "-" reads standard input.',
  arguments: ['<file>'],
  flags: withApiFlags(
    flag.boolean('json', 'Accepted for compatibility: the form of the file is seen from it.'),
  ),
  examples: [{ line: 'muster node pool apply gpu.hcl', says: 'As a file describes it:' }],
  run: async (invocation, world) => {
    const path = invocation.args[0] ?? '';
    const body = await parseSpec(path, await world.files.read(path), FORM);
    const { api } = openSession(invocation, world);
    await api.call(createNodePool, { body }, world.signal);
    world.out(`Successfully applied node pool "${body.name}"!\n`);
    return 0;
  },
};

export const nodePoolDelete: Command = {
  name: 'node pool delete',
  summary: 'Delete a node pool that nothing belongs to',
  arguments: ['<node-pool>'],
  flags: withApiFlags(),
  examples: [{ line: 'muster node pool delete gpu', says: 'Once its nodes are gone:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const name = invocation.args[0] ?? '';
    await api.call(deleteNodePool, { params: { name } }, world.signal);
    world.out(`Successfully deleted node pool "${name}"!\n`);
    return 0;
  },
};

export const nodePoolNodes: Command = {
  name: 'node pool nodes',
  summary: 'List the nodes of a pool',
  arguments: ['<node-pool>'],
  flags: withApiFlags(FILTER, ...DATA_FLAGS, VERBOSE),
  examples: [{ line: 'muster node pool nodes gpu', says: 'Its machines:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const params = { name: invocation.args[0] ?? '' };
    const query = { filter: flags.text('filter') };
    const nodes = await session.api.call(listPoolNodes, { params, query }, world.signal);
    if (await printed(flags, world, [listPoolNodes.reply, nodes])) return 0;
    world.out(nodes.length === 0 ? 'No nodes\n' : `${nodeList(nodes, session)}\n`);
    return 0;
  },
};

export const nodePoolJobs: Command = {
  name: 'node pool jobs',
  summary: 'List the jobs of a pool',
  arguments: ['<node-pool>'],
  flags: withApiFlags(FILTER, ...DATA_FLAGS),
  examples: [{ line: 'muster node pool jobs gpu', says: 'What wants to run there:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { api } = openSession(invocation, world);
    const params = { name: invocation.args[0] ?? '' };
    const query = { filter: flags.text('filter') };
    const jobs = await api.call(listPoolJobs, { params, query }, world.signal);
    if (await printed(flags, world, [listPoolJobs.reply, jobs])) return 0;
    world.out(jobs.length === 0 ? 'No jobs\n' : `${jobList(jobs)}\n`);
    return 0;
  },
};
