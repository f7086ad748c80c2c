/** What the driver knows of one start of a task, and what the operator allows. */
import type { DockerConfig } from './config.ts';

/** What the operator allows, from the agent's `plugin "docker"` block. */
export interface DockerPolicy {
  readonly allowPrivileged: boolean;
  /** Host paths outside the allocation's directory may be mounted. */
  readonly volumes: boolean;
  /** Capabilities that jobs may have; `all` allows any. */
  readonly allowCaps: readonly string[];
}

/** One start of a task, with everything looked up. */
export interface ContainerInput {
  readonly config: DockerConfig;
  readonly policy: DockerPolicy;
  /** The image's id or name as the engine knows it. */
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly hostname?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu: number;
  readonly cores: readonly number[];
  /** Share of the machine for `cpu_hard_limit`, in cores. */
  readonly cpuCores: number;
  readonly memoryMb: number;
  readonly memoryMaxMb: number;
  readonly ports: readonly {
    readonly label: string;
    readonly value: number;
    readonly to: number;
    readonly hostIp: string;
  }[];
  readonly directories: {
    readonly shared: string;
    readonly local: string;
    readonly secrets: string;
  };
  /** `alloc/ID/TASK`; relative host paths of `volumes` begin here. */
  readonly taskDir: string;
  readonly mounts: readonly {
    readonly hostPath: string;
    readonly taskPath: string;
    readonly readOnly: boolean;
    readonly propagation: string;
  }[];
  readonly dns?:
    | {
        readonly servers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
  /**
   * The group's network (`container:ID`), which it joins unless its own `network_mode` says
   * otherwise. The ports of the group are published there.
   */
  readonly joinNetwork?: string | undefined;
}

/**
 * True where it joins its group's network.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/drivers/docker#network_mode
 */
export function joins({ config, joinNetwork }: ContainerInput): boolean {
  return joinNetwork !== undefined && config.network_mode === '';
}
