/** `muster rebalance`: moves that are worth it, reviewed by a person before they are made. */
import { rebalance as route, type MoveView } from '../../api/nomad/planning-routes.ts';
import { flag, type Command } from '../command.ts';
import { columns } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { headline } from '../monitor/lines.ts';
import { replaceAlloc } from '../monitor/replace.ts';
import { confirm, DATA_FLAGS, openSession, VERBOSE, withApiFlags, YES } from '../session.ts';
import type { Session } from '../session.ts';

export const rebalance: Command = {
  name: 'rebalance',
  summary: 'Find instances that would be better off elsewhere, and move them',
  description:
    'Lists running instances of services that the scheduler would place elsewhere today, the most worthwhile first, and asks whether to move them. Moves are made one after the other; the scheduler decides each anew. What rolls out at the moment, keeps its data on its disk, or is no service, stays.',
  arguments: [],
  flags: withApiFlags(
    flag.number('budget', '<moves>', 'At most so many moves; 10 unless given.'),
    flag.string('gain', '<score>', 'How much better the score must become; 0.1 unless given.'),
    flag.boolean('dry-run', 'Only list them.'),
    YES,
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [
    { line: 'muster rebalance -dry-run', says: 'Look first:' },
    { line: 'muster rebalance -budget 3', says: 'Move three at most, after a question:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const query = { budget: flags.number('budget'), gain: flags.text('gain') };
    const moves = await session.api.call(route, { query }, world.signal);
    if (await printed(flags, world, [route.reply, moves])) return 0;
    if (moves.length === 0) {
      world.out('Nothing would gain by being moved\n');
      return 0;
    }
    world.out(`${moveTable(moves, session)}\n`);
    if (flags.has('dry-run')) return 0;
    world.out('\n');
    const question = moves.length === 1 ? 'Make this move?' : `Make these ${moves.length} moves?`;
    if (!(await confirm(invocation, world, question))) return 0;
    await makeMoves(moves, session);
    return 0;
  },
};

function moveTable(moves: readonly MoveView[], { ids }: Session): string {
  const rows = moves.map(({ allocId, jobId, group, fromNodeName, toNodeName, gain }) => [
    ...[ids(allocId), jobId, group, fromNodeName, toNodeName, gain.toFixed(2)],
  ]);
  return columns([['Allocation', 'Job', 'Task Group', 'From', 'To', 'Gain'], ...rows]);
}

async function makeMoves(moves: readonly MoveView[], session: Session): Promise<void> {
  for (const { allocId, group, namespace } of moves) {
    const api = session.api.with({ namespace });
    await replaceAlloc({ id: allocId, group }, false, { ...session, api });
  }
  headline(session.world, `Moves made: ${moves.length}`);
}
