/**
 * `services ...` and `maint`: what an agent registers. Source:
 * https://developer.hashicorp.com/consul/commands/services
 */
import { AGENT_SERVICE_BODY } from '../../api/consul/agent-service-codec.ts';
import {
  agentChecks,
  agentServices,
  deregisterService,
  registerService,
  setMaintenance,
  setServiceMaintenance,
} from '../../api/consul/agent-service-routes.ts';
import { decodeFull, isObject } from '../../api/codec/codec.ts';
import { isIssues, renderIssues } from '../../api/codec/issue.ts';
import { Failure } from '../../base/failure.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { ServiceWish } from '../../core/registration/wish.ts';
import { NODE_MAINTENANCE, SERVICE_MAINTENANCE } from '../../core/model/health-check.ts';
import { flag, type Command, type FlagValues, type Invocation } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { readSettings } from '../settings-file.ts';
import type { World } from '../world.ts';

export const servicesRegister: Command = {
  name: 'services register',
  summary: 'Register services with the agent',
  description:
    'Takes what files say, which look like those of the agent ("service { ... }" or JSON), or what the flags say.',
  arguments: ['[file...]'],
  flags: withDiscoveryFlags(
    flag.string('name', '<name>', 'Name of the service.'),
    flag.string('id', '<id>', 'Id of the instance; its name unless given.'),
    flag.string('address', '<address>', 'Where it is; the address of the node unless given.'),
    flag.number('port', '<port>', 'Where it listens.'),
    flag.list('tag', '<tag>', 'A tag.'),
    flag.list('meta', '<key=value>', 'Metadata.'),
  ),
  examples: [
    { line: 'muster services register web.hcl', says: 'What a file says:' },
    { line: 'muster services register -name web -port 80 -tag v1', says: 'Without a file:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const services = await servicesOf(invocation, world);
    const api = await discoveryApi(invocation, world);
    for (const body of services) {
      await api.call(registerService, { body }, world.signal);
      world.out(`Registered service: ${body.name}\n`);
    }
    return 0;
  },
};

async function servicesOf(
  { args, flags }: Invocation,
  world: World,
): Promise<readonly ServiceWish[]> {
  const byFlags = flags.text('name') !== undefined || flags.text('id') !== undefined;
  if (args.length > 0 && byFlags) {
    throw new Failure('invalid', 'Files and flags cannot be given together');
  }
  if (args.length === 0) return [decoded(fromFlags(flags))];
  const read = await Promise.all(
    args.map(async (path) => fromFile(path, await world.files.read(path))),
  );
  const services = read.flat();
  if (services.length === 0) throw new Failure('invalid', 'There is no service in what was given');
  return services.map(decoded);
}

function fromFlags(flags: FlagValues): JsonObject {
  const [name, id] = [flags.text('name'), flags.text('id')];
  if (name === undefined) throw new Failure('invalid', 'Service name is required, or a file');
  return {
    Name: name,
    ...(id === undefined ? {} : { ID: id }),
    Address: flags.text('address') ?? '',
    Port: flags.number('port') ?? 0,
    Tags: flags.list('tag'),
    Meta: Object.fromEntries(
      flags.list('meta').map((pair) => {
        const equals = pair.indexOf('=');
        return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      }),
    ),
  };
}

async function fromFile(path: string, text: string): Promise<readonly Json[]> {
  const read = await readSettings(path, text);
  if ('wrong' in read) throw new Failure('invalid', `"${path}" cannot be used:\n${read.wrong}`);
  const { file } = read;
  return [file['service'], file['services']].flatMap((found) =>
    found === undefined ? [] : Array.isArray(found) ? found.map(unwrapped) : [unwrapped(found)],
  );
}

/** Blocks of a file are lists, where the API has one object. */
function unwrapped(service: Json): Json {
  if (!isObject(service)) return service;
  const { check, checks, ...others } = service;
  const single = Object.entries(others).map(([name, value]) => {
    const only = Array.isArray(value) && value.length === 1 ? (value[0] as Json) : undefined;
    return [name, isObject(only) ? only : value] as const;
  });
  const all = [check, checks].flatMap((found) => found ?? []);
  return { ...Object.fromEntries(single), checks: all };
}

function decoded(wire: Json): ServiceWish {
  const body = decodeFull(AGENT_SERVICE_BODY, wire, 'service');
  if (isIssues(body)) throw new Failure('invalid', renderIssues(body));
  return body;
}

export const servicesDeregister: Command = {
  name: 'services deregister',
  summary: 'Take services of the agent out of the catalog',
  arguments: ['[file...]'],
  flags: withDiscoveryFlags(flag.string('id', '<id>', 'Id of the instance.')),
  examples: [
    { line: 'muster services deregister -id web', says: 'One instance:' },
    { line: 'muster services deregister web.hcl', says: 'What a file says:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const typed = invocation.flags.text('id');
    const ids =
      typed === undefined
        ? (await servicesOf(invocation, world)).map(({ id, name }) => (id === '' ? name : id))
        : [typed];
    const api = await discoveryApi(invocation, world);
    for (const id of ids) {
      await api.call(deregisterService, { params: { id } }, world.signal);
      world.out(`Deregistered service: ${id}\n`);
    }
    return 0;
  },
};

export const maint: Command = {
  name: 'maint',
  summary: 'Hold a node or a service back, or show what is held back',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('enable', 'Hold it back.'),
    flag.boolean('disable', 'No longer.'),
    flag.string('reason', '<text>', 'Why, for people.'),
    flag.string('service', '<id>', 'Only this instance; otherwise the whole node.'),
  ),
  examples: [
    { line: 'muster maint -enable -reason "new disk"', says: 'Nothing on it is found now:' },
    { line: 'muster maint', says: 'What is held back:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const [enable, disable] = [flags.has('enable'), flags.has('disable')];
    if (enable && disable) {
      throw new Failure('invalid', 'Only one of -enable and -disable may be given');
    }
    if (!enable && !disable) return showHeld(invocation, world);
    const api = await discoveryApi(invocation, world);
    const query = { enable, reason: flags.text('reason') };
    const id = flags.text('service');
    if (id === undefined) await api.call(setMaintenance, { query }, world.signal);
    else await api.call(setServiceMaintenance, { params: { id }, query }, world.signal);
    const what = id === undefined ? 'Node' : `Service`;
    const whose = id === undefined ? '' : ` for "${id}"`;
    world.out(`${what} maintenance is now ${enable ? 'enabled' : 'disabled'}${whose}\n`);
    return 0;
  },
};

async function showHeld(invocation: Invocation, world: World): Promise<number> {
  if (invocation.flags.text('reason') !== undefined) {
    throw new Failure('invalid', '-reason may only be given with -enable');
  }
  const api = await discoveryApi(invocation, world);
  const checks = Object.values(await api.call(agentChecks, {}, world.signal));
  const services = await api.call(agentServices, {}, world.signal);
  for (const check of checks) {
    if (check.id === NODE_MAINTENANCE) {
      world.out(`Node:\n  Name:   ${check.node}\n  Reason: ${check.notes}\n\n`);
    } else if (check.id.startsWith(`${SERVICE_MAINTENANCE}:`)) {
      const name = services[check.serviceId]?.name ?? check.serviceName;
      world.out(
        `Service:\n  ID:     ${check.serviceId}\n  Name:   ${name}\n  Reason: ${check.notes}\n\n`,
      );
    }
  }
  return 0;
}
