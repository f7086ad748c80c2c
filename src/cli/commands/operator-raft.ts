/** Commands about the servers that hold the log: list them, let another lead, remove a dead one. */
import {
  raftConfiguration,
  removePeer,
  transferLeadership,
} from '../../api/nomad/cluster-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Flag, type FlagValues } from '../command.ts';
import { columns } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';

export const operatorListPeers: Command = {
  name: 'operator raft list-peers',
  summary: 'List the servers that hold the log',
  arguments: [],
  flags: withApiFlags(
    flag.boolean('stale', 'Accepted for compatibility: any server knows.'),
    ...DATA_FLAGS,
  ),
  examples: [{ line: 'muster operator raft list-peers', says: 'Who holds the log, who leads:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const answer = await api.call(raftConfiguration, {}, world.signal);
    if (await printed(invocation.flags, world, [raftConfiguration.reply, answer])) return 0;
    const rows = answer.servers.map((peer) => [
      peer.name,
      peer.id,
      peer.address,
      peer.leader ? 'leader' : 'follower',
      String(peer.voter),
    ]);
    world.out(`${columns([['Node', 'ID', 'Address', 'State', 'Voter'], ...rows])}\n`);
    return 0;
  },
};

/** How a server is named; `-address` is the agent that is asked. */
const PEER_FLAGS: readonly Flag[] = [
  flag.string('peer-address', '<host:port>', 'The server, as "list-peers" tells its address.'),
  flag.string('peer-id', '<id>', 'The server, as "list-peers" tells its ID.'),
  flag.string('id', '<id>', 'The same, as Consul spells it.'),
];

export const operatorTransferLeadership: Command = {
  name: 'operator raft transfer-leadership',
  aliases: ['operator raft transfer-leader'],
  summary: 'Let another server lead',
  description:
    'Before a server that leads is stopped, for instance. Without a name whichever other server is ready takes over. No request is lost meanwhile.',
  arguments: [],
  flags: withApiFlags(...PEER_FLAGS),
  examples: [
    { line: 'muster operator raft transfer-leadership', says: 'Any other server:' },
    {
      line: 'muster operator raft transfer-leadership -peer-address 10.0.0.2:4647',
      says: 'This one:',
    },
  ],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const query = peerOf(invocation.flags);
    const { from, to, noop } = await api.call(transferLeadership, { query }, world.signal);
    world.out(
      noop
        ? `${to.address} leads already\n`
        : `Leadership went from ${from.address} to ${to.address}\n`,
    );
    return 0;
  },
};

export const operatorRemovePeer: Command = {
  name: 'operator raft remove-peer',
  summary: 'Take a server that is gone for good out of the log',
  description:
    'A dead server is removed by itself as soon as another one is there in its place; this is for one that nobody replaces. A server that lives is refused: stop it first.',
  arguments: [],
  flags: withApiFlags(...PEER_FLAGS),
  examples: [
    {
      line: 'muster operator raft remove-peer -peer-address 10.0.0.3:4647',
      says: 'It will not come back:',
    },
  ],
  run: async (invocation, world) => {
    const query = peerOf(invocation.flags);
    const name = query.id ?? query.address;
    if (name === undefined) throw new Failure('invalid', 'which one? -peer-address or -peer-id');
    const { api } = openSession(invocation, world);
    await api.call(removePeer, { query }, world.signal);
    world.out(`Removed the server ${name} from the log\n`);
    return 0;
  },
};

function peerOf(flags: FlagValues): { readonly id?: string; readonly address?: string } {
  const id = flags.text('peer-id') ?? flags.text('id');
  const address = flags.text('peer-address');
  if (id !== undefined && address !== undefined) {
    throw new Failure('invalid', '-peer-id and -peer-address name one server twice');
  }
  return { ...(id === undefined ? {} : { id }), ...(address === undefined ? {} : { address }) };
}
