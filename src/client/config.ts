/** What an operator says of a client. Plain data: the agent's configuration maps to it. */
import type { HostNetwork, HostVolume, NodeReserved } from '../core/model/node.ts';
import type { CollectPolicy } from '../core/runner/collect.ts';
import { TEMPLATE_POLICY, type TemplatePolicy } from '../core/task-templates/template-policy.ts';

export interface ClientConfig {
  /** Shown to people; undefined: the machine's host name. */
  readonly name?: string;
  readonly region: string;
  readonly datacenter: string;
  readonly nodeClass: string;
  readonly nodePool: string;
  readonly meta: Readonly<Record<string, string>>;
  /** `host:port` of this agent's HTTP API. */
  readonly httpAddr: string;
  /** What job files may rely on, beside what the machine tells of itself. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly reserved: NodeReserved;
  /** Overrides of what was found; undefined: as found. */
  readonly cpuTotalCompute?: number;
  readonly memoryTotalMb?: number;
  readonly diskTotalMb?: number;
  readonly dynamicPortMin: number;
  readonly dynamicPortMax: number;
  readonly hostVolumes: Readonly<Record<string, HostVolume>>;
  readonly hostNetworks: Readonly<Record<string, HostNetwork>>;
  /** No task's `kill_timeout` reaches further [ms]. */
  readonly killTimeoutMsMax: number;
  /** The agent's environment as far as tasks on the bare machine may see it. */
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly collect: CollectPolicy & { readonly intervalMs: number };
  /** Between two looks at the drivers [ms]. */
  readonly fingerprintMs: number;
  readonly templates: TemplatePolicy;
  /** The end of the client ends its tasks and forgets them (`-dev`); else they go on. */
  readonly stopTasksAtEnd: boolean;
}

/** Variables of the agent that hold secrets, or would make a task talk in the agent's name. */
const DENIED = [
  'CONSUL_TOKEN',
  'CONSUL_HTTP_TOKEN',
  'CONSUL_VAULT_TOKEN',
  'VAULT_TOKEN',
  'NOMAD_TOKEN',
  'MUSTER_TOKEN',
  'ATLAS_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS',
] as const;

/**
 * What of the agent's own environment its tasks see.
 *
 * Source: the `env.denylist` option,
 * https://developer.hashicorp.com/nomad/docs/configuration/client
 */
export function taskHostEnv(
  agentEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const denied = new Set<string>(DENIED);
  const kept = Object.entries(agentEnv).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !denied.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** Everything an operator need not say. */
export const DEFAULT_CLIENT_CONFIG: ClientConfig = {
  region: 'global',
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  meta: {},
  httpAddr: '127.0.0.1:4646',
  attributes: {},
  reserved: { cpu: 0, memoryMb: 0, diskMb: 0, ports: [] },
  dynamicPortMin: 20_000,
  dynamicPortMax: 32_000,
  hostVolumes: {},
  hostNetworks: {},
  killTimeoutMsMax: 30_000,
  hostEnv: {},
  collect: {
    intervalMs: 60_000,
    allocsMax: 50,
    diskUsedPercentMax: 80,
    inodesUsedPercentMax: 70,
  },
  fingerprintMs: 30_000,
  templates: TEMPLATE_POLICY,
  stopTasksAtEnd: false,
};
