/** One process (or container) of a group. */
import type { JsonObject } from '../../base/json.ts';
import type { WorkloadIdentity } from './identity.ts';
import type { Affinity, Constraint } from './placement.ts';
import type { LogConfig, TaskResources } from './resources.ts';
import type { Service } from './service.ts';
import type { RestartPolicy } from './strategy.ts';

export interface Task {
  readonly name: string;
  readonly driver: string;
  readonly user: string;
  readonly config: JsonObject;
  readonly env: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly constraints: readonly Constraint[];
  readonly affinities: readonly Affinity[];
  readonly resources: TaskResources;
  readonly services: readonly Service[];
  /** Overrides the group's where set. */
  readonly restart: RestartPolicy;
  readonly artifacts: readonly Artifact[];
  readonly templates: readonly Template[];
  readonly lifecycle?: Lifecycle;
  readonly logConfig: LogConfig;
  readonly killTimeoutMs: number;
  /** A signal's name (`SIGINT`); empty: the driver's own. */
  readonly killSignal: string;
  readonly shutdownDelayMs: number;
  readonly leader: boolean;
  readonly kind: string;
  readonly dispatchPayload?: { readonly file: string };
  readonly volumeMounts: readonly VolumeMount[];
  readonly vault?: Vault;
  /** The one that every task has, where the author says more of it. */
  readonly identity?: WorkloadIdentity;
  /** Further ones, by their names. */
  readonly identities?: readonly WorkloadIdentity[];
  readonly csiPlugin?: CsiPlugin;
  readonly scalingPolicies: readonly ScalingPolicy[];
}

export interface Lifecycle {
  readonly hook: 'prestart' | 'poststart' | 'poststop';
  readonly sidecar: boolean;
}

export interface Artifact {
  readonly source: string;
  readonly options: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly mode: 'any' | 'file' | 'dir';
  readonly destination: string;
}

export interface Template {
  readonly sourcePath: string;
  readonly destPath: string;
  readonly embeddedTemplate: string;
  readonly changeMode: 'noop' | 'signal' | 'restart' | 'script';
  readonly changeSignal: string;
  readonly changeScript?: JsonObject;
  readonly splayMs: number;
  /** Octal text: `0644`. */
  readonly perms: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly leftDelimiter: string;
  readonly rightDelimiter: string;
  readonly env: boolean;
  readonly vaultGraceMs: number;
  readonly wait?: { readonly minMs: number; readonly maxMs: number };
  readonly errorOnMissingKey: boolean;
  /** Rendered for the first start alone; absent: again whenever what it reads has changed. */
  readonly once?: boolean;
}

export interface VolumeMount {
  readonly volume: string;
  readonly destination: string;
  readonly readOnly: boolean;
  readonly propagationMode: string;
}

export interface Vault {
  readonly policies: readonly string[];
  readonly namespace: string;
  readonly role: string;
  readonly env: boolean;
  readonly disableFile: boolean;
  readonly changeMode: string;
  readonly changeSignal: string;
}

/** Kept and answered as written; container storage plugins are not run. */
export interface CsiPlugin {
  readonly id: string;
  readonly type: string;
  readonly mountDir: string;
}

export interface ScalingPolicy {
  readonly id: string;
  /** `horizontal vertical_cpu vertical_mem`. */
  readonly type: string;
  readonly target: Readonly<Record<string, string>>;
  readonly min: number;
  readonly max: number;
  readonly policy: JsonObject;
  readonly enabled: boolean;
}
