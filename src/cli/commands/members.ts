/**
 * Who is there, and coming and going. Source:
 * https://developer.hashicorp.com/consul/commands/members
 */
import {
  consulMembers,
  consulSelf,
  forceLeaveMember,
  joinMember,
  leaveAgent,
  reloadAgent,
  type AgentMember,
} from '../../api/consul/agent-routes.ts';
import { installKey, listKeyring, removeKey, useKey } from '../../api/consul/operator-routes.ts';
import { explain, Failure } from '../../base/failure.ts';
import { compileRegex, testRegex } from '../../core/regex/search.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { columns } from '../format/columns.ts';
import { wireJson } from '../format/json.ts';
import { JSON_FLAG } from '../session.ts';

export const members: Command = {
  name: 'members',
  summary: 'List the agents',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('detailed', 'Print every tag.'),
    flag.string('status', '<regexp>', 'Only agents whose status matches; exit code 2 for none.'),
    flag.string('segment', '<name>', 'Only agents of this part of the network.'),
    flag.boolean('wan', 'The servers of all datacenters.'),
    JSON_FLAG,
  ),
  examples: [
    { line: 'muster members', says: 'Everybody:' },
    { line: 'muster members -status alive', says: 'Who answers:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const pattern = compileRegex(flags.text('status') ?? '.*');
    if ('problem' in pattern) throw new Failure('invalid', `-status: ${pattern.problem}`);
    const api = await discoveryApi(invocation, world);
    const query = { ...(flags.has('wan') ? { wan: true } : {}), segment: flags.text('segment') };
    const all = await api.call(consulMembers, { query }, world.signal);
    const shown = all.filter(({ status }) => testRegex(pattern, status) === true).sort(byName);
    if (flags.has('json')) world.out(wireJson(consulMembers.reply, shown));
    else if (shown.length > 0) {
      world.out(`${flags.has('detailed') ? detailed(shown) : table(shown)}\n`);
    }
    return shown.length === 0 ? 2 : 0;
  },
};

function byName(a: AgentMember, b: AgentMember): number {
  return a.name < b.name ? -1 : 1;
}

function place({ address, port }: AgentMember): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function table(rows: readonly AgentMember[]): string {
  return columns([
    ['Node', 'Address', 'Status', 'Type', 'Build', 'Protocol', 'DC', 'Segment'],
    ...rows.map((member) => {
      const { name, status, tags } = member;
      const isServer = tags['role'] === 'consul';
      const type = isServer ? 'server' : tags['role'] === 'node' ? 'client' : 'unknown';
      const everywhere = isServer ? '<all>' : '<default>';
      return [
        ...[name, place(member), status, type, (tags['build'] ?? '').split(':')[0] ?? ''],
        ...[tags['vsn'] ?? '', tags['dc'] ?? ''],
        tags['segment'] === undefined || tags['segment'] === '' ? everywhere : tags['segment'],
      ];
    }),
  ]);
}

function detailed(rows: readonly AgentMember[]): string {
  return columns([
    ['Node', 'Address', 'Status', 'Tags'],
    ...rows.map((member) => [
      ...[member.name, place(member), member.status],
      Object.entries(member.tags)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    ]),
  ]);
}

export const join: Command = {
  name: 'join',
  summary: 'Join other agents',
  arguments: ['<address...>'],
  flags: withDiscoveryFlags(flag.boolean('wan', 'As servers of several datacenters do.')),
  examples: [{ line: 'muster join 10.0.0.2', says: 'Make two agents know each other:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const api = await discoveryApi(invocation, world);
    const query = invocation.flags.has('wan') ? { wan: true } : {};
    let joined = 0;
    for (const address of invocation.args) {
      try {
        await api.call(joinMember, { params: { address }, query }, world.signal);
        joined++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        world.err(`Error joining address '${address}': ${explain(error)}\n`);
      }
    }
    if (joined < invocation.args.length) world.err('Failed to join some nodes.\n');
    if (joined > 0) {
      world.out(`Successfully joined cluster by contacting ${joined} nodes.\n`);
    }
    return joined === invocation.args.length ? 0 : 1;
  },
};

export const leave: Command = {
  name: 'leave',
  summary: 'Take an agent out of the cluster and end it',
  arguments: [],
  flags: withDiscoveryFlags(),
  examples: [{ line: 'muster leave', says: 'Before its machine is taken away:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    await (await discoveryApi(invocation, world)).call(leaveAgent, {}, world.signal);
    world.out('Graceful leave complete\n');
    return 0;
  },
};

export const forceLeave: Command = {
  name: 'force-leave',
  summary: 'Take a failed agent out of the list of members',
  arguments: ['<node>'],
  flags: withDiscoveryFlags(
    flag.boolean('prune', 'And forget it.'),
    flag.boolean('wan', 'In all datacenters.'),
  ),
  examples: [{ line: 'muster force-leave vm2', says: 'It will not come back:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const api = await discoveryApi(invocation, world);
    const query = {
      ...(flags.has('prune') ? { prune: true } : {}),
      ...(flags.has('wan') ? { wan: true } : {}),
    };
    await api.call(forceLeaveMember, { params: { node: args[0] ?? '' }, query }, world.signal);
    return 0;
  },
};

export const reload: Command = {
  name: 'reload',
  summary: 'Make an agent read its configuration again',
  arguments: [],
  flags: withDiscoveryFlags(),
  examples: [{ line: 'muster reload', says: 'After its files were changed:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    await (await discoveryApi(invocation, world)).call(reloadAgent, {}, world.signal);
    world.out('Configuration reload triggered\n');
    return 0;
  },
};

export const info: Command = {
  name: 'info',
  summary: 'Print the figures of an agent by subsystem',
  arguments: [],
  flags: withDiscoveryFlags(),
  examples: [{ line: 'muster info', says: 'Of the agent on this machine:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const api = await discoveryApi(invocation, world);
    const { stats } = await api.call(consulSelf, {}, world.signal);
    for (const [group, figures] of sorted(stats)) {
      const lines = sorted(figures).map(([name, value]) => `\t${name} = ${value}\n`);
      world.out(`${group}:\n${lines.join('')}`);
    }
    return 0;
  },
};

function sorted<T>(values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

export const keyring: Command = {
  name: 'keyring',
  summary: 'List and change the keys that agents encrypt their gossip with',
  description:
    'A new key is installed, then used, then the old one removed. Agents that do not encrypt their ' +
    'gossip have none, and say so.',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('list', 'List the keys, as is done anyway.'),
    flag.string('install', '<key>', 'Give all agents a key, beside the one in use.'),
    flag.string('use', '<key>', 'Make a key that all agents have the one in use.'),
    flag.string('remove', '<key>', 'Take a key that is not in use from all agents.'),
  ),
  examples: [
    { line: 'muster keyring -list', says: 'Which key is had by how many:' },
    {
      line: 'muster keyring -install "$(openssl rand -base64 32)"',
      says: 'Begin a change of keys:',
    },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const api = await discoveryApi(invocation, world);
    const { flags } = invocation;
    for (const [name, route, says] of KEY_CHANGES) {
      const key = flags.text(name);
      if (key === undefined) continue;
      await api.call(route, { body: { key } }, world.signal);
      world.out(`==> ${says}\n`);
      return 0;
    }
    for (const pool of await api.call(listKeyring, {}, world.signal)) {
      world.out(`${pool.datacenter} (${pool.wan ? 'WAN' : 'LAN'}):\n`);
      for (const [key, count] of sorted(pool.keys)) {
        world.out(`  ${key} [${count}/${pool.numNodes}]\n`);
      }
    }
    return 0;
  },
};

/** What changes keys, by its flag. */
const KEY_CHANGES = [
  ['install', installKey, 'Installed the key at all agents.'],
  ['use', useKey, 'All agents use the key.'],
  ['remove', removeKey, 'Removed the key from all agents.'],
] as const;
