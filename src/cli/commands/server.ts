/** Commands about the servers: `members`, `join`, `force-leave`. */
import type { Api } from '../../api/api.ts';
import { agentMembers, forceLeave, joinAgent, type Member } from '../../api/nomad/agent-routes.ts';
import { statusLeader } from '../../api/nomad/cluster-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { columns } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags } from '../session.ts';

export const serverMembers: Command = {
  name: 'server members',
  aliases: ['server-members'],
  summary: 'List the servers',
  arguments: [],
  flags: withApiFlags(flag.boolean('detailed', 'Print every tag.'), ...DATA_FLAGS, VERBOSE),
  examples: [{ line: 'muster server members', says: 'Who is there, and who leads:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const { api } = openSession(invocation, world);
    const answer = await api.call(agentMembers, {}, world.signal);
    if (await printed(flags, world, [agentMembers.reply, answer])) return 0;
    const members = [...answer.members].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (flags.has('detailed') || flags.has('verbose')) {
      world.out(`${detailed(members)}\n`);
      return 0;
    }
    const regions = [...new Set(members.map(({ tags }) => tags['region'] ?? ''))];
    const leaders = await Promise.all(
      regions.map((region) => leaderOf(api, { region, own: answer.serverRegion }, world.signal)),
    );
    world.out(`${table(members, new Map(regions.map((each, i) => [each, leaders[i] ?? ''])))}\n`);
    return 0;
  },
};

/** Where a region's leader is. Empty: nobody leads there, or there is no way to ask. */
async function leaderOf(
  api: Api,
  { region, own }: { readonly region: string; readonly own: string },
  signal: AbortSignal,
): Promise<string> {
  if (region === own) return api.call(statusLeader, {}, signal);
  try {
    return await api.call(statusLeader, { query: { region } }, signal);
  } catch (error) {
    // A region that is out of reach must not hide the others.
    if (error instanceof Failure) return '';
    throw error;
  }
}

/** @param leaders by region */
function table(members: readonly Member[], leaders: ReadonlyMap<string, string>): string {
  return columns([
    [
      ...['Name', 'Address', 'Port', 'Status', 'Leader', 'Protocol', 'Build', 'Datacenter'],
      'Region',
    ],
    ...members.map(({ name, address, port, status, tags }) => [
      name,
      address,
      String(port),
      status,
      String(leaders.get(tags['region'] ?? '') === rpcAddress({ address, tags })),
      '2',
      tags['build'] ?? '',
      tags['dc'] ?? '',
      tags['region'] ?? '',
    ]),
  ]);
}

/** Where it answers its peers, which is how a leader is named. */
function rpcAddress({ address, tags }: Pick<Member, 'address' | 'tags'>): string {
  return `${tags['rpc_addr'] ?? address}:${tags['port'] ?? ''}`;
}

function detailed(members: readonly Member[]): string {
  return columns([
    ['Name', 'Address', 'Port', 'Tags'],
    ...members.map(({ name, address, port, tags }) => [
      name,
      address,
      String(port),
      Object.entries(tags)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    ]),
  ]);
}

export const serverJoin: Command = {
  name: 'server join',
  aliases: ['server-join'],
  summary: 'Join other servers, of this region or another',
  arguments: ['<address...>'],
  flags: withApiFlags(),
  examples: [
    { line: 'muster server join 10.2.0.1', says: 'Bring the servers of two regions together:' },
  ],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    let joined = 0;
    for (const address of invocation.args) {
      const answer = await api.call(joinAgent, { query: { address } }, world.signal);
      if (answer.error !== '') throw new Failure('unavailable', answer.error);
      joined += answer.joined;
    }
    world.out(`Joined ${joined} servers successfully\n`);
    return 0;
  },
};

export const serverForceLeave: Command = {
  name: 'server force-leave',
  aliases: ['server-force-leave'],
  summary: 'Take a failed server out of the list of members',
  arguments: ['<name>'],
  flags: withApiFlags(flag.boolean('prune', 'Forget it at once.')),
  examples: [{ line: 'muster server force-leave vm2.global', says: 'It will not come back:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const prune = invocation.flags.has('prune') ? true : undefined;
    await api.call(forceLeave, { query: { node: invocation.args[0], prune } }, world.signal);
    return 0;
  },
};
