/** `muster node meta ...`: the metadata of a node, and changes of it by hand. */
import { changeNodeMeta, readNodeMeta } from '../../api/nomad/client-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { NodeId } from '../../core/model/ids.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { only } from '../matching.ts';
import { DATA_FLAGS, openSession, withApiFlags } from '../session.ts';
import { theNode } from './node-status.ts';

const NODE = flag.string('node-id', '<node>', 'The node; that of the agent unless given.');

export const nodeMetaRead: Command = {
  name: 'node meta read',
  summary: 'Print the metadata of a node',
  description:
    'Prints what counts, what was changed by hand and what the configuration says, as the node itself knows it. The servers know of a change a moment later.',
  arguments: [],
  flags: withApiFlags(NODE, ...DATA_FLAGS),
  examples: [{ line: 'muster node meta read -node-id 3f66aa12', says: 'Of one node:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const { id } = only(await theNode(flags.text('node-id'), session));
    const query = { nodeId: id };
    const meta = await session.api.call(readNodeMeta, { query }, world.signal);
    if (await printed(flags, world, [readNodeMeta.reply, meta])) return 0;
    const { set, unset } = meta.dynamic;
    const dynamic = [...rowsOf(set), ...unset.map((key) => [key, '<unset>'] as const)];
    const sections = [
      section('All Meta', rowsOf(meta.merged)),
      section('Dynamic Meta', dynamic),
      section('Static Meta', rowsOf(meta.configured)),
    ];
    world.out(
      `${sections.map(([title, rows]) => `${session.paint.bold(title)}\n${rows}`).join('\n\n')}\n`,
    );
    return 0;
  },
};

type Rows = readonly (readonly [key: string, value: string])[];

function rowsOf(values: Readonly<Record<string, string>>): Rows {
  return Object.entries(values);
}

function section(title: string, rows: Rows): readonly [title: string, rows: string] {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return [title, sorted.length === 0 ? '<none>' : keyValues(sorted)];
}

export const nodeMetaApply: Command = {
  name: 'node meta apply',
  summary: 'Change the metadata of a node',
  description:
    'Sets keys, and with -unset takes keys away, those of the configuration included. The node keeps that over restarts, and tells the servers, which look anew at jobs that wait for room.',
  arguments: ['[key=value...]'],
  flags: withApiFlags(NODE, flag.string('unset', '<keys>', 'Keys to take away, with commas.')),
  examples: [
    {
      line: 'muster node meta apply -unset testing,tempvar ready=1 role=preinit-db',
      says: 'Set two keys and take two away:',
    },
  ],
  run: async (invocation, world) => {
    const change = changeMeant(invocation);
    const session = openSession(invocation, world);
    const { id } = only(await theNode(invocation.flags.text('node-id'), session));
    const body = { nodeId: id as NodeId, change };
    await session.api.call(changeNodeMeta, { body }, world.signal);
    return 0;
  },
};

function changeMeant({ args, flags }: Invocation): {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
} {
  const pairs = args.map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
    throw new Failure('invalid', `metadata must be key=value, got "${pair}"`);
  });
  const set = Object.fromEntries(pairs);
  const typed = (flags.text('unset') ?? '').split(',').map((key) => key.trim());
  const unset = typed.filter((key) => key !== '');
  if (pairs.length === 0 && unset.length === 0) {
    throw new Failure('invalid', 'say at least one key=value, or -unset');
  }
  const both = unset.find((key) => Object.hasOwn(set, key));
  if (both === undefined) return { set, unset };
  throw new Failure('invalid', `"${both}" is to be both set and taken away`);
}
