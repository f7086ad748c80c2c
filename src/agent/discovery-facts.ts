/** What the agent knows of itself, as the discovery API tells it. */
import type { AgentMember } from '../api/consul/agent-routes.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { Member } from '../core/gossip/serf/ring.ts';
import type { Tags } from '../core/gossip/wire/tags.ts';

export interface DiscoveryIdentity {
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly nodeId: string;
  readonly version: string;
}

/**
 * What the agent says of itself to its peers. Source: the tags of Consul's agents, and what agents
 * of ours look for beside them.
 */
export function tagsOf({ config, nodeId, version }: DiscoveryIdentity): Tags {
  const { server } = config;
  return {
    role: server === undefined ? 'node' : 'consul',
    dc: config.datacenter,
    region: config.region,
    id: nodeId,
    build: version,
    port: String(config.ports.rpc),
    segment: '',
    vsn: '2',
    vsn_min: '2',
    vsn_max: '3',
    ...(server === undefined ? {} : serverTags(config, server.bootstrapExpect)),
  };
}

function serverTags({ addresses, ports }: AgentConfig, expect: number): Tags {
  return {
    raft_vsn: '3',
    rpc_addr: addresses.rpc,
    ...(expect > 1 ? { expect: String(expect) } : { bootstrap: '1' }),
    ...(ports.serfWan > 0 ? { wan_join_port: String(ports.serfWan) } : {}),
  };
}

/** The agents that this one knows; itself where it does not gossip. */
export function membersOf(
  identity: DiscoveryIdentity,
  known: readonly Member[],
): readonly AgentMember[] {
  const { config, nodeName } = identity;
  if (known.length > 0) {
    return known.map(({ name, address, status, tags }) => {
      return { name, address: address.host, port: address.port, status, tags };
    });
  }
  const { address } = config.gossip;
  const own = { name: nodeName, address, port: Math.max(0, config.ports.serf) };
  return [{ ...own, status: 'alive', tags: tagsOf(identity) }];
}

/** Settings whose values nobody is shown. */
const SECRET = /encrypt|secret|token|password/i;

/** The configuration in force. */
export function shownSettings(config: AgentConfig): JsonObject {
  const shown = JSON.parse(
    JSON.stringify(config, (name: string, value: unknown) =>
      SECRET.test(name) && typeof value === 'string' && value !== '' ? 'hidden' : value,
    ),
  ) as Json;
  return shown as JsonObject;
}

/** Figures of the process, by subsystem. */
export function runtimeStats(
  leading: boolean,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    consul: { leader: String(leading), server: 'true', bootstrap: 'true', known_datacenters: '1' },
    runtime: { arch: process.arch, os: process.platform, version: process.version },
  };
}
