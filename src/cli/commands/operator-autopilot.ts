/** Commands about the care for servers: how they fare, what they do for the log, what is set. */
import {
  autopilotState,
  readAutopilot,
  setAutopilot,
  type AutopilotChange,
  type AutopilotServer,
  type AutopilotState,
} from '../../api/consul/operator-routes.ts';
import { autopilotHealth } from '../../api/nomad/cluster-routes.ts';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { Failure } from '../../base/failure.ts';
import { flag, typedBool, type Command, type FlagValues } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { printed, wireJson } from '../format/json.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';

export const operatorHealth: Command = {
  name: 'operator autopilot health',
  summary: 'Say how the servers are',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster operator autopilot health', says: 'Each of them:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const answer = await api.call(autopilotHealth, {}, world.signal);
    if (await printed(invocation.flags, world, [autopilotHealth.reply, answer])) return 0;
    const rows = answer.servers.map((server) => [
      server.name,
      server.address,
      server.status,
      server.version,
      String(server.leader),
      String(server.voter),
      String(server.healthy),
      formatDuration(server.lastContactMs),
      String(server.lastIndex),
    ]);
    const title = ['Name', 'Address', 'Status', 'Build', 'Leader', 'Voter', 'Healthy'];
    world.out(`${columns([[...title, 'Last Contact', 'Index'], ...rows])}\n`);
    return 0;
  },
};

export const operatorAutopilotConfig: Command = {
  name: 'operator autopilot get-config',
  summary: 'Print how dead servers are cleaned up and new ones let in',
  description:
    'Members of the log are managed without being asked: a server that is dead is taken out as soon as another is there in its place, and a new one votes once it has all entries.',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster operator autopilot get-config', says: 'As it is:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const config = await api.call(readAutopilot, {}, world.signal);
    if (await printed(invocation.flags, world, [readAutopilot.reply, config])) return 0;
    const rows = [
      ['CleanupDeadServers', String(config.cleanupDeadServers)],
      ['LastContactThreshold', formatDuration(config.lastContactThresholdMs)],
      ['MaxTrailingLogs', String(config.maxTrailingLogs)],
      ['MinQuorum', String(config.minQuorum)],
      ['ServerStabilizationTime', formatDuration(config.serverStabilizationTimeMs)],
    ] as const;
    world.out(rows.map(([name, value]) => `${name} = ${value}\n`).join(''));
    return 0;
  },
};

export const operatorAutopilotState: Command = {
  name: 'operator autopilot state',
  summary: 'Say what each server does for the log',
  arguments: [],
  flags: withApiFlags(
    flag.string('format', '<format>', '"pretty", which is the default, or "json".'),
    ...DATA_FLAGS,
  ),
  examples: [
    { line: 'muster operator autopilot state', says: 'Who leads, who votes, how far each is:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const format = flags.text('format') ?? 'pretty';
    if (format !== 'pretty' && format !== 'json') {
      throw new Failure('invalid', `-format is pretty or json, not "${format}"`);
    }
    const { api } = openSession(invocation, world);
    const state = await api.call(autopilotState, {}, world.signal);
    if (await printed(flags, world, [autopilotState.reply, state])) return 0;
    world.out(format === 'json' ? wireJson(autopilotState.reply, state) : pretty(state));
    return 0;
  },
};

function pretty(state: AutopilotState): string {
  const facts = keyValues([
    ['Healthy', String(state.healthy)],
    ['Failure Tolerance', String(state.failureTolerance)],
    ['Leader', state.leader],
    ['Voters', state.voters.join(', ')],
  ]);
  return `${[facts, ...Object.values(state.servers).map(paragraph)].join('\n\n')}\n`;
}

function paragraph(server: AutopilotServer): string {
  return keyValues([
    ['Server', server.id],
    ['Name', server.name],
    ['Address', server.address],
    ['Version', server.version],
    ['Status', server.status],
    ['Node Status', server.nodeStatus],
    ['Healthy', String(server.healthy)],
    ['Last Contact', formatDuration(server.lastContactMs)],
    ['Last Index', String(server.lastIndex)],
  ]);
}

export const operatorAutopilotSetConfig: Command = {
  name: 'operator autopilot set-config',
  summary: 'Check that servers are looked after as one wants',
  description:
    'Nothing of it can be changed: what is so already is taken, anything else is refused by its name. Flags are those of Nomad and Consul; some take true or false.',
  arguments: [],
  flags: withApiFlags(
    flag.string('cleanup-dead-servers', '<bool>', 'Servers that are dead are taken out.'),
    flag.string('last-contact-threshold', '<duration>', 'Silence of one that is well.'),
    flag.number('max-trailing-logs', '<count>', 'Entries that one which is well may lack.'),
    flag.number('min-quorum', '<count>', 'Servers that are never taken out.'),
    flag.string('server-stabilization-time', '<duration>', 'Until a new one votes.'),
    flag.string('disable-upgrade-migration', '<bool>', 'Of other editions: false.'),
    flag.string('redundancy-zone-tag', '<name>', 'Of other editions: empty.'),
    flag.string('upgrade-version-tag', '<name>', 'Of other editions: empty.'),
    flag.string('enable-redundancy-zones', '<bool>', 'Of other editions: false.'),
    flag.string('enable-custom-upgrades', '<bool>', 'Of other editions: false.'),
  ),
  examples: [
    {
      line: 'muster operator autopilot set-config -cleanup-dead-servers=true',
      says: 'It is so already:',
    },
  ],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const call = { query: {}, body: wanted(invocation.flags) };
    await api.call(setAutopilot, call, world.signal);
    world.out('It is configured so: nothing was changed\n');
    return 0;
  },
};

function wanted(flags: FlagValues): AutopilotChange {
  return {
    cleanupDeadServers: typedBool(flags, 'cleanup-dead-servers'),
    lastContactThresholdMs: typedDuration(flags, 'last-contact-threshold'),
    maxTrailingLogs: flags.number('max-trailing-logs'),
    minQuorum: flags.number('min-quorum'),
    serverStabilizationTimeMs: typedDuration(flags, 'server-stabilization-time'),
    disableUpgradeMigration: typedBool(flags, 'disable-upgrade-migration'),
    redundancyZoneTag: flags.text('redundancy-zone-tag'),
    upgradeVersionTag: flags.text('upgrade-version-tag'),
    enableRedundancyZones: typedBool(flags, 'enable-redundancy-zones'),
    enableCustomUpgrades: typedBool(flags, 'enable-custom-upgrades'),
  };
}

function typedDuration(flags: FlagValues, name: string): number | undefined {
  const typed = flags.text(name);
  if (typed === undefined) return undefined;
  const ms = parseDuration(typed);
  if (ms !== undefined) return ms;
  throw new Failure('invalid', `-${name} is a duration such as 10s, not "${typed}"`);
}
