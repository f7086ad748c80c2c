/**
 * Services and checks as their authors write them, in requests and in files: empty, 0 and absent
 * mean that nothing was said.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/configuration/services-configuration-reference
 */
import type { JsonObject } from '../../base/json.ts';
import type { ServiceAddress, ServiceKind, ServiceWeights } from '../model/catalog.ts';
import type { HealthStatus } from '../model/health-check.ts';

export interface CheckWish {
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
  readonly successBeforePassing: number;
  readonly failuresBeforeWarning: number;
  readonly failuresBeforeCritical: number;
  readonly deregisterCriticalServiceAfterMs: number;
  readonly outputMaxBytes: number;
}

export interface ServiceWish {
  readonly kind: ServiceKind;
  /** Empty: as the name. */
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly taggedAddresses: Readonly<Record<string, ServiceAddress>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly port: number;
  readonly socketPath: string;
  readonly check?: CheckWish;
  readonly checks: readonly CheckWish[];
  readonly weights?: ServiceWeights;
  readonly enableTagOverride: boolean;
  readonly token: string;
  readonly proxy?: JsonObject;
  /** Of the mesh; a sidecar in it is not run here. */
  readonly connect?: JsonObject;
}

/** What came of a wish, or why nothing can. */
export type Settled<T> = Readonly<{ made: T }> | Readonly<{ problem: string }>;
