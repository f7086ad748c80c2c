/** `muster node status`: all machines, or one. */
import type { HostUsage } from '../../core/model/usage.ts';
import { hostStats } from '../../api/nomad/client-routes.ts';
import type { AllocStub } from '../../api/nomad/alloc-codec.ts';
import { agentSelf } from '../../api/nomad/agent-routes.ts';
import { listNodes, nodeAllocs, readNode } from '../../api/nomad/node-routes.ts';
import type { NodeView } from '../../api/nomad/node-codec.ts';
import type { AllocUseAnswer } from '../../api/nomad/usage-codec.ts';
import { Failure } from '../../base/failure.ts';
import type { AllocWithJob } from '../../core/state/reads.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchNode, type Match } from '../matching.ts';
import { DATA_FLAGS, openSession, withApiFlags, type Session } from '../session.ts';
import { nodeList, nodeStatus as render, type NodePage } from '../views/node.ts';
import { usageOf } from './alloc-status.ts';

/** Asked at the same time for what they use; a node may run thousands. */
const ASKED_AT_ONCE = 20;

export const nodeStatus: Command = {
  name: 'node status',
  aliases: ['node-status'],
  summary: 'Show all nodes, or one',
  description:
    'Without an argument it lists the nodes; with the beginning of an id, or -self, it shows that node: its drivers, what its allocations hold and use, and what happened to it.',
  arguments: ['[node]'],
  flags: withApiFlags(
    flag.boolean('self', 'Show the node of the agent that is asked.'),
    flag.boolean('allocs', 'In the list: count what runs on each node.'),
    flag.boolean('short', 'Print only the first block and the allocations.'),
    flag.boolean('stats', 'Print what the machine uses in detail.'),
    flag.boolean('quiet', 'In the list: print only ids.'),
    ...DATA_FLAGS,
    flag.boolean('verbose', 'Print whole ids, drivers and every attribute.'),
  ),
  examples: [
    { line: 'muster node status', says: 'List the nodes:' },
    { line: 'muster node status -self', says: 'Show this machine:' },
  ],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const typed = invocation.args[0];
    if (typed === undefined && !invocation.flags.has('self')) return list(invocation, session);
    const match = await theNode(typed, session);
    if ('many' in match) {
      world.out(`${match.many}\n`);
      return 0;
    }
    return show(match.found.id, invocation, session);
  },
};

/** The node meant by the beginning of its id, or that of the agent. */
export function theNode(
  typed: string | undefined,
  session: Session,
): Promise<Match<{ readonly id: string }>> {
  return typed === undefined ? ownNode(session) : matchNode(session, typed);
}

async function ownNode({ api, world }: Session): Promise<Match<{ readonly id: string }>> {
  const { stats } = await api.call(agentSelf, {}, world.signal);
  const id = stats['client']?.['node_id'] ?? '';
  if (id === '') throw new Failure('not_found', 'the agent that is asked is not a client');
  return { found: { id } };
}

async function list({ flags }: Invocation, session: Session): Promise<number> {
  const { api, world } = session;
  const nodes = await api.call(listNodes, {}, world.signal);
  if (await printed(flags, world, [listNodes.reply, nodes])) return 0;
  if (flags.has('quiet')) world.out(nodes.map(({ id }) => `${session.ids(id)}\n`).join(''));
  else if (nodes.length === 0) world.out('No nodes found\n');
  else {
    const running = flags.has('allocs') ? await countRunning(nodes, session) : undefined;
    world.out(`${nodeList(nodes, { ids: session.ids, running })}\n`);
  }
  return 0;
}

/** Running allocations by node. */
async function countRunning(
  nodes: readonly { readonly id: string }[],
  { api, world }: Session,
): Promise<ReadonlyMap<string, number>> {
  const counts = await inBatches(nodes, async ({ id }) => {
    const allocs = await api.call(nodeAllocs, { params: { id } }, world.signal);
    const running = allocs.filter(({ alloc }) => alloc.clientStatus === 'running');
    return [id, running.length] as const;
  });
  return new Map(counts);
}

async function show(id: string, { flags }: Invocation, session: Session): Promise<number> {
  const { api, world } = session;
  const node = await api.call(readNode, { params: { id } }, world.signal);
  if (await printed(flags, world, [readNode.reply, node])) return 0;
  const allocs = await api.call(nodeAllocs, { params: { id } }, world.signal);
  const options = { ...session, short: flags.has('short'), stats: flags.has('stats') };
  const use = options.short ? NO_USE : await useOf(node, allocs, session);
  const stubs: AllocStub[] = allocs.map(({ alloc, job }) => ({
    ...alloc,
    jobType: job?.type ?? 'service',
  }));
  const page: NodePage = { node, allocs: allocs.map(({ alloc }) => alloc), stubs, ...use };
  world.out(`${render(page, options)}\n`);
  return 0;
}

type Use = Pick<NodePage, 'host' | 'running'>;

const NO_USE: Use = { host: undefined, running: [] };

/** What the machine and its allocations use, as far as they say. */
async function useOf(
  node: NodeView,
  allocs: readonly AllocWithJob[],
  { api, world }: Session,
): Promise<Use> {
  if (node.status !== 'ready') return NO_USE;
  const [host, running] = await Promise.all([
    hostUse(node.id, api, world.signal),
    inBatches(allocs, ({ alloc }) => usageOf(api, alloc, world.signal)),
  ]);
  if (host === undefined) world.err('The node did not say what it uses.\n');
  return { host, running: running.filter(isUse) };
}

async function hostUse(
  nodeId: string,
  api: Session['api'],
  signal: AbortSignal,
): Promise<HostUsage | undefined> {
  try {
    return await api.call(hostStats, { query: { nodeId } }, signal);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function isUse(use: AllocUseAnswer | Failure | undefined): use is AllocUseAnswer {
  return use !== undefined && !(use instanceof Failure);
}

async function inBatches<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const out: R[] = [];
  for (let at = 0; at < items.length; at += ASKED_AT_ONCE) {
    out.push(...(await Promise.all(items.slice(at, at + ASKED_AT_ONCE).map(ask))));
  }
  return out;
}
