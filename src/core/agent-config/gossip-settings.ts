/**
 * How the agent takes part in gossip, from what its configuration says.
 *
 * Source: https://developer.hashicorp.com/consul/docs/agent/config/config-files
 */
import type { Reader } from './reader.ts';

export interface GossipSettings {
  /** Listened on. */
  readonly address: string;
  /** `host` or `host:port` where others reach it; undefined: where it listens. */
  readonly advertise?: string;
  /** `host` or `host:port`: members that are joined. */
  readonly join: readonly string[];
  /** The same of the pool that servers of several regions share. */
  readonly wan: Omit<GossipSettings, 'wan'>;
}

/** @param bindAddr what is listened on where nothing else is said */
export function gossipSettings(root: Reader, bindAddr: string): GossipSettings {
  const server = root.block('server');
  const client = root.block('client');
  const advertise = root.block('advertise').text('serf');
  const joins = [server, server.block('server_join'), client.block('server_join')];
  const named = joins.flatMap((block) => [
    ...block.texts('retry_join'),
    ...block.texts('start_join'),
  ]);
  // Servers gossip, too: on their gossip port, whatever port they are called on.
  const servers = client.texts('servers').map((each) => each.replace(/(?<=^[^:]+|\]):\d+$/, ''));
  const address = root.block('addresses').text('serf', bindAddr);
  return {
    address,
    ...(advertise === undefined ? {} : { advertise }),
    join: [...new Set([...named, ...servers])],
    wan: wanSettings(root, address),
  };
}

function wanSettings(root: Reader, lanAddress: string): GossipSettings['wan'] {
  const advertise = root.block('advertise').text('serf_wan');
  const joins = [root, root.block('server')].flatMap((block) => [
    ...block.texts('retry_join_wan'),
    ...block.texts('start_join_wan'),
  ]);
  return {
    address: root.block('addresses').text('serf_wan', lanAddress),
    ...(advertise === undefined ? {} : { advertise }),
    join: [...new Set(joins)],
  };
}
