/** `muster eval list` and `muster eval status`. */
import { evalAllocs, listEvals, readEval } from '../../api/nomad/alloc-routes.ts';
import { flag, type Command } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchEval } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags } from '../session.ts';
import { allocList } from '../views/allocs.ts';
import { evaluationStatus as render, evaluationsOfAll } from '../views/evaluation.ts';

/** How many a page holds unless -per-page says otherwise. */
const PAGE = 100;

export const evalList: Command = {
  name: 'eval list',
  summary: 'List evaluations',
  arguments: [],
  flags: withApiFlags(
    flag.string('job', '<job>', 'Only those of this job.'),
    flag.string('status', '<status>', 'Only these: pending, blocked, complete, failed, canceled.'),
    flag.string('filter', '<expression>', 'Only what this is true for.'),
    flag.number('per-page', '<count>', `At most so many; ${PAGE} unless given.`),
    flag.string('page-token', '<token>', 'Go on where the last page ended.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster eval list -status blocked', says: 'What waits for capacity:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const told = await session.api.tell(
      listEvals,
      {
        query: {
          job: flags.text('job'),
          status: flags.text('status'),
          filter: flags.text('filter'),
          perPage: flags.number('per-page') ?? PAGE,
          nextToken: flags.text('page-token'),
        },
      },
      world.signal,
    );
    if (await printed(flags, world, [listEvals.reply, told.value])) return 0;
    const none = 'No evals found';
    world.out(`${told.value.length === 0 ? none : evaluationsOfAll(told.value, session)}\n`);
    if (told.nextToken !== undefined) {
      world.out(`\nThere are more: -page-token ${told.nextToken}\n`);
    }
    return 0;
  },
};

export const evalStatus: Command = {
  name: 'eval status',
  aliases: ['eval-status'],
  summary: 'Show one evaluation',
  description: 'Shows what was to be decided, by what, and what could not be placed and why.',
  arguments: ['<evaluation>'],
  flags: withApiFlags(
    flag.boolean('monitor', 'Follow it until it is over.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster eval status aa968375', says: 'Why something was not placed:' }],
  run: async (invocation, world) => {
    const { args, flags } = invocation;
    const session = openSession(invocation, world);
    const match = await matchEval(session, args[0] ?? '');
    if ('many' in match) {
      world.out(`${match.many}\n`);
      return 0;
    }
    const { id } = match.found;
    if (flags.has('monitor')) return monitorEvaluation(id, session);
    const evaluation = await session.api.call(readEval, { params: { id } }, world.signal);
    if (await printed(flags, world, [readEval.reply, evaluation])) return 0;
    world.out(`${render(evaluation, session)}\n`);
    if (!session.verbose) return 0;
    const allocs = await session.api.call(evalAllocs, { params: { id } }, world.signal);
    if (allocs.length > 0) world.out(`\nAllocations\n${allocList(allocs, session)}\n`);
    return 0;
  },
};
