/** The servers: who leads, who holds the log, how they fare. */
import * as routes from '../../../api/consul/operator-routes.ts';
import { consulLeader, consulPeers } from '../../../api/consul/status-routes.ts';
import { Failure } from '../../../base/failure.ts';
import { plainly } from '../deps.ts';
import { holders, removePeer, transferLead } from '../log-peers.ts';
import { serverRows } from '../server-health.ts';
import type { Bound } from '../mount.ts';
import { poolOf } from './agent.ts';
import { asNode, autopilotHandlers } from './autopilot.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';
import type { OwnPool } from './own-agent.ts';

/** Binds what concerns the servers. */
export function operatorHandlers(deps: ConsulDeps): readonly Bound[] {
  const { agent } = deps;
  return [
    bind(consulLeader, () => plainly(agent.leader())),
    bind(consulPeers, () => plainly(agent.peers())),
    ...raft(deps),
    ...autopilotHandlers(deps),
    ...keyring(deps),
    bind(routes.readUsage, () => plainly({ usage: usage(deps) })),
  ];
}

function raft(deps: ConsulDeps): readonly Bound[] {
  return [
    bind(routes.consulRaft, async () => {
      const servers = serverRows(deps.agent, await holders(deps)).map(asNode);
      return { value: { index: deps.ops.stats().index, servers } };
    }),
    bind(routes.removePeer, async ({ query }) => {
      await removePeer(deps, query);
      return { value: undefined };
    }),
    bind(routes.transferLeader, async ({ query }) => {
      await transferLead(deps, query);
      return { value: { success: true } };
    }),
  ];
}

function keyring({ agent, own }: ConsulDeps): readonly Bound[] {
  const pools = (): readonly OwnPool[] => {
    if (own === undefined) {
      throw new Failure('internal', 'keyring is empty: agents do not gossip encrypted');
    }
    return [poolOf(own, 'no keys'), ...(own.wan === undefined ? [] : [own.wan.pool])];
  };
  /** One pool after the other: a key that the first refuses is in neither. */
  const change = async (verb: 'install' | 'use' | 'remove', key: string): Promise<void> => {
    for (const pool of pools()) await pool.changeKeys(verb, key);
  };
  return [
    bind(routes.listKeyring, async () => {
      const { datacenter } = agent;
      const rings = await Promise.all(pools().map((pool) => pool.listKeys()));
      const value = rings.map((ring, i) => ({ wan: i > 0, datacenter, segment: '', ...ring }));
      // Source: Consul tells of the pool of all datacenters first.
      return { value: value.reverse() };
    }),
    bind(routes.installKey, async ({ body }) => {
      await change('install', body.key);
      return { value: undefined };
    }),
    bind(routes.useKey, async ({ body }) => {
      await change('use', body.key);
      return { value: undefined };
    }),
    bind(routes.removeKey, async ({ body }) => {
      await change('remove', body.key);
      return { value: undefined };
    }),
  ];
}

function usage({ ops, agent }: ConsulDeps): Readonly<Record<string, routes.Usage>> {
  const state = ops.snapshot();
  const counts = new Map<string, { nodes: number; names: Set<string>; instances: number }>();
  const of = (dc: string): { nodes: number; names: Set<string>; instances: number } => {
    const known = counts.get(dc) ?? { nodes: 0, names: new Set<string>(), instances: 0 };
    counts.set(dc, known);
    return known;
  };
  of(agent.datacenter);
  for (const { datacenter } of state.catalogNodes()) of(datacenter).nodes += 1;
  for (const { node, name } of state.services()) {
    const count = of(state.catalogNode(node)?.datacenter ?? agent.datacenter);
    count.names.add(name.toLowerCase());
    count.instances += 1;
  }
  return Object.fromEntries(
    Array.from(counts, ([dc, { nodes, names, instances }]) => [
      dc,
      { nodes, services: names.size, serviceInstances: instances },
    ]),
  );
}
