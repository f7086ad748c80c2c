/**
 * Running one kind of task: container, isolated process, plain process, virtual machine.
 *
 * A driver keeps no memory of its own that matters: everything needed to find a task again after
 * the agent died travels in the `TaskHandle`, which its holder stores on disk.
 */
import type { Millis } from '../base/brand.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { ConfigIssue } from '../core/model/config-issue.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { Dns } from '../core/model/network.ts';
import type { DriverInfo } from '../core/model/node.ts';
import type { TaskUsage } from '../core/model/usage.ts';

export interface Driver {
  /** As job files name it: `raw_exec`. */
  readonly name: string;
  readonly capabilities: DriverCapabilities;

  /**
   * Says whether this machine can run such tasks, with versions; absent ones say why. Cheap enough
   * to be asked every few seconds. Never rejects. The attributes are full names
   * (`driver.docker.version`).
   */
  fingerprint(signal: AbortSignal): Promise<Omit<DriverInfo, 'updatedAt'>>;

  /**
   * Checks the free-form `config` of a task without touching the world: mistakes by path
   * (`args[0]`), empty when it is fine.
   */
  validate(config: JsonObject): readonly ConfigIssue[];

  /**
   * Starts the task; resolves once it runs. After a rejection nothing of it runs.
   * Fails: `invalid` (its configuration; not worth a retry), `not_found` (command, image),
   * `unavailable` (engine away; worth a retry).
   */
  start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle>;

  /** Takes up a task started by an earlier process. Fails: `not_found` when it is gone for good. */
  recover(handle: TaskHandle, signal: AbortSignal): Promise<void>;

  /** Resolves when the task has ended, also if it ended before the call. Rejects only on abort. */
  wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult>;

  /** Sends a signal by name (`SIGTERM`) to the task's main process. Fails: `not_found`. */
  signal(handle: TaskHandle, signal: string): Promise<void>;

  /**
   * Asks the task to end with `signal`, kills it and everything it started after `timeoutMs`.
   * Resolves when nothing of it is left. A task that is gone already is a success.
   */
  stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void>;

  /** Frees what the task leaves behind (cgroup, container). Called once, after it ended. */
  destroy(handle: TaskHandle): Promise<void>;

  /** What the task uses now. Fails: `not_found`. */
  stats(handle: TaskHandle): Promise<TaskUsage>;

  /** Runs a command inside the task, for `alloc exec`. Fails: `unsupported`, `not_found`. */
  exec(handle: TaskHandle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;

  /**
   * Present where tasks of this driver cannot enter a namespace made by others: then the driver
   * makes the one that all tasks of a group share.
   */
  readonly network?: DriverNetworks;
}

/**
 * Namespaces that a driver makes for groups. They outlive the agent, and are found again by the
 * allocation's id.
 */
export interface DriverNetworks {
  /**
   * Makes the allocation's namespace with nothing but loopback in it, or finds it again.
   * Fails: `unsupported` (not on this machine), `not_found` (an image), `unavailable`.
   */
  ensure(wish: DriverNetworkWish, signal: AbortSignal): Promise<DriverNetwork>;
  /** Takes it away. Content when there is none. Fails: `unavailable`. */
  remove(id: AllocId): Promise<void>;
  /**
   * Takes away what a node made for allocations that are over.
   *
   * @param isOver asked only after what is there was listed, so that nothing new is mistaken
   */
  sweep(nodeId: NodeId, isOver: (id: AllocId) => boolean): Promise<void>;
}

export interface DriverNetworkWish {
  readonly id: AllocId;
  /** Several nodes may share an engine. */
  readonly nodeId: NodeId;
  readonly hostname: string;
  /** What it is going to have in there; empty: none. */
  readonly address: string;
  readonly dns?: Dns;
}

export interface DriverNetwork {
  /** A process that is in it for as long as it exists. */
  readonly pid: number;
  /**
   * What tasks of this driver join, as `TaskSpec.driverNetwork`; stays for the allocation's life.
   */
  readonly name: string;
}

export interface DriverCapabilities {
  readonly signals: boolean;
  readonly exec: boolean;
  /** `none`: the task sees the machine's files; `chroot`; `image`. */
  readonly fsIsolation: 'none' | 'chroot' | 'image';
  /** Group networks it can join. */
  readonly networkModes: readonly ('host' | 'bridge' | 'none')[];
  readonly mounts: boolean;
}

/** One start of one task, with everything interpolated. */
export interface TaskSpec {
  readonly allocId: AllocId;
  readonly jobName: string;
  readonly groupName: string;
  readonly taskName: string;
  /** Counts starts of this task on this node, from 0; part of names that must not repeat. */
  readonly attempt: number;
  /** `config { ... }`, interpolated. */
  readonly config: JsonObject;
  readonly env: Readonly<Record<string, string>>;
  /** Empty: the driver's default. */
  readonly user: string;
  readonly resources: {
    readonly cpu: number;
    readonly cores: readonly number[];
    readonly memoryMb: number;
    /** 0: `memoryMb` is the limit. */
    readonly memoryMaxMb: number;
    /** Share of the node's cpu, 0 to 1, for quota-style limits. */
    readonly cpuShare: number;
  };
  readonly directories: TaskDirectories;
  readonly ports: readonly {
    readonly label: string;
    readonly value: number;
    readonly to: number;
    readonly hostIp: string;
  }[];
  /** Path of the network namespace shared by the group; absent in host mode. */
  readonly networkNamespace?: string;
  /** The same as the driver that made it knows it; set only for tasks of that driver. */
  readonly driverNetwork?: string;
  readonly hostname?: string;
  readonly dns?: Dns;
  readonly mounts: readonly {
    readonly hostPath: string;
    readonly taskPath: string;
    readonly readOnly: boolean;
    readonly propagation: string;
  }[];
  /** Where output goes; rotation is the keeper's (or the driver's collector's) work. */
  readonly logs: {
    readonly stdoutBase: string;
    readonly stderrBase: string;
    readonly maxFiles: number;
    readonly maxFileSizeMb: number;
    readonly disabled: boolean;
  };
}

/** Absolute host paths of one task's directories. */
export interface TaskDirectories {
  /** `alloc/ID` */
  readonly allocDir: string;
  /** Shared by the group's tasks: `alloc/ID/alloc`. */
  readonly sharedDir: string;
  /** `alloc/ID/TASK` */
  readonly taskDir: string;
  /** `alloc/ID/TASK/local` */
  readonly localDir: string;
  /** `alloc/ID/TASK/secrets` */
  readonly secretsDir: string;
}

/** Finds a running task again: plain JSON, kept on disk by its holder. */
export interface TaskHandle {
  readonly driver: string;
  /** Version of `state`'s shape. */
  readonly version: number;
  readonly startedAt: Millis;
  readonly state: Readonly<Record<string, Json>>;
}

export interface ExitResult {
  /** 0 to 255; 128 + signal where it was killed, as shells tell it. */
  readonly exitCode: number;
  /** Number of the signal that ended it; 0: none. */
  readonly signal: number;
  readonly oomKilled: boolean;
  readonly endedAt: Millis;
  /** Set when how it ended could not be learnt. */
  readonly unknown?: string;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly size?: { readonly columns: number; readonly rows: number };
}

/** A command running inside a task. */
export interface ExecSession {
  readonly output: AsyncIterable<{
    readonly stream: 'stdout' | 'stderr';
    readonly bytes: Uint8Array;
  }>;
  write(bytes: Uint8Array): Promise<void>;
  closeInput(): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  kill(): Promise<void>;
}
