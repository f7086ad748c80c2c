/** `muster alloc status`: one instance, its tasks, what happened to them, what they use. */
import type { Api } from '../../api/api.ts';
import { listAllocs, readAlloc } from '../../api/nomad/alloc-routes.ts';
import { allocStats } from '../../api/nomad/client-routes.ts';
import type { AllocUseAnswer } from '../../api/nomad/usage-codec.ts';
import { Failure } from '../../base/failure.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import { flag, type Command } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchAlloc } from '../matching.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';
import { allocStatus as render } from '../views/alloc.ts';

export const allocStatus: Command = {
  name: 'alloc status',
  aliases: ['alloc-status'],
  summary: 'Show one allocation',
  description:
    'Shows an allocation: what its tasks do and did, the addresses it has, and, while it runs, what it uses of what it was given. With -json and no id it lists all of them.',
  arguments: ['[allocation]'],
  flags: withApiFlags(
    flag.boolean('short', 'Print only the last event of each task.'),
    flag.boolean('stats', 'Print what each task uses, in detail.'),
    ...DATA_FLAGS,
    flag.boolean('verbose', 'Print whole ids, and how the node was chosen.'),
  ),
  examples: [
    {
      line: 'muster alloc status 219074bd',
      says: 'Show an allocation by the beginning of its id:',
    },
    { line: 'muster alloc status -verbose 219074bd', says: 'And why it runs where it runs:' },
  ],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const typed = args[0];
    if (typed === undefined) {
      const all = await session.api.call(listAllocs, {}, world.signal);
      if (await printed(flags, world, [listAllocs.reply, all])) return 0;
      throw new Failure('invalid', 'missing the id of an allocation');
    }
    const match = await matchAlloc(session, typed);
    if ('many' in match) {
      world.out(`${match.many}\n`);
      return 0;
    }
    const { id } = match.found;
    const whole = await session.api.call(readAlloc, { params: { id } }, world.signal);
    if (await printed(flags, world, [readAlloc.reply, whole])) return 0;
    const usage = await usageOf(session.api, whole.alloc, world.signal);
    if (usage instanceof Failure && flags.has('stats')) {
      world.err(`Couldn't retrieve stats: ${usage.message}\n`);
    }
    const page = { ...whole, usage: usage instanceof Failure ? undefined : usage };
    const options = { ...session, short: flags.has('short'), stats: flags.has('stats') };
    world.out(`${render(page, options)}\n`);
    return 0;
  },
};

/** What a running allocation uses; absent where it does not run; the failure where nobody says. */
export async function usageOf(
  api: Api,
  alloc: Pick<Alloc, 'id' | 'clientStatus'>,
  signal: AbortSignal,
): Promise<AllocUseAnswer | Failure | undefined> {
  if (alloc.clientStatus !== 'running') return undefined;
  try {
    return await api.call(allocStats, { params: { id: alloc.id } }, signal);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
