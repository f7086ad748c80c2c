/** `muster namespace ...`: what keeps jobs apart. */
import {
  createNamespace,
  deleteNamespace,
  listNamespaces,
  readNamespace,
} from '../../api/nomad/tenancy-routes.ts';
import { block, record, text, texts } from '../../core/agent-config/setting.ts';
import type { Namespace } from '../../core/model/ids.ts';
import { DEFAULT_NAMESPACE_ROW, type NamespaceRow } from '../../core/model/tenancy.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { DATA_FLAGS, openSession, TEMPLATE_FLAG, withApiFlags, type Session } from '../session.ts';
import type { World } from '../world.ts';
import { parseSpec, textsOf, type SpecForm } from './tenancy-spec.ts';

export const namespaceList: Command = {
  name: 'namespace list',
  summary: 'List namespaces',
  arguments: [],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster namespace list', says: 'All of them:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const all = await api.call(listNamespaces, {}, world.signal);
    if (await printed(invocation.flags, world, [listNamespaces.reply, all])) return 0;
    const rows = all.map(({ name, description }) => [name, description || '<none>']);
    world.out(`${columns([['Name', 'Description'], ...rows])}\n`);
    return 0;
  },
};

export const namespaceStatus: Command = {
  name: 'namespace status',
  summary: 'Show one namespace',
  arguments: ['<namespace>'],
  flags: withApiFlags(...DATA_FLAGS),
  examples: [{ line: 'muster namespace status default', says: 'The one that is always there:' }],
  run: async (invocation, world) => {
    const one = await theNamespace(invocation, world);
    if (await printed(invocation.flags, world, [readNamespace.reply, one])) return 0;
    const list = (names: readonly string[]): string => names.join(', ') || '*';
    const about = keyValues([
      ['Name', one.name],
      ['Description', one.description || '<none>'],
      ['EnabledDrivers', list(one.enabledDrivers)],
      ['DisabledDrivers', one.disabledDrivers.join(', ') || '<none>'],
    ]);
    world.out(`${about}\n`);
    const meta = Object.entries(one.meta).sort(([a], [b]) => (a < b ? -1 : 1));
    if (meta.length > 0) world.out(`\nMetadata\n${keyValues(meta)}\n`);
    return 0;
  },
};

export const namespaceInspect: Command = {
  name: 'namespace inspect',
  summary: 'Print a namespace in its API form',
  arguments: ['<namespace>'],
  flags: withApiFlags(
    flag.boolean('json', 'Accepted for compatibility: it prints JSON in any case.'),
    TEMPLATE_FLAG,
  ),
  examples: [{ line: 'muster namespace inspect team', says: 'To save it, or change it:' }],
  run: async (invocation, world) => {
    const one = await theNamespace(invocation, world);
    const { flags } = invocation;
    const wanted = flags.text('t') === undefined ? JSON_ALWAYS : flags;
    await printed(wanted, world, [readNamespace.reply, one]);
    return 0;
  },
};

const JSON_ALWAYS = { text: () => undefined, has: (name: string) => name === 'json' };

async function theNamespace(invocation: Invocation, world: World): Promise<NamespaceRow> {
  const { api } = openSession(invocation, world);
  const params = { name: invocation.args[0] ?? '' };
  return api.call(readNamespace, { params }, world.signal);
}

const FORM: SpecForm<NamespaceRow> = {
  settings: {
    name: text('its name'),
    description: text('for people'),
    quota: text('accepted for compatibility'),
    meta: record('names and texts of your own'),
    capabilities: block('what its jobs may use', {
      enabled_task_drivers: texts('only these drivers'),
      disabled_task_drivers: texts('not these drivers'),
    }),
  },
  toWire: ({ name, description, meta, capabilities }) => {
    const lists = capabilities as Readonly<Record<string, readonly string[]>> | undefined;
    return {
      Name: name ?? '',
      Description: description ?? '',
      Meta: textsOf(meta),
      Capabilities: {
        EnabledTaskDrivers: lists?.['enabled_task_drivers'] ?? [],
        DisabledTaskDrivers: lists?.['disabled_task_drivers'] ?? [],
      },
    };
  },
  codec: createNamespace.body as SpecForm<NamespaceRow>['codec'],
};

export const namespaceApply: Command = {
  name: 'namespace apply',
  summary: 'Create or change a namespace',
  description:
    'The argument is a file that describes the namespace, in HCL or JSON, "-" for standard input, or the name of one: then only its description changes.',
  arguments: ['<file-or-name>'],
  flags: withApiFlags(
    flag.string('description', '<text>', 'What it is for.'),
    flag.boolean('json', 'Accepted for compatibility: the form of a file is seen from it.'),
    flag.string('quota', '<name>', 'Accepted for compatibility.'),
  ),
  examples: [
    { line: 'muster namespace apply -description "Team A" team-a', says: 'A new one:' },
    { line: 'muster namespace apply team-a.hcl', says: 'As a file describes it:' },
  ],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const body = await described(invocation, session);
    await session.api.call(createNamespace, { body }, world.signal);
    world.out(`Successfully applied namespace "${body.name}"!\n`);
    return 0;
  },
};

async function described({ args, flags }: Invocation, session: Session): Promise<NamespaceRow> {
  const { world } = session;
  const typed = args[0] ?? '';
  const description = flags.text('description');
  const said = description === undefined ? {} : { description };
  if (typed === '-' || (await world.files.exists(typed))) {
    return { ...(await parseSpec(typed, await world.files.read(typed), FORM)), ...said };
  }
  const all = await session.api.call(listNamespaces, {}, world.signal);
  const present = all.find(({ name }) => name === typed);
  const blank = { ...DEFAULT_NAMESPACE_ROW, name: typed as Namespace, description: '' };
  return { ...(present ?? blank), ...said };
}

export const namespaceDelete: Command = {
  name: 'namespace delete',
  summary: 'Delete a namespace in which nothing is any more',
  arguments: ['<namespace>'],
  flags: withApiFlags(),
  examples: [{ line: 'muster namespace delete team-a', says: 'Once its jobs are purged:' }],
  run: async (invocation, world) => {
    const { api } = openSession(invocation, world);
    const name = invocation.args[0] ?? '';
    await api.call(deleteNamespace, { params: { name } }, world.signal);
    world.out(`Successfully deleted namespace "${name}"!\n`);
    return 0;
  },
};
