/** `var put|get|list|purge|init`. Source: https://developer.hashicorp.com/nomad/commands/var */
import {
  deleteVariable,
  listVariables,
  readVariable,
  VARIABLE,
  writeVariable,
} from '../../api/nomad/variable-routes.ts';
import { decodeFull } from '../../api/codec/codec.ts';
import { isIssues } from '../../api/codec/issue.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { readJson } from '../../base/json.ts';
import type { Namespace } from '../../core/model/ids.ts';
import type { Variable } from '../../core/model/variable.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { wireJson } from '../format/json.ts';
import { timestamp } from '../format/time.ts';
import { JSON_FLAG, openSession, withApiFlags, type Session } from '../session.ts';
import {
  VARIABLE_FORMATS,
  variableAs,
  variableList,
  type VariableFormat,
} from '../views/variable.ts';
import type { World } from '../world.ts';
import { readData } from './data-argument.ts';
import { EXAMPLE_SPEC, parseSpec, type SpecFormat } from './variable-spec.ts';

const CHECK_INDEX = flag.string(
  'check-index',
  '<index>',
  'Only if the variable is as it was at this index; 0: if there is none.',
);
const OUT_HELP = 'How to print the variable: hcl, json, none or table.';

export const varPut: Command = {
  name: 'var put',
  summary: 'Create or update a variable',
  description:
    'Takes items from a file ("@spec.nv.hcl", or "-" for standard input), from key=value pairs, or both; pairs go before the file. A value is a text, "@file" or "-". An empty value takes the item out. Unless -force or -check-index says otherwise, the variable must not exist yet.',
  arguments: ['<path>|<@file>|-', '[<@file>|-]', '[<key>=<value>...]'],
  flags: withApiFlags(
    CHECK_INDEX,
    flag.boolean('force', 'Whatever is there, and however new.'),
    flag.string('in', '<format>', 'What standard input is: hcl or json; json unless given.'),
    flag.string('out', '<format>', `${OUT_HELP} Json unless standard output is a terminal.`),
    flag.boolean('verbose', 'Say on standard error what is done.'),
  ),
  examples: [
    { line: 'muster var put nomad/jobs/shop password=s3cret', says: 'What a job reads:' },
    { line: 'muster var put -force app/config @spec.nv.hcl', says: 'From a file:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    refuseAllNamespaces(flags);
    const format = formatOf(flags, world, 'none');
    const variable = await wanted(invocation, world);
    const session = openSession(invocation, world);
    const cas = flags.has('force') ? undefined : (indexOf(flags) ?? variable.modifyIndex);
    const params = { path: variable.path };
    const query = { cas, ...(variable.namespace !== '' && { namespace: variable.namespace }) };
    const told = session.api.call(writeVariable, { params, query, body: variable }, world.signal);
    const written = await orConflict(told, session, cas);
    if (written === undefined) return 1;
    const done = `Created variable "${written.path}" with modify index ${written.modifyIndex}`;
    if (format === 'none') world.out(`${done}\n`);
    else if (flags.has('verbose')) world.err(`${done}\n`);
    world.out(variableAs(written, format, session));
    return 0;
  },
};

export const varGet: Command = {
  name: 'var get',
  summary: 'Read a variable',
  arguments: ['<path>'],
  flags: withApiFlags(
    flag.string('item', '<key>', 'Print the value of this item alone, without a newline.'),
    flag.string('out', '<format>', `${OUT_HELP} Table on a terminal, else json.`),
  ),
  examples: [
    { line: 'muster var get nomad/jobs/shop', says: 'All that it holds:' },
    { line: 'muster var get -item password nomad/jobs/shop', says: 'For a script:' },
  ],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const path = onlyPath(invocation);
    refuseAllNamespaces(flags);
    const format = formatOf(flags, world, 'table');
    const session = openSession(invocation, world);
    const variable = await orNotFound(
      session.api.call(readVariable, { params: { path } }, world.signal),
    );
    const item = flags.text('item');
    if (item === undefined) {
      world.out(variableAs(variable, format, session));
      return 0;
    }
    const value = variable.items[item];
    if (value === undefined) {
      throw new Failure('not_found', `Variable does not contain "${item}" item`);
    }
    world.out(value);
    return 0;
  },
};

export const varList: Command = {
  name: 'var list',
  summary: 'List variables',
  arguments: ['[<prefix>]'],
  flags: withApiFlags(
    flag.number('per-page', '<count>', 'At most so many.'),
    flag.string('page-token', '<token>', 'Go on where the last page ended.'),
    flag.string('filter', '<expression>', 'Only what this is true for.'),
    flag.boolean('q', 'Print paths alone.'),
    JSON_FLAG,
  ),
  examples: [{ line: 'muster var list nomad/jobs/', says: 'What jobs read:' }],
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const session = openSession(invocation, world);
    const query = {
      prefix: args[0],
      perPage: flags.number('per-page'),
      nextToken: flags.text('page-token'),
      filter: flags.text('filter'),
    };
    const told = await session.api.tell(listVariables, { query }, world.signal);
    const all = told.value;
    const isOfAll = flags.text('namespace') === '*';
    if (flags.has('json')) world.out(wireJson(listVariables.reply, all));
    else if (flags.has('q')) {
      for (const { namespace, path } of all)
        world.out(`${isOfAll ? `${namespace}|` : ''}${path}\n`);
    } else {
      world.out(`${all.length === 0 ? 'No matching variables found' : variableList(all)}\n`);
    }
    if (told.nextToken !== undefined) world.err(`Next page token: ${told.nextToken}\n`);
    return 0;
  },
};

export const varPurge: Command = {
  name: 'var purge',
  summary: 'Delete a variable for good',
  arguments: ['<path>'],
  flags: withApiFlags(CHECK_INDEX),
  examples: [{ line: 'muster var purge nomad/jobs/shop', says: 'No longer needed:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const path = onlyPath(invocation);
    const cas = indexOf(flags);
    refuseAllNamespaces(flags);
    const session = openSession(invocation, world);
    const told = session.api.call(
      deleteVariable,
      { params: { path }, query: { cas } },
      world.signal,
    );
    const done = await orConflict(
      told.then(() => true),
      session,
      cas,
    );
    if (done === undefined) return 1;
    world.out(`Successfully purged variable "${path}"!\n`);
    return 0;
  },
};

export const varInit: Command = {
  name: 'var init',
  summary: 'Write an example file that describes a variable',
  arguments: ['[<filename>]'],
  flags: [
    flag.string('out', '<format>', 'Its format: hcl or json; hcl unless given.'),
    flag.boolean('quiet', 'Say nothing.'),
  ],
  examples: [
    { line: 'muster var init && muster var put app/config @spec.nv.hcl', says: 'Try it:' },
  ],
  run: async ({ args, flags }, world) => {
    const { files } = world;
    const format = specFormat(flags.text('out') ?? 'hcl', '-out');
    const name = args[0] ?? `spec.nv.${format}`;
    if (await files.exists(name)) throw new Failure('conflict', `File "${name}" already exists`);
    await files.create(name, EXAMPLE_SPEC[format]);
    if (!flags.has('quiet')) world.out(`Example variable specification written to ${name}\n`);
    return 0;
  },
};

/** The variable that the arguments describe. */
async function wanted({ args, flags }: Invocation, world: World): Promise<Variable> {
  const [first = '', ...rest] = args;
  const isWhole = isReference(first);
  if (first === '') throw new Failure('invalid', 'Not enough arguments (expected >1, got 0)');
  if (!isWhole && rest.length === 0) throw new Failure('invalid', 'Must supply data');
  const reference = isWhole ? first : isReference(rest[0] ?? '') ? rest.shift() : undefined;
  const spec = reference === undefined ? EMPTY : await readSpec(reference, flags, world);
  const path = isWhole ? spec.path : first.trim().replace(/^\/+|\/+$/g, '');
  const namespace = (flags.text('namespace') ?? spec.namespace) as Namespace;
  // What is written elsewhere than the file says is a copy, and new there.
  const isCopy = path !== spec.path || namespace !== spec.namespace;
  const items: Record<string, string> = { ...spec.items };
  for (const pair of rest) await putPair(items, pair, world);
  warnOfNames(items, world);
  return { ...spec, path, namespace, items, ...(isCopy && NEW) };
}

const NEW = {
  createIndex: 0 as Index,
  modifyIndex: 0 as Index,
  createdAt: 0 as Millis,
  modifiedAt: 0 as Millis,
};
const EMPTY: Variable = { namespace: '' as Namespace, path: '', items: {}, ...NEW };

function isReference(argument: string): boolean {
  return argument === '-' || argument.startsWith('@');
}

async function readSpec(reference: string, flags: FlagValues, world: World): Promise<Variable> {
  const path = reference === '-' ? '-' : reference.slice(1);
  const [, extension] = /\.(hcl|json)$/.exec(path) ?? [];
  const given = extension ?? flags.text('in') ?? (path === '-' ? 'json' : undefined);
  if (given === undefined) {
    const why = `Unable to determine format of ${path}; Use the -in flag to specify it.`;
    throw new Failure('invalid', why);
  }
  return parseSpec(path, await world.files.read(path), specFormat(given, '-in'));
}

/** `key=value`, where the value may be somewhere else; an empty one takes the item out. */
async function putPair(items: Record<string, string>, pair: string, world: World): Promise<void> {
  const equals = pair.indexOf('=');
  if (equals <= 0) {
    const why = `Failed to parse K=V data: invalid key/value pair "${pair}": format must be key=value`;
    throw new Failure('invalid', why);
  }
  const key = pair.slice(0, equals);
  const value = new TextDecoder().decode(await readData(pair.slice(equals + 1), world));
  if (value === '') Reflect.deleteProperty(items, key);
  else items[key] = value;
}

function warnOfNames(items: Readonly<Record<string, string>>, world: World): void {
  for (const key of Object.keys(items)) {
    const signs = [...new Set(key.match(/[^_\p{N}\p{L}]/gu) ?? [])].sort();
    if (signs.length === 0) continue;
    const shown = signs.map((sign) => `"${sign}"`).join(',');
    const why = `contains characters [${shown}] that require the 'index' function`;
    world.err(`Variable Warnings:\n\n* "${key}" ${why} for direct access in templates\n`);
  }
}

function onlyPath({ args }: Invocation): string {
  const [path, ...more] = args;
  if (path !== undefined && more.length === 0) return path;
  throw new Failure('invalid', 'This command takes one argument: <path>');
}

function refuseAllNamespaces(flags: FlagValues): void {
  if (flags.text('namespace') !== '*') return;
  throw new Failure('invalid', 'The wildcard namespace ("*") is not valid for this command.');
}

function indexOf(flags: FlagValues): number | undefined {
  const typed = flags.text('check-index');
  if (typed === undefined) return undefined;
  if (/^\d{1,16}$/.test(typed)) return Number(typed);
  const why = `Invalid -check-index value "${typed}": not parsable as uint64`;
  throw new Failure('invalid', why);
}

function formatOf(flags: FlagValues, world: World, terminal: VariableFormat): VariableFormat {
  const typed = flags.text('out') ?? (world.terminal ? terminal : 'json');
  const format = VARIABLE_FORMATS.find((one) => one === typed);
  if (format !== undefined) return format;
  const valid = VARIABLE_FORMATS.join(', ');
  throw new Failure('invalid', `Invalid value for "-out"; valid values are [${valid}]`);
}

function specFormat(typed: string, name: string): SpecFormat {
  if (typed === 'hcl' || typed === 'json') return typed;
  throw new Failure('invalid', `Invalid value for "${name}"; valid values are [hcl, json]`);
}

async function orNotFound(told: Promise<Variable>): Promise<Variable> {
  try {
    return await told;
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    throw new Failure('not_found', 'Variable not found', { cause: undefined });
  }
}

/** Undefined where somebody else was first, which is told. */
async function orConflict<T>(
  told: Promise<T>,
  { world, paint }: Session,
  checked: number | undefined,
): Promise<T | undefined> {
  try {
    return await told;
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'conflict') throw error;
    const present = decodeFull(VARIABLE, readJson(error.message));
    if (isIssues(present)) throw error;
    const { modifyIndex, modifiedAt } = present;
    const last = `The server-side item was last updated on ${timestamp(modifiedAt)}.\n`;
    world.err(
      `\n${paint.bold('Check-and-Set conflict')}\n\n` +
        `    Your provided check-index (${checked ?? 0}) does not match the server-side\n` +
        `    index (${modifyIndex}).\n` +
        (modifyIndex > 0 ? `    ${last}` : '') +
        '    If you are sure you want to perform this operation, add the -force or\n' +
        `    -check-index=${modifyIndex} flag before the positional arguments.\n\n`,
    );
    return undefined;
  }
}
