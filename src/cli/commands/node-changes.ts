/** Commands that change what a node may do: `drain`, `eligibility`. */
import { drainNode, readNode, setNodeEligibility } from '../../api/nomad/node-routes.ts';
import { parseDuration } from '../../base/duration.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { only } from '../matching.ts';
import { monitorDrain } from '../monitor/drain.ts';
import {
  confirm,
  DETACH,
  openSession,
  VERBOSE,
  withApiFlags,
  YES,
  type Session,
} from '../session.ts';
import type { World } from '../world.ts';
import { theNode } from './node-status.ts';

const SELF = flag.boolean('self', 'The node of the agent that is asked.');

/** How long allocations may take to leave unless said otherwise [ms]. */
const DEADLINE_MS = 3_600_000;

export const nodeDrain: Command = {
  name: 'node drain',
  aliases: ['node-drain'],
  summary: 'Move the work of a node elsewhere',
  description:
    'Takes no new work to the node and moves what runs there to others, as the "migrate" block of each group wants it. Follows that until it is done, unless -detach.',
  arguments: ['[node]'],
  flags: withApiFlags(
    flag.boolean('enable', 'Begin to drain.'),
    flag.boolean('disable', 'Call it off.'),
    flag.string('deadline', '<duration>', 'After this long, stop what is left; 1h unless given.'),
    flag.boolean('force', 'Stop everything at once.'),
    flag.boolean('no-deadline', 'Wait as long as it takes.'),
    flag.boolean('ignore-system', 'Leave system jobs running.'),
    flag.boolean('keep-ineligible', 'With -disable: still take no new work.'),
    flag.string('m', '<message>', 'Why; kept with the node.'),
    flag.list('meta', '<key=value>', 'Kept with the node.'),
    flag.boolean('monitor', 'Only follow a drain that is under way.'),
    DETACH,
    SELF,
    YES,
    VERBOSE,
  ),
  examples: [
    { line: 'muster node drain -enable -yes 3f66aa12', says: 'Empty a machine:' },
    { line: 'muster node drain -disable 3f66aa12', says: 'Take it into use again:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const wanted = ['enable', 'disable', 'monitor'].filter((name) => flags.has(name));
    if (wanted.length !== 1) {
      throw new Failure('invalid', 'say one of -enable, -disable and -monitor');
    }
    const session = openSession(invocation, world);
    const { id } = only(await nodeMeant(invocation, session));
    if (flags.has('monitor')) return monitorDrain(id, session);
    if (flags.has('disable')) return undrain(id, invocation, session);
    return drain(id, invocation, session);
  },
};

function nodeMeant(invocation: Invocation, session: Session): ReturnType<typeof theNode> {
  const typed = invocation.args[0];
  if (typed === undefined && !invocation.flags.has('self')) {
    throw new Failure('invalid', 'missing the id of a node, or -self');
  }
  return theNode(typed, session);
}

async function drain(id: string, invocation: Invocation, session: Session): Promise<number> {
  const { flags } = invocation;
  const { api, world } = session;
  const deadlineMs = deadline(invocation);
  const question = `Are you sure you want to enable drain mode for node "${id}"?`;
  if (!(await sure(invocation, world, question))) return 0;
  await api.call(drainNode, {
    params: { id },
    body: {
      drain: { deadlineMs, ignoreSystemJobs: flags.has('ignore-system') },
      markEligible: false,
      meta: meta(invocation),
    },
  });
  world.out(`Node "${id}" drain strategy set\n`);
  return flags.has('detach') ? 0 : monitorDrain(id, session);
}

/** Only a person is asked: scripts have always run without a question. */
function sure(invocation: Invocation, world: World, question: string): Promise<boolean> {
  return world.input.isTerminal ? confirm(invocation, world, question) : Promise.resolve(true);
}

function deadline({ flags }: Invocation): number {
  const said = ['deadline', 'force', 'no-deadline'].filter(
    (name) => flags.has(name) || flags.text(name) !== undefined,
  );
  if (said.length > 1) {
    throw new Failure('invalid', `-${said.join(' and -')} cannot be combined`);
  }
  if (flags.has('force')) return -1;
  if (flags.has('no-deadline')) return 0;
  const typed = flags.text('deadline');
  if (typed === undefined) return DEADLINE_MS;
  const parsed = parseDuration(typed);
  if (parsed !== undefined && parsed > 0) return parsed;
  throw new Failure('invalid', `-deadline must be a duration such as "30m", got "${typed}"`);
}

function meta({ flags }: Invocation): Readonly<Record<string, string>> {
  const message = flags.text('m');
  const pairs = flags.list('meta').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
    throw new Failure('invalid', `-meta must be key=value, got "${pair}"`);
  });
  return { ...(message === undefined ? {} : { message }), ...Object.fromEntries(pairs) };
}

async function undrain(id: string, invocation: Invocation, session: Session): Promise<number> {
  const markEligible = !invocation.flags.has('keep-ineligible');
  await session.api.call(drainNode, {
    params: { id },
    body: { markEligible, meta: meta(invocation) },
  });
  session.world.out(`Node "${id}" drain strategy unset\n`);
  return 0;
}

export const nodeEligibility: Command = {
  name: 'node eligibility',
  aliases: ['node-eligibility'],
  summary: 'Say whether a node may get new work',
  description: 'What runs there already goes on running.',
  arguments: ['[node]'],
  flags: withApiFlags(
    flag.boolean('enable', 'It may.'),
    flag.boolean('disable', 'It may not.'),
    SELF,
    VERBOSE,
  ),
  examples: [{ line: 'muster node eligibility -disable 3f66aa12', says: 'Nothing new there:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    if (flags.has('enable') === flags.has('disable')) {
      throw new Failure('invalid', 'say one of -enable and -disable');
    }
    const session = openSession(invocation, world);
    const { id } = only(await nodeMeant(invocation, session));
    const node = await session.api.call(readNode, { params: { id } }, world.signal);
    const eligibility = flags.has('enable') ? 'eligible' : 'ineligible';
    await session.api.call(setNodeEligibility, { params: { id }, body: { eligibility } });
    world.out(`Node "${node.id}" scheduling eligibility set: ${eligibility} for scheduling\n`);
    return 0;
  },
};
