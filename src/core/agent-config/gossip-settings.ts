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
  /** Whether those of the last run are found again also after leaving them. */
  readonly rejoinAfterLeave: boolean;
  /** For how long a member that failed is tried again [ms]. */
  readonly reconnectTimeoutMs: number;
  /** The same of the pool that servers of several regions share. */
  readonly wan: Omit<GossipSettings, 'wan'>;
}

/** @param bindAddr what is listened on where nothing else is said */
export function gossipSettings(root: Reader, bindAddr: string): GossipSettings {
  const server = root.block('server');
  const client = root.block('client');
  const advertise = root.block('advertise').text('serf');
  const joins = [root, server, server.block('server_join'), client.block('server_join')];
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
    ...returning(root, 'reconnect_timeout'),
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
    ...returning(root, 'reconnect_timeout_wan'),
  };
}

/** Source: Serf's default; ours has no least one. */
const RECONNECT_MS = 72 * 3_600_000;

function returning(
  root: Reader,
  timeout: string,
): Pick<GossipSettings, 'rejoinAfterLeave' | 'reconnectTimeoutMs'> {
  const rejoins = root.flag('rejoin_after_leave', false);
  return {
    rejoinAfterLeave: root.block('server').flag('rejoin_after_leave', rejoins),
    reconnectTimeoutMs: root.count(timeout, RECONNECT_MS),
  };
}
