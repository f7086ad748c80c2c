/**
 * `rtt`: how far two nodes are apart. Source: https://developer.hashicorp.com/consul/commands/rtt
 */
import type { Api } from '../../api/api.ts';
import { coordinateDatacenters, listCoordinates } from '../../api/consul/coordinate-routes.ts';
import { consulMembers, consulSelf } from '../../api/consul/agent-routes.ts';
import { Failure } from '../../base/failure.ts';
import { distance, type Coordinate } from '../../core/model/coordinate.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';

export const rtt: Command = {
  name: 'rtt',
  summary: 'Estimate the round trip between two nodes',
  description:
    'From the coordinates that agents measure; nothing is sent between the two. Servers of ' +
    'several datacenters are named as `members -wan` does, or `NODE.DATACENTER`.',
  arguments: ['<node>', '[<node>]'],
  flags: withDiscoveryFlags(flag.boolean('wan', 'Between servers of two datacenters.')),
  examples: [
    { line: 'muster rtt n1 n2', says: 'Between two nodes:' },
    { line: 'muster rtt -wan s1.berlin s1.ohio', says: 'Between two regions:' },
  ],
  failureCode: 1,
  run: async (invocation, world) => {
    const isWan = invocation.flags.has('wan');
    const api = await discoveryApi(invocation, world);
    const all = await (isWan ? wanCoordinates : lanCoordinates)(api, world.signal);
    const [one = '', typed] = invocation.args;
    const other = typed ?? (await ownName(api, isWan, world.signal));
    const [a, b] = [one, other].map((name) => {
      const found = all.get(name);
      if (found === undefined) {
        throw new Failure('not_found', `Could not find a coordinate for node "${name}"`);
      }
      return found;
    });
    if (a === undefined || b === undefined) return 1;
    const ms = (distance(a, b) * 1000).toFixed(3);
    world.out(
      `Estimated ${one} <-> ${other} rtt: ${ms} ms (using ${isWan ? 'WAN' : 'LAN'} coordinates)\n`,
    );
    return 0;
  },
};

type Coordinates = ReadonlyMap<string, Coordinate>;

async function lanCoordinates(api: Api, signal: AbortSignal): Promise<Coordinates> {
  const all = await api.call(listCoordinates, {}, signal);
  return new Map(all.map(({ node, coordinate }) => [node, coordinate]));
}

/** By the names of Consul's pool, `NODE.DATACENTER`, and of this one, `NODE.REGION`. */
async function wanCoordinates(api: Api, signal: AbortSignal): Promise<Coordinates> {
  const [maps, members] = await Promise.all([
    api.call(coordinateDatacenters, {}, signal),
    api.call(consulMembers, { query: { wan: true } }, signal),
  ]);
  const placed = new Map(
    maps.flatMap(({ datacenter, coordinates }) =>
      coordinates.map(({ node, coordinate }) => [`${node}.${datacenter}`, coordinate] as const),
    ),
  );
  const named = members.flatMap(({ name, tags }) => {
    const suffix = `.${tags['region'] ?? ''}`;
    const node = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    const coordinate = placed.get(`${node}.${tags['dc'] ?? ''}`);
    return coordinate === undefined ? [] : [[name, coordinate] as const];
  });
  // What a name means in the pool goes before what it may mean besides.
  return new Map([...placed, ...named]);
}

async function ownName(api: Api, isWan: boolean, signal: AbortSignal): Promise<string> {
  const { nodeName, datacenter } = (await api.call(consulSelf, {}, signal)).config;
  return isWan ? `${nodeName}.${datacenter}` : nodeName;
}
