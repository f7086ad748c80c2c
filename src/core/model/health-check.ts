/**
 * Health checks: what the catalog knows of each, and how an agent finds it out.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/configuration/checks-configuration-reference
 */
import type { Index } from '../../base/brand.ts';
import type { AllocId } from './ids.ts';

export type HealthStatus = 'passing' | 'warning' | 'critical';

/** Set by gossip, or by the agent itself: whether the machine is alive. */
export const SERF_HEALTH = 'serfHealth';
/** The check that holds a whole node, or one instance (followed by `:` and its id), back. */
export const NODE_MAINTENANCE = '_node_maintenance';
export const SERVICE_MAINTENANCE = '_service_maintenance';

/** What one who registers or reports a check says of it. */
export interface CheckFacts {
  /** Unique on its node. */
  readonly id: string;
  readonly name: string;
  readonly status: HealthStatus;
  /** For people. */
  readonly notes: string;
  /** What the last run said; bounded. */
  readonly output: string;
  /** Empty: the check is the node's. */
  readonly serviceId: string;
  /** `http`, `ttl`, ...; empty where another program reports it. */
  readonly type: string;
  /** Of a check that an external monitor runs; kept as it came, in the API's form. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** As text with its unit (`10s`), for readers; empty: not told. */
  readonly interval: string;
  readonly timeout: string;
  readonly allocId?: AllocId;
}

/** A check in the catalog. */
export interface HealthCheck extends CheckFacts {
  /** Name of its node, as registered. */
  readonly node: string;
  /** Of the instance it belongs to, as of its registration; empty and none for the node's. */
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** What follows from the results of a check. */
export interface CheckVerdicts {
  /** In succession, before the status follows. 0 counts as 1. */
  readonly successBeforePassing: number;
  readonly failuresBeforeWarning: number;
  readonly failuresBeforeCritical: number;
  /** Critical for this long: the instance is deregistered [ms]; 0: never. */
  readonly deregisterCriticalServiceAfterMs: number;
  /** Bytes of output kept. */
  readonly outputMaxBytes: number;
}

/** How an agent runs a check. Exactly one `probe`. */
export interface CheckDefinition extends CheckVerdicts {
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  /** Empty: the node's. */
  readonly serviceId: string;
  /** Before its first run. */
  readonly initialStatus: HealthStatus;
  readonly probe: Probe;
  /** Between two runs [ms]; 0 for `ttl` and `alias`, which are not run. */
  readonly intervalMs: number;
  /** Of one run [ms]. */
  readonly timeoutMs: number;
}

export type Probe =
  | HttpProbe
  | H2Probe
  | TcpProbe
  | UdpProbe
  | GrpcProbe
  | ScriptProbe
  | DockerProbe
  | TtlProbe
  | AliasProbe;

export interface ProbeTls {
  /** Empty: the host's name. */
  readonly serverName: string;
  readonly skipVerify: boolean;
}

/** Passing on 2xx, warning on 429, critical on everything else. */
export type HttpProbe = Readonly<{
  kind: 'http';
  url: string;
  method: string;
  header: Readonly<Record<string, readonly string[]>>;
  body: string;
  disableRedirects: boolean;
  tls: ProbeTls;
}>;

/** An HTTP/2 ping. */
export type H2Probe = Readonly<{ kind: 'h2ping'; address: string; useTls: boolean; tls: ProbeTls }>;

/** Connects, and hangs up. */
export type TcpProbe = Readonly<{ kind: 'tcp'; address: string; useTls: boolean; tls: ProbeTls }>;

/** Sends a datagram: critical when the port is refused, passing otherwise. */
export type UdpProbe = Readonly<{ kind: 'udp'; address: string }>;

/** The standard health service; `service` empty: the whole server. */
export type GrpcProbe = Readonly<{
  kind: 'grpc';
  address: string;
  service: string;
  useTls: boolean;
  tls: ProbeTls;
}>;

/** Exit code 0 is passing, 1 warning, others critical. */
export type ScriptProbe = Readonly<{ kind: 'script'; args: readonly string[] }>;

/** A script inside a container. */
export type DockerProbe = Readonly<{
  kind: 'docker';
  containerId: string;
  shell: string;
  args: readonly string[];
}>;

/** Critical when nobody has reported for so long [ms]. */
export type TtlProbe = Readonly<{ kind: 'ttl'; ttlMs: number }>;

/** As healthy as another instance, or node. Empty `node`: this one; empty `serviceId`: the node. */
export type AliasProbe = Readonly<{ kind: 'alias'; node: string; serviceId: string }>;

/** The worst of several: critical, warning, passing. */
export function worst(statuses: Iterable<HealthStatus>): HealthStatus {
  let found: HealthStatus = 'passing';
  for (const status of statuses) {
    if (status === 'critical') return 'critical';
    if (status === 'warning') found = 'warning';
  }
  return found;
}
