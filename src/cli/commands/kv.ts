/** `kv get`, `kv put`, `kv delete`. Source: https://developer.hashicorp.com/consul/commands/kv */
import type { Api } from '../../api/api.ts';
import { deleteKv, readKeys, readPairs, writeKv } from '../../api/consul/kv-routes.ts';
import { fromBase64 } from '../../base/base64.ts';
import { Failure } from '../../base/failure.ts';
import type { KvPair } from '../../core/model/kv.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import type { World } from '../world.ts';
import { readData } from './data-argument.ts';

export const kvGet: Command = {
  name: 'kv get',
  summary: 'Print the value of a key, or what is under a prefix',
  arguments: ['[<key>]'],
  flags: withDiscoveryFlags(
    flag.boolean('recurse', 'All keys that begin so, with their values.'),
    flag.boolean('keys', 'The keys alone, up to the separator.'),
    flag.string('separator', '<text>', 'With -keys: where a key is cut off; "/" unless given.'),
    flag.boolean('detailed', 'Print everything that is known of the key.'),
    flag.boolean('base64', 'Print values as Base64.'),
  ),
  examples: [
    { line: 'muster kv get app/colour', says: 'One value:' },
    { line: 'muster kv get -recurse app/', says: 'All that is configured for an application:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const key = withoutSlash(invocation.args[0] ?? '');
    const api = await discoveryApi(invocation, world);
    if (flags.has('keys')) {
      const query = { keys: true, separator: flags.text('separator') ?? '/' };
      const keys = api.call(readKeys, { params: { key }, query }, world.signal);
      for (const one of await orNothing(keys)) world.out(`${one}\n`);
      return 0;
    }
    const recurse = flags.has('recurse');
    if (!recurse && key === '') throw new Failure('invalid', 'Error! Missing KEY argument');
    const pairs = await readAll(api, { key, recurse }, world);
    if (!recurse && pairs.length === 0) {
      throw new Failure('not_found', `Error! No key exists at: ${key}`);
    }
    await print(pairs, flags, world);
    return 0;
  },
};

async function readAll(
  api: Api,
  of: Readonly<{ key: string; recurse: boolean }>,
  world: World,
): Promise<readonly KvPair[]> {
  const query = of.recurse ? { recurse: true } : {};
  return orNothing(api.call(readPairs, { params: { key: of.key }, query }, world.signal));
}

/** A list is empty where the agent says that there is nothing. */
export async function orNothing<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.fault === 'not_found') return [];
    throw error;
  }
}

async function print(pairs: readonly KvPair[], flags: FlagValues, world: World): Promise<void> {
  const detailed = flags.has('detailed');
  const inList = flags.has('recurse');
  for (const [i, pair] of pairs.entries()) {
    if (detailed) world.out(`${i > 0 ? '\n' : ''}${details(pair)}Value            `);
    else if (inList) world.out(`${pair.key}:`);
    const bytes = fromBase64(pair.value);
    if (flags.has('base64') || bytes === undefined) world.out(pair.value);
    else await world.outBytes(bytes);
    world.out('\n');
  }
}

function details(pair: KvPair): string {
  return [
    ['CreateIndex', String(pair.createIndex)],
    ['Flags', pair.flags],
    ['Key', pair.key],
    ['LockIndex', String(pair.lockIndex)],
    ['ModifyIndex', String(pair.modifyIndex)],
    ['Session', pair.session ?? '-'],
  ]
    .map(([name = '', value = '']) => `${name.padEnd(17)}${value}\n`)
    .join('');
}

/** Keys do not begin with a slash, but people's fingers do. */
export function withoutSlash(key: string): string {
  return key.startsWith('/') ? key.slice(1) : key;
}

export const kvPut: Command = {
  name: 'kv put',
  summary: 'Set a key',
  description:
    'Sets a key to what is given: a text, "@file" for the content of a file, "-" for standard input. Nothing given makes the value empty.',
  arguments: ['<key>', '[<data>]'],
  flags: withDiscoveryFlags(
    flag.boolean('base64', 'What is given is Base64.'),
    flag.boolean('cas', 'Only if the key is as it was at -modify-index; 0: if there is none.'),
    flag.string('modify-index', '<index>', 'For -cas.'),
    flag.string('flags', '<number>', 'A number of 64 bits that is kept with the value.'),
    flag.boolean('acquire', 'Take the lock of the key for -session.'),
    flag.boolean('release', 'Give the lock of the key back.'),
    flag.string('session', '<id>', 'Who takes the lock, or gives it back.'),
  ),
  examples: [
    { line: 'muster kv put app/colour blue', says: 'A value:' },
    { line: 'muster kv put app/motd @motd.txt', says: 'The content of a file:' },
    { line: 'muster kv put -cas -modify-index=123 app/colour red', says: 'If nobody else did:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const key = withoutSlash(args[0] ?? '');
    if (key === '') throw new Failure('invalid', 'Error! Missing KEY argument');
    const condition = conditionOf(flags);
    const body = await readData(args[1] ?? '', world);
    const bytes = flags.has('base64') ? fromBase64(new TextDecoder().decode(body)) : body;
    if (bytes === undefined) throw new Failure('invalid', 'Error! Cannot base 64 decode data');
    const api = await discoveryApi(invocation, world);
    const query = { ...condition, flags: uint64(flags, 'flags') };
    const input = { params: { key }, query, body: bytes };
    const done = await api.call(writeKv, input, world.signal);
    const { success, failure } = outcomeOf(key, flags);
    if (!done) throw new Failure('conflict', `Error! ${failure}`);
    world.out(`Success! ${success}: ${key}\n`);
    return 0;
  },
};

function conditionOf(flags: FlagValues): Readonly<{
  cas?: number;
  acquire?: string;
  release?: string;
}> {
  const session = flags.text('session') ?? '';
  const index = uint64(flags, 'modify-index');
  if ((flags.has('acquire') || flags.has('release')) && session === '') {
    throw new Failure('invalid', 'Error! Missing -session (required with -acquire and -release)');
  }
  if (index !== undefined && Number(index) !== 0 && !flags.has('cas')) {
    throw new Failure('invalid', 'Error! Cannot specify -modify-index without -cas!');
  }
  if (flags.has('cas')) return { cas: Number(index ?? 0) };
  if (flags.has('acquire')) return { acquire: session };
  return flags.has('release') ? { release: session } : {};
}

function outcomeOf(key: string, flags: FlagValues): Readonly<{ success: string; failure: string }> {
  if (flags.has('cas')) {
    const first = Number(flags.text('modify-index') ?? 0) === 0;
    const why = first ? 'CAS performed with index=0 and key already exists.' : 'CAS failed';
    return { success: 'Data written to', failure: `Did not write to ${key}: ${why}` };
  }
  if (flags.has('acquire')) {
    return { success: 'Lock acquired on', failure: 'Did not acquire lock' };
  }
  if (flags.has('release')) {
    return { success: 'Lock released on', failure: 'Did not release lock' };
  }
  return { success: 'Data written to', failure: `Did not write to ${key}` };
}

const UINT64_MAX = 2n ** 64n - 1n;

/** The digits of a flag that holds a number of 64 bits. */
function uint64(flags: FlagValues, name: string): string | undefined {
  const typed = flags.text(name);
  if (typed === undefined) return undefined;
  if (/^\d{1,20}$/.test(typed) && BigInt(typed) <= UINT64_MAX) return typed;
  throw new Failure('invalid', `-${name} takes a number of 64 bits, not "${typed}"`);
}

export const kvDelete: Command = {
  name: 'kv delete',
  summary: 'Delete a key, or all keys under a prefix',
  arguments: ['[<key>]'],
  flags: withDiscoveryFlags(
    flag.boolean('recurse', 'All keys that begin so.'),
    flag.boolean('cas', 'Only if the key is as it was at -modify-index.'),
    flag.string('modify-index', '<index>', 'For -cas.'),
  ),
  examples: [
    { line: 'muster kv delete app/colour', says: 'One key:' },
    { line: 'muster kv delete -recurse app/', says: 'A whole application:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const key = withoutSlash(invocation.args[0] ?? '');
    const [recurse, cas] = [flags.has('recurse'), flags.has('cas')];
    const index = Number(uint64(flags, 'modify-index') ?? 0);
    refuse(key === '' && !recurse, 'Error! Missing KEY argument');
    refuse(recurse && cas, 'Cannot specify both -cas and -recurse!');
    refuse(cas && index === 0, 'Must specify a -modify-index greater than 0 with -cas!');
    refuse(!cas && index !== 0, 'Cannot specify -modify-index without -cas!');
    return remove(invocation, world, { key, ...(cas ? { cas: index } : {}), recurse });
  },
};

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new Failure('invalid', message);
}

async function remove(
  invocation: Invocation,
  world: World,
  { key, cas, recurse }: Readonly<{ key: string; cas?: number; recurse: boolean }>,
): Promise<number> {
  const api = await discoveryApi(invocation, world);
  const query = { ...(recurse ? { recurse } : {}), ...(cas === undefined ? {} : { cas }) };
  const done = await api.call(deleteKv, { params: { key }, query }, world.signal);
  if (!done) throw new Failure('conflict', `Error! Did not delete key ${key}: CAS failed`);
  world.out(`Success! ${recurse ? 'Deleted keys with prefix' : 'Deleted key'}: ${key}\n`);
  return 0;
}
