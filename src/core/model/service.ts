/** Services and checks as a job declares them. */
import type { Connect } from './connect.ts';
import type { WorkloadIdentity } from './identity.ts';

export interface Service {
  readonly name: string;
  /** Absent for a group's service that belongs to no task. */
  readonly taskName: string;
  readonly portLabel: string;
  /** `auto host driver alloc`. */
  readonly addressMode: string;
  readonly address: string;
  readonly tags: readonly string[];
  readonly canaryTags: readonly string[];
  readonly enableTagOverride: boolean;
  readonly meta: Readonly<Record<string, string>>;
  readonly canaryMeta: Readonly<Record<string, string>>;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
  readonly checkRestart?: CheckRestart;
  readonly connect?: Connect;
  /** `require_healthy ignore_warnings ignore`. */
  readonly onUpdate: string;
  /** `consul` or `nomad`. */
  readonly provider: string;
  readonly cluster: string;
  readonly identity?: WorkloadIdentity;
}

export interface Check {
  readonly name: string;
  readonly type: 'http' | 'tcp' | 'script' | 'grpc' | 'ttl' | 'udp' | 'docker' | 'alias' | '';
  readonly command: string;
  readonly args: readonly string[];
  readonly path: string;
  readonly protocol: string;
  readonly portLabel: string;
  readonly addressMode: string;
  readonly expose: boolean;
  readonly method: string;
  readonly body: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly initialStatus: string;
  readonly tlsServerName: string;
  readonly tlsSkipVerify: boolean;
  readonly grpcService: string;
  readonly grpcUseTls: boolean;
  /** Of an alias: name of the allocation's service, or id of an instance; empty: its machine. */
  readonly aliasService: string;
  readonly taskName: string;
  readonly checkRestart?: CheckRestart;
  readonly successBeforePassing: number;
  readonly failuresBeforeCritical: number;
  readonly failuresBeforeWarning: number;
  readonly onUpdate: string;
}

export interface CheckRestart {
  readonly limit: number;
  readonly graceMs: number;
  readonly ignoreWarnings: boolean;
}
