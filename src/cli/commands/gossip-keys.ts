/** `muster operator gossip keyring ...`: the keys of gossip as `nomad` has them. */
import * as routes from '../../api/nomad/agent-routes.ts';
import { toBase64 } from '../../base/base64.ts';
import type { Command } from '../command.ts';
import { columns } from '../format/columns.ts';
import { openSession, withApiFlags, type Session } from '../session.ts';

export const gossipKeyGenerate: Command = {
  name: 'operator gossip keyring generate',
  aliases: ['keygen', 'operator keygen'],
  summary: 'Print a new key for gossip',
  description:
    'Draws 32 bytes that nobody can guess, and prints them in base64: what "encrypt" takes.',
  arguments: [],
  flags: [],
  examples: [{ line: 'muster keygen', says: 'A key for the configuration of all agents:' }],
  run: (_, world) => {
    world.out(`${toBase64(world.randomBytes(KEY_BYTES))}\n`);
    return Promise.resolve(0);
  },
};

/** For AES-256. */
const KEY_BYTES = 32;

export const gossipKeyList: Command = {
  name: 'operator gossip keyring list',
  summary: 'List the keys that agents encrypt their gossip with',
  arguments: [],
  flags: withApiFlags(),
  examples: [{ line: 'muster operator gossip keyring list', says: 'Which there are:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    world.out('Gathering installed encryption keys...\n');
    const { keys } = await api.call(routes.listGossipKeys, {}, world.signal);
    world.out(`${columns([['Key'], ...Object.keys(keys).map((key) => [key])])}\n`);
    return 0;
  },
};

interface Change {
  readonly verb: 'install' | 'use' | 'remove';
  readonly summary: string;
  /** What its example is for. */
  readonly says: string;
  /** Printed before it is done. */
  readonly doing: string;
  readonly change: (session: Session, body: { readonly key: string }) => Promise<unknown>;
}

function changeCommand({ verb, summary, says, doing, change }: Change): Command {
  const name = `operator gossip keyring ${verb}`;
  return {
    name,
    summary,
    description: 'A new key is installed, then used, then the old one removed.',
    arguments: ['<key>'],
    flags: withApiFlags(),
    examples: [{ line: `muster ${name} HD5Y61iE+neTxd1n6TnXhCPViPIUq5QpWq8WW8012XA=`, says }],
    run: async (invocation, world) => {
      const session = openSession(invocation, world);
      world.out(`${doing}\n`);
      await change(session, { key: invocation.args[0] ?? '' });
      return 0;
    },
  };
}

export const gossipKeyInstall: Command = changeCommand({
  verb: 'install',
  summary: 'Give all agents a key for gossip, beside the one in use',
  says: 'Begin a change of keys:',
  doing: 'Installing new gossip encryption key...',
  change: ({ api, world }, body) => api.call(routes.installGossipKey, { body }, world.signal),
});

export const gossipKeyUse: Command = changeCommand({
  verb: 'use',
  summary: 'Make a key that all agents have the one in use',
  says: 'Go on with it:',
  doing: 'Changing primary gossip encryption key...',
  change: ({ api, world }, body) => api.call(routes.useGossipKey, { body }, world.signal),
});

export const gossipKeyRemove: Command = changeCommand({
  verb: 'remove',
  summary: 'Take a key that is not in use from all agents',
  says: 'End it:',
  doing: 'Removing gossip encryption key...',
  change: ({ api, world }, body) => api.call(routes.removeGossipKey, { body }, world.signal),
});
