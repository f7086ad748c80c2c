/**
 * `rtt`: how far two nodes are apart. Source: https://developer.hashicorp.com/consul/commands/rtt
 */
import { listCoordinates } from '../../api/consul/coordinate-routes.ts';
import { consulSelf } from '../../api/consul/agent-routes.ts';
import { Failure } from '../../base/failure.ts';
import type { Coordinate } from '../../core/model/coordinate.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';

export const rtt: Command = {
  name: 'rtt',
  summary: 'Estimate the round trip between two nodes',
  description: 'From the coordinates that agents measure; nothing is sent between the two.',
  arguments: ['<node>', '[<node>]'],
  flags: withDiscoveryFlags(flag.boolean('wan', 'Not there: datacenters have no coordinates yet.')),
  examples: [{ line: 'muster rtt n1 n2', says: 'Between two nodes:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    if (invocation.flags.has('wan')) {
      throw new Failure('unsupported', 'There are no coordinates between datacenters yet');
    }
    const api = await discoveryApi(invocation, world);
    const all = await api.call(listCoordinates, {}, world.signal);
    const [one = '', typed] = invocation.args;
    const other = typed ?? (await api.call(consulSelf, {}, world.signal)).config.nodeName;
    const [a, b] = [one, other].map((name) => {
      const found = all.find(({ node }) => node === name);
      if (found === undefined) {
        throw new Failure('not_found', `Could not find a coordinate for node "${name}"`);
      }
      return found.coordinate;
    });
    if (a === undefined || b === undefined) return 1;
    const ms = (distance(a, b) * 1000).toFixed(3);
    world.out(`Estimated ${one} <-> ${other} rtt: ${ms} ms (using LAN coordinates)\n`);
    return 0;
  },
};

/** [s] Source: https://developer.hashicorp.com/consul/docs/architecture/coordinates */
function distance(a: Coordinate, b: Coordinate): number {
  const squares = a.vec.reduce((sum, at, i) => sum + (at - (b.vec[i] ?? 0)) ** 2, 0);
  const raw = Math.sqrt(squares) + a.height + b.height;
  const adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}
