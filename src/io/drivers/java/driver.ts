/**
 * `java`: a program of a Java virtual machine, isolated like `exec` where the machine can do that,
 * else a plain process.
 */
import { join, resolve } from 'node:path';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import { capabilitiesFor, DEFAULT_CAPABILITIES } from '../../../core/model/capabilities.ts';
import type { ConfigIssue } from '../../../core/model/config-issue.ts';
import type { DriverInfo } from '../../../core/model/node.ts';
import type { TaskUsage } from '../../../core/model/usage.ts';
import type {
  Driver,
  DriverCapabilities,
  ExecRequest,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../../../ports/driver.ts';
import { ConfigReader, refuseIssues } from '../config.ts';
import { ContainerTasks, requireFile, type ContainerDeps } from '../exec/container-tasks.ts';
import { sharesHost, type ExecOptions } from '../exec/driver.ts';
import { RuntimeFinder } from '../exec/runtime.ts';
import { findProgram } from '../process/lookup.ts';
import { enteringNetwork, ProcessTasks, userFor } from '../process/process-tasks.ts';
import { Versions } from '../process/version.ts';

export class JavaDriver implements Driver {
  readonly name = 'java';
  readonly capabilities: DriverCapabilities;
  readonly #allowed: readonly string[];
  readonly #isolated: ContainerTasks;
  readonly #plain: ProcessTasks;
  readonly #versions = new Versions();

  /**
   * @param isolates whether tasks are to be isolated where this machine can; it decides what paths
   *   they see, so it is settled once, here, and `capabilities` tells it
   */
  constructor(options: ExecOptions, deps: ContainerDeps, isolates: boolean) {
    this.#allowed = options.allowedCapabilities ?? DEFAULT_CAPABILITIES;
    this.#isolated = new ContainerTasks('java', options, deps);
    this.#plain = new ProcessTasks('java', deps);
    const finder = new RuntimeFinder(deps.cgroups, deps.hierarchies);
    const isIsolated = isolates && finder.isPresent();
    this.capabilities = {
      signals: true,
      exec: true,
      fsIsolation: isIsolated ? 'chroot' : 'none',
      networkModes: ['host', 'bridge', 'none'],
      mounts: isIsolated,
    };
  }

  async fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    const path = findProgram('java');
    const told = path === undefined ? undefined : await this.#versions.ask(path, ['-version']);
    const version = parseJavaVersion(told ?? '');
    if (version === undefined) {
      const healthDescription =
        path === undefined ? 'no "java" on the PATH' : `"${path} -version" tells no version`;
      return { detected: false, healthy: false, healthDescription, attributes: {} };
    }
    return {
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      attributes: {
        'driver.java': '1',
        'driver.java.version': version.version,
        'driver.java.runtime': version.runtime,
        'driver.java.vm': version.vm,
      },
    };
  }

  validate(config: JsonObject): readonly ConfigIssue[] {
    return decode(config, this.#allowed).issues;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const { config, issues } = decode(task.config, this.#allowed);
    refuseIssues(this.name, issues);
    const args = argumentsOf(config);
    const needs = config.jarPath === '' ? [] : [config.jarPath];
    if (this.capabilities.fsIsolation === 'chroot') {
      const command = { ...config, command: 'java', args, needs, hardLimit: false, cwd: '' };
      return await this.#isolated.start(task, command, signal);
    }
    const java = findProgram('java');
    if (java === undefined) throw new Failure('not_found', 'no "java" on the PATH');
    const { taskDir } = task.directories;
    for (const file of needs) requireFile(file, resolve(taskDir, file));
    const user = userFor(task);
    const plan = {
      argv: [java, ...args],
      env: task.env,
      cwd: join(taskDir),
      container: false,
      through: enteringNetwork(task.networkNamespace),
      ...(user === undefined ? {} : { user }),
    };
    return await this.#plain.start(task, plan, signal);
  }

  async recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    await this.#of(handle).recover(handle, signal);
  }

  wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    return this.#of(handle).wait(handle, signal);
  }

  signal(handle: TaskHandle, signal: string): Promise<void> {
    return this.#of(handle).signal(handle, signal);
  }

  stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    return this.#of(handle).stop(handle, signal, timeoutMs);
  }

  destroy(handle: TaskHandle): Promise<void> {
    return this.#of(handle).destroy(handle);
  }

  stats(handle: TaskHandle): Promise<TaskUsage> {
    return this.#of(handle).stats(handle);
  }

  exec(handle: TaskHandle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    return this.#of(handle).exec(handle, request, signal);
  }

  /** As it was started, whatever the machine can do by now. */
  #of(handle: TaskHandle): ContainerTasks | ProcessTasks {
    return handle.state['containerId'] === undefined ? this.#plain : this.#isolated;
  }
}

interface JavaConfig {
  readonly jarPath: string;
  readonly className: string;
  readonly classPath: string;
  readonly jvmOptions: readonly string[];
  readonly args: readonly string[];
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly capabilities: readonly string[];
}

function decode(
  source: JsonObject,
  allowed: readonly string[],
): { config: JavaConfig; issues: readonly ConfigIssue[] } {
  const reader = new ConfigReader(source);
  const { capabilities, issues } = capabilitiesFor(
    reader.texts('cap_add'),
    reader.texts('cap_drop'),
    allowed,
  );
  const config = {
    jarPath: reader.text('jar_path'),
    className: reader.text('class'),
    classPath: reader.text('class_path'),
    jvmOptions: reader.texts('jvm_options'),
    args: reader.texts('args'),
    hostPid: sharesHost(reader, 'pid_mode'),
    hostIpc: sharesHost(reader, 'ipc_mode'),
    capabilities,
  };
  if (config.jarPath === '' && config.className === '') {
    reader.issue('jar_path', 'or class is required');
  }
  return { config, issues: [...reader.issues(), ...issues] };
}

function argumentsOf(config: JavaConfig): readonly string[] {
  const { jarPath, className, classPath, jvmOptions, args } = config;
  return [
    ...jvmOptions,
    ...(classPath === '' ? [] : ['-cp', classPath]),
    ...(jarPath === '' ? [className] : ['-jar', jarPath]),
    ...args,
  ];
}

/** From what `java -version` prints; undefined: it is something else. */
export function parseJavaVersion(
  text: string,
): { readonly version: string; readonly runtime: string; readonly vm: string } | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => / version "[^"]+"/.test(line));
  const version = /version "([^"]+)"/.exec(lines[at] ?? '')?.[1];
  if (version === undefined) return undefined;
  return { version, runtime: lines[at + 1] ?? '', vm: lines[at + 2] ?? '' };
}
