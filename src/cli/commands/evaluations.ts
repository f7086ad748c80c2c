/** `muster eval list`, `muster eval status` and `muster eval delete`. */
import { deleteEvals, evalAllocs, listEvals, readEval } from '../../api/nomad/alloc-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { EvalId } from '../../core/model/ids.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { printed } from '../format/json.ts';
import { matchEval, only } from '../matching.ts';
import { monitorEvaluation } from '../monitor/evaluation.ts';
import {
  confirm,
  DATA_FLAGS,
  openSession,
  VERBOSE,
  withApiFlags,
  YES,
  type Session,
} from '../session.ts';
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

export const evalDelete: Command = {
  name: 'eval delete',
  summary: 'Delete evaluations that are over',
  description:
    'By an id, or, with -filter, all that it is true for. Evaluations that still wait, or of which allocations are left, are not deleted.',
  arguments: ['[evaluation]'],
  flags: withApiFlags(
    flag.string('filter', '<expression>', 'All that this is true for.'),
    YES,
    VERBOSE,
  ),
  examples: [
    { line: 'muster eval delete 20814bf2', says: 'One of them:' },
    { line: `muster eval delete -filter 'Status == "canceled"'`, says: 'After a question:' },
  ],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const ids = await evalsMeant(invocation, session);
    if (ids.length === 0) {
      world.out('No evals found\n');
      return 0;
    }
    const question = `Are you sure you want to delete ${ids.length} evals?`;
    if (ids.length > 1 && !(await confirm(invocation, world, question))) return 0;
    const body = { evalIds: ids };
    const { count } = await session.api.call(deleteEvals, { body }, world.signal);
    world.out(`Successfully deleted ${count} ${count === 1 ? 'evaluation' : 'evaluations'}\n`);
    return 0;
  },
};

async function evalsMeant(
  { args, flags }: Invocation,
  session: Session,
): Promise<readonly EvalId[]> {
  const filter = flags.text('filter');
  const [typed] = args;
  if ((typed === undefined) === (filter === undefined)) {
    throw new Failure('invalid', 'say which: either an evaluation or -filter');
  }
  if (typed !== undefined) return [only(await matchEval(session, typed)).id];
  const query = { filter, perPage: DELETED_AT_ONCE };
  const found = await session.api.call(listEvals, { query }, session.world.signal);
  return found.map(({ id }) => id);
}

/** An entry is bounded; who has more deletes again. */
const DELETED_AT_ONCE = 1_000;
