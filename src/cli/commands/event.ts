/** `event`, `event list`. Source: https://developer.hashicorp.com/consul/commands/event */
import { fireEvent, listEvents } from '../../api/consul/event-routes.ts';
import { fromBase64 } from '../../base/base64.ts';
import { Failure } from '../../base/failure.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { columns } from '../format/columns.ts';
import { wireJson } from '../format/json.ts';
import { JSON_FLAG } from '../session.ts';
import { orNothing } from './kv.ts';

const HEARD_BY = [
  flag.string('node', '<regexp>', 'Only nodes whose names match hear it.'),
  flag.string('service', '<regexp>', 'Only nodes that offer a service whose name matches.'),
  flag.string('tag', '<regexp>', 'Only where that service has a tag that matches.'),
];

export const event: Command = {
  name: 'event',
  aliases: ['event fire'],
  summary: 'Fire an event for watches on all nodes',
  description: 'What follows is the payload, which handlers get as Base64.',
  arguments: ['[<payload>]'],
  flags: withDiscoveryFlags(flag.string('name', '<name>', 'Name of the event.'), ...HEARD_BY),
  examples: [
    { line: 'muster event -name deploy v42', says: 'Everybody who watches "deploy" hears v42:' },
    { line: 'muster event -name reload -service web', says: 'Only where web runs:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags, args } = invocation;
    const name = flags.text('name') ?? '';
    if (name === '') throw new Failure('invalid', 'Event name must be specified');
    const [service, tag] = [flags.text('service'), flags.text('tag')];
    if (tag !== undefined && service === undefined) {
      throw new Failure('invalid', 'Cannot provide tag filter without service filter.');
    }
    const api = await discoveryApi(invocation, world);
    const query = { node: flags.text('node'), service, tag };
    const body = new TextEncoder().encode(args[0] ?? '');
    const { id } = await api.call(fireEvent, { params: { name }, query, body }, world.signal);
    world.out(`Event ID: ${id}\n`);
    return 0;
  },
};

export const eventList: Command = {
  name: 'event list',
  summary: 'List the latest events',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.string('name', '<name>', 'Only those of this name.'),
    ...HEARD_BY,
    JSON_FLAG,
  ),
  examples: [{ line: 'muster event list -name deploy', says: 'What was deployed last:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const { flags } = invocation;
    const api = await discoveryApi(invocation, world);
    const [service, tag] = [flags.text('service'), flags.text('tag')];
    const query = { name: flags.text('name'), node: flags.text('node'), service, tag };
    const events = await orNothing(api.call(listEvents, { query }, world.signal));
    if (flags.has('json')) {
      world.out(wireJson(listEvents.reply, events));
      return 0;
    }
    const rows = events.map(({ id, name, lTime, payload }) => [
      ...[id, name, String(lTime)],
      shown(payload),
    ]);
    world.out(`${columns([['ID', 'Name', 'LTime', 'Payload'], ...rows])}\n`);
    return 0;
  },
};

/** As text where it is printable, else as Base64. */
function shown(payload: string): string {
  const text = new TextDecoder().decode(fromBase64(payload) ?? new Uint8Array());
  return /[\u0000-\u001f\u007f\ufffd]/.test(text) ? payload : text;
}
