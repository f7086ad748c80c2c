/**
 * Services and checks as their authors write them, in requests and in files: empty, 0 and absent
 * mean that nothing was said.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/configuration/services-configuration-reference
 */
import type { JsonObject } from '../../base/json.ts';
import type { ServiceDescription, ServiceWeights } from '../model/catalog.ts';
import type { CheckVerdicts, HealthStatus } from '../model/health-check.ts';

export interface CheckWish extends CheckVerdicts {
  readonly id: string;
  /** Another name of `id`. */
  readonly checkId: string;
  readonly name: string;
  readonly notes: string;
  readonly serviceId: string;
  readonly status: HealthStatus | '';
  readonly args: readonly string[];
  /** Another name of `args`. */
  readonly scriptArgs: readonly string[];
  readonly dockerContainerId: string;
  readonly shell: string;
  readonly http: string;
  readonly method: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly disableRedirects: boolean;
  readonly h2ping: string;
  /** Absent: true. */
  readonly h2pingUseTls?: boolean;
  readonly tcp: string;
  readonly tcpUseTls: boolean;
  readonly udp: string;
  readonly grpc: string;
  readonly grpcUseTls: boolean;
  readonly osService: string;
  readonly tlsServerName: string;
  readonly tlsSkipVerify: boolean;
  readonly aliasNode: string;
  readonly aliasService: string;
  readonly ttlMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** An empty id: as the name. */
export interface ServiceWish extends ServiceDescription {
  readonly check?: CheckWish;
  readonly checks: readonly CheckWish[];
  readonly weights?: ServiceWeights;
  readonly token: string;
  readonly proxy?: JsonObject;
  /** Of the mesh; a sidecar in it is not run here. */
  readonly connect?: JsonObject;
}

/** What came of a wish, or why nothing can. */
export type Settled<T> = Readonly<{ made: T }> | Readonly<{ problem: string }>;
