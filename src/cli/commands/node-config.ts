/** `muster node config`: which servers a client talks to. */
import { agentServers } from '../../api/nomad/agent-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { openSession, withApiFlags } from '../session.ts';

export const nodeConfig: Command = {
  name: 'node config',
  aliases: ['node-config', 'client-config'],
  summary: 'Print the servers that the agent talks to',
  description: 'The list keeps itself: an agent hears of servers that come and go.',
  arguments: [],
  flags: withApiFlags(flag.boolean('servers', 'Print them, one on a line.')),
  examples: [{ line: 'muster node config -servers', says: 'Whom it knows:' }],
  run: async (invocation, world) => {
    if (!invocation.flags.has('servers')) throw new Failure('invalid', 'say -servers');
    const { api } = openSession(invocation, world);
    const servers = await api.call(agentServers, {}, world.signal);
    world.out(servers.map((server) => `${server}\n`).join(''));
    return 0;
  },
};
