/** Commands that ask the agent about itself: `agent-info`, `monitor`, `system` ... */
import { agentMonitor, agentSelf } from '../../api/nomad/agent-routes.ts';
import { collectGarbage, reconcileSummaries } from '../../api/nomad/cluster-routes.ts';
import { agentAddress } from '../agent-api.ts';
import { flag, type Command } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchNode, only } from '../matching.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';

export const agentInfo: Command = {
  name: 'agent-info',
  summary: 'Print the figures of the agent by subsystem',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster agent-info', says: 'Of the agent on this machine:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const answer = await api.call(agentSelf, {}, world.signal);
    if (await printed(invocation.flags, world, [agentSelf.reply, answer])) return 0;
    for (const [group, figures] of sorted(answer.stats)) {
      const lines = sorted(figures).map(([name, value]) => `  ${name} = ${value}\n`);
      world.out(`${group}\n${lines.join('')}`);
    }
    return 0;
  },
};

function sorted<T>(values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

export const monitor: Command = {
  name: 'monitor',
  summary: 'Follow the log of an agent',
  description: 'Prints what the agent logs until Ctrl-C.',
  arguments: [],
  flags: withApiFlags(
    flag.string('log-level', '<level>', 'Nothing below it: trace, debug, info, warn, error.'),
    flag.string('node-id', '<node>', 'The agent of this node; the one that is asked otherwise.'),
    flag.string('server-id', '<name>', 'Accepted for compatibility.'),
    flag.boolean('json', 'Print lines as JSON.'),
  ),
  examples: [{ line: 'muster monitor -log-level debug', says: 'Everything that happens:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const typed = flags.text('node-id');
    const nodeId = typed === undefined ? undefined : only(await matchNode(session, typed)).id;
    const query = {
      level: flags.text('log-level'),
      json: flags.has('json') ? true : undefined,
      nodeId,
    };
    for await (const { bytes } of session.api.lines(agentMonitor, { query }, world.signal)) {
      await world.outBytes(bytes);
    }
    return 0;
  },
};

export const systemGc: Command = {
  name: 'system gc',
  summary: 'Collect all garbage now',
  description: 'Forgets jobs, evaluations, allocations, deployments and nodes that are over.',
  arguments: [],
  flags: withApiFlags(),
  examples: [{ line: 'muster system gc', says: 'Without waiting for their time:' }],
  run: async (invocation, world) => {
    await openSession(invocation, world).api.call(collectGarbage, {}, world.signal);
    return 0;
  },
};

export const systemReconcile: Command = {
  name: 'system reconcile summaries',
  summary: 'Count the summaries of all jobs anew',
  arguments: [],
  flags: withApiFlags(),
  examples: [{ line: 'muster system reconcile summaries', says: 'If in doubt:' }],
  run: async (invocation, world) => {
    await openSession(invocation, world).api.call(reconcileSummaries, {}, world.signal);
    return 0;
  },
};

export const ui: Command = {
  name: 'ui',
  summary: 'Print where the web page of the agent is',
  arguments: ['[identifier]'],
  flags: withApiFlags(),
  examples: [{ line: 'xdg-open $(muster ui)', says: 'Open it:' }],
  run: ({ args, flags }, world) => {
    const job = args[0] === undefined ? '' : `/jobs/${encodeURIComponent(args[0])}`;
    world.out(`${agentAddress(flags, world.env)}/ui${job}\n`);
    return Promise.resolve(0);
  },
};
