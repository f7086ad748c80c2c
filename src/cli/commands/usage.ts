/** `muster operator usage instances`: what there is in the catalog, counted. */
import { readUsage, type Usage } from '../../api/consul/operator-routes.ts';
import { flag, type Command } from '../command.ts';
import { discoveryApi, withDiscoveryFlags } from '../discovery-api.ts';
import { columns } from '../format/columns.ts';

export const operatorUsage: Command = {
  name: 'operator usage instances',
  summary: 'Count nodes, services and their instances',
  arguments: [],
  flags: withDiscoveryFlags(
    flag.boolean('all-datacenters', 'Of all datacenters that the agent knows.'),
  ),
  examples: [{ line: 'muster operator usage instances', says: 'How large it has become:' }],
  failureCode: 1,
  run: async (invocation, world) => {
    const api = await discoveryApi(invocation, world);
    const global = invocation.flags.has('all-datacenters') ? true : undefined;
    const { usage } = await api.call(readUsage, { query: { global } }, world.signal);
    const rows = Object.entries(usage).sort(([a], [b]) => (a < b ? -1 : 1));
    const all: Usage = { nodes: 0, services: 0, serviceInstances: 0 };
    const total = rows.reduce((sum, [, one]) => added(sum, one), all);
    const counts = [...rows, ['Total', total] as const].map(([name, count]) => [
      ...[name, String(count.nodes), String(count.services), String(count.serviceInstances)],
    ]);
    world.out(`${columns([['Datacenter', 'Nodes', 'Services', 'Instances'], ...counts])}\n`);
    return 0;
  },
};

function added(a: Usage, b: Usage): Usage {
  return {
    nodes: a.nodes + b.nodes,
    services: a.services + b.services,
    serviceInstances: a.serviceInstances + b.serviceInstances,
  };
}
