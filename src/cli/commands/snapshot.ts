/**
 * `snapshot save`, `snapshot restore`, `snapshot inspect`.
 *
 * Source: https://developer.hashicorp.com/consul/commands/snapshot
 */
import type { Api } from '../../api/api.ts';
import { restoreSnapshot, saveSnapshot } from '../../api/consul/snapshot-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { Share, SnapshotSummary } from '../../core/archive/snapshot-summary.ts';
import { agentApi } from '../agent-api.ts';
import { API_FLAGS, flag } from '../command.ts';
import type { Command, Flag, FlagValues, Invocation } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { columns } from '../format/columns.ts';
import { inspectSnapshot } from '../snapshot/snapshot-file.ts';
import type { World } from '../world.ts';

/** How far keys are told apart. Source: Consul. */
const KEY_DEPTH = 2;

/** How the agent is found: each API has its own flags and variables. */
interface Way {
  readonly prefix: string;
  readonly flags: readonly Flag[];
  readonly api: (invocation: Invocation, world: World) => Promise<Api>;
}

const DISCOVERY: Way = { prefix: '', flags: withDiscoveryFlags(), api: discoveryApi };

/** Both ports answer. */
const JOBS: Way = {
  prefix: 'operator ',
  flags: [...API_FLAGS, flag.boolean('stale', 'Let any server answer, not only the leader.')],
  api: ({ flags }, world) => Promise.resolve(agentApi(flags, world)),
};

function saveCommand({ prefix, flags, api: apiOf }: Way): Command {
  return {
    name: `${prefix}snapshot save`,
    summary: 'Save the state of the servers to a file',
    description:
      'The file holds all of it, secrets too: only its owner may read it. It is looked through before it takes the place of an older one.',
    arguments: ['<file>'],
    flags,
    examples: [{ line: `muster ${prefix}snapshot save backup.snap`, says: 'A backup:' }],
    failureCode: 1,
    run: async (invocation, world) => {
      const path = invocation.args[0] ?? '';
      const api = await apiOf(invocation, world);
      const query = invocation.flags.has('stale') ? { stale: true } : {};
      const body = await api.bytes(saveSnapshot, { query }, world.signal);
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      const blob = new Blob(pieces as Uint8Array<ArrayBuffer>[]);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const { index } = await inspectSnapshot(bytes, { depth: KEY_DEPTH, filter: '' });
      await world.files.writeBytes(path, bytes);
      world.out(`Saved and verified snapshot to index ${index}\n`);
      return 0;
    },
  };
}

function restoreCommand({ prefix, flags, api: apiOf }: Way): Command {
  return {
    name: `${prefix}snapshot restore`,
    summary: 'Put the state of the servers back to what a file holds',
    description: 'All that has changed since is gone. "-" takes the file from standard input.',
    arguments: ['<file>'],
    flags,
    examples: [
      { line: `muster ${prefix}snapshot restore backup.snap`, says: 'Back to the backup:' },
    ],
    failureCode: 1,
    run: async (invocation, world) => {
      const body = await world.files.readBytes(invocation.args[0] ?? '');
      const api = await apiOf(invocation, world);
      await api.call(restoreSnapshot, { body }, world.signal);
      world.out('Restored snapshot\n');
      return 0;
    },
  };
}

export const snapshotSave = saveCommand(DISCOVERY);
export const snapshotRestore = restoreCommand(DISCOVERY);
export const operatorSnapshotSave = saveCommand(JOBS);
export const operatorSnapshotRestore = restoreCommand(JOBS);

export const snapshotInspect: Command = {
  name: 'snapshot inspect',
  aliases: ['operator snapshot inspect'],
  summary: 'Show what a saved state holds',
  description: 'Asks no agent. "-" takes the file from standard input.',
  arguments: ['<file>'],
  flags: [
    flag.boolean('kvdetails', 'Show the keys too, by path.'),
    flag.number('kvdepth', '<count>', 'Parts of a path that tell keys apart; 2 unless given.'),
    flag.string('kvfilter', '<prefix>', 'Show only keys that begin so.'),
    flag.string('format', '<name>', '"pretty" or "json".'),
    flag.boolean('json', 'The same as -format=json.'),
  ],
  examples: [
    { line: 'muster snapshot inspect backup.snap', says: 'How much of what:' },
    { line: 'muster snapshot inspect -kvdetails -kvfilter app/ backup.snap', says: 'Which keys:' },
  ],
  failureCode: 1,
  run: async ({ args, flags }, world) => {
    const format = flags.has('json') ? 'json' : (flags.text('format') ?? 'pretty');
    if (format !== 'pretty' && format !== 'json') {
      throw new Failure('invalid', `Unknown format: ${format}`);
    }
    const withKeys = flags.has('kvdetails');
    const details = { depth: depthOf(flags), filter: flags.text('kvfilter') ?? '' };
    const summary = await inspectSnapshot(await world.files.readBytes(args[0] ?? ''), details);
    world.out(`${format === 'json' ? json(summary, withKeys) : pretty(summary, withKeys)}\n`);
    return 0;
  },
};

function depthOf(flags: FlagValues): number {
  const depth = flags.number('kvdepth') ?? KEY_DEPTH;
  if (Number.isInteger(depth) && depth > 0) return depth;
  throw new Failure('invalid', '-kvdepth takes a whole number above 0');
}

/** The log has no terms. */
const TERM = 0;

function json(summary: SnapshotSummary, withKeys: boolean): string {
  const { id, size, index, version, tables, keys } = summary;
  const stat = ({ name, bytes, count }: Share): object => ({
    ...{ Name: name, Sum: bytes, Count: count },
  });
  const told = {
    Meta: { ID: id, Size: size, Index: index, Term: TERM, Version: version },
    Stats: tables.map(stat),
    StatsKV: withKeys ? keys.map(stat) : null,
    TotalSize: total(tables),
    TotalSizeKV: withKeys ? total(keys) : 0,
  };
  return JSON.stringify(told, undefined, 3);
}

function pretty(summary: SnapshotSummary, withKeys: boolean): string {
  const { id, size, index, version, tables, keys } = summary;
  const facts = [
    ['ID', id],
    ['Size', String(size)],
    ['Index', String(index)],
    ['Term', String(TERM)],
    ['Version', String(version)],
  ];
  const shown = [wide(facts), shares('Type', tables)];
  if (withKeys) shown.push(shares('Key Name', keys));
  return shown.join('\n\n');
}

function shares(title: string, rows: readonly Share[]): string {
  const rule = ['----', '----', '----'];
  return wide([
    [title, 'Count', 'Size'],
    rule,
    ...rows.map(({ name, count, bytes }) => [name, String(count), byteSize(bytes)]),
    rule,
    ['Total', '', byteSize(total(rows))],
  ]);
}

/** Columns with six spaces between them, set in by one. */
function wide(rows: readonly (readonly string[])[]): string {
  const padded = rows.map((row) =>
    row.map((cell, i) => `${i === 0 ? ' ' : ''}${cell}${i < row.length - 1 ? '    ' : ''}`),
  );
  return columns(padded);
}

function total(rows: readonly Share[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `1.6KB`, `68B`, `0`: as `consul` prints sizes, in units of 1024. */
function byteSize(bytes: number): string {
  if (bytes === 0) return '0';
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${(bytes / 1024 ** power).toFixed(1).replace(/\.0$/, '')}${UNITS[power] ?? ''}`;
}
