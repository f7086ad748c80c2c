/**
 * `service list|info|delete`: services that jobs register with Nomad itself. Source:
 * https://developer.hashicorp.com/nomad/commands/service
 */
import {
  deleteRegistration,
  listNamedServices,
  readNamedService,
  type NamespaceServices,
  type ServiceRegistration,
} from '../../api/nomad/service-routes.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { wireJson } from '../format/json.ts';
import { JSON_FLAG, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';

export const serviceList: Command = {
  name: 'service list',
  summary: 'List the services that jobs register with provider = "nomad"',
  arguments: [],
  flags: withApiFlags(JSON_FLAG),
  examples: [{ line: 'muster service list', says: 'Their names and tags:' }],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const all = await session.api.call(listNamedServices, {}, world.signal);
    if (all.length === 0) world.out('No service registrations found\n');
    else if (invocation.flags.has('json')) world.out(wireJson(listNamedServices.reply, all));
    else world.out(`${serviceTable(all, invocation.flags.text('namespace') === '*')}\n`);
    return 0;
  },
};

function serviceTable(all: readonly NamespaceServices[], withNamespace: boolean): string {
  return columns([
    ['Service Name', ...(withNamespace ? ['Namespace'] : []), 'Tags'],
    ...all.flatMap(({ namespace, services }) =>
      services.map(({ serviceName, tags }) => [
        serviceName,
        ...(withNamespace ? [namespace] : []),
        `[${tags.join(',')}]`,
      ]),
    ),
  ]);
}

export const serviceInfo: Command = {
  name: 'service info',
  summary: 'List the instances of a service that jobs register with provider = "nomad"',
  arguments: ['<service>'],
  flags: withApiFlags(
    flag.number('per-page', '<count>', 'At most so many.'),
    flag.string('page-token', '<token>', 'Go on where the last page ended.'),
    flag.string('filter', '<expression>', 'Only what this is true for.'),
    JSON_FLAG,
    VERBOSE,
  ),
  examples: [{ line: 'muster service info web', says: 'Where it is:' }],
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const [typed, ...more] = args;
    if (typed === undefined || more.length > 0) {
      throw new Failure('invalid', 'This command takes one argument: <service_name>');
    }
    const session = openSession(invocation, world);
    const name = await nameOf(typed, session);
    const query = {
      perPage: flags.number('per-page'),
      nextToken: flags.text('page-token'),
      filter: flags.text('filter'),
    };
    const input = { params: { name }, query };
    const told = await session.api.tell(readNamedService, input, world.signal);
    if (told.value.length === 0) world.out('No service registrations found\n');
    else if (flags.has('json')) world.out(wireJson(readNamedService.reply, told.value));
    else world.out(`${instances(told.value, session)}\n`);
    if (told.nextToken !== undefined) world.err(`Next page token: ${told.nextToken}\n`);
    return 0;
  },
};

/** The service of that name, or the only one whose name begins so. */
async function nameOf(typed: string, { api, world }: Session): Promise<string> {
  const query = { prefix: typed };
  const found = await api.call(listNamedServices, { query }, world.signal);
  const names = found.flatMap(({ services }) => services.map(({ serviceName }) => serviceName));
  const [only] = names;
  if (only === undefined) {
    throw new Failure('not_found', `No service registrations with prefix "${typed}" found`);
  }
  if (names.includes(typed)) return typed;
  if (names.length === 1) return only;
  const list = serviceTable(found, false);
  throw new Failure('invalid', `Prefix matched multiple services\n\n${list}`);
}

function instances(all: readonly ServiceRegistration[], { ids, verbose }: Session): string {
  const sorted = [...all].sort((a, b) => (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0));
  if (!verbose) {
    return columns([
      ['Job ID', 'Address', 'Tags', 'Node ID', 'Alloc ID'],
      ...sorted.map((one) => [
        one.jobId,
        addressOf(one),
        `[${one.tags.join(',')}]`,
        ids(one.nodeId),
        ids(one.allocId),
      ]),
    ]);
  }
  return sorted
    .map((one) =>
      keyValues([
        ['ID', one.id],
        ['Service Name', one.serviceName],
        ['Namespace', one.namespace],
        ['Job ID', one.jobId],
        ['Alloc ID', one.allocId],
        ['Node ID', one.nodeId],
        ['Datacenter', one.datacenter],
        ['Address', addressOf(one)],
        ['Tags', `[${one.tags.join(',')}]`],
      ]),
    )
    .join('\n\n');
}

function addressOf({ address, port }: ServiceRegistration): string {
  if (port === 0) return address;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

export const serviceDelete: Command = {
  name: 'service delete',
  summary: 'Take an instance out of the services that jobs register with provider = "nomad"',
  arguments: ['<service>', '<id>'],
  flags: withApiFlags(),
  examples: [{ line: 'muster service delete web _nomad-task-1f2e-web-http', says: 'A leftover:' }],
  run: async (invocation, world) => {
    const [name, id, ...more] = invocation.args;
    if (name === undefined || id === undefined || more.length > 0) {
      const why = 'This command takes two arguments: <service_name> and <service_id>';
      throw new Failure('invalid', why);
    }
    const { api } = openSession(invocation, world);
    await api.call(deleteRegistration, { params: { name, id } }, world.signal);
    world.out('Successfully deleted service registration\n');
    return 0;
  },
};
