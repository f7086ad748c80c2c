/** What the agent knows of itself, as the discovery API tells it. */
import type { AgentMember } from '../api/consul/agent-routes.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';

export interface DiscoveryIdentity {
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly nodeId: string;
  readonly version: string;
}

/** The agents that this one knows: itself, until it finds others. */
export function membersOf(identity: DiscoveryIdentity): readonly AgentMember[] {
  const { config, nodeName, nodeId, version } = identity;
  const isServer = config.server !== undefined;
  return [
    {
      name: nodeName,
      address: config.bindAddr,
      port: config.ports.serf,
      status: 'alive',
      tags: {
        role: isServer ? 'consul' : 'node',
        dc: config.datacenter,
        id: nodeId,
        build: version,
        port: String(config.ports.rpc),
        segment: '',
        vsn: '2',
        vsn_min: '2',
        vsn_max: '3',
        ...(isServer ? { bootstrap: '1', raft_vsn: '3' } : {}),
      },
    },
  ];
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
