/**
 * `exec`: an isolated process. It sees the machine's programs read-only and its own directory as
 * the root, has its memory and processor time limited, and few privileges.
 */
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
import { ContainerTasks, type ContainerDeps, type ContainerOptions } from './container-tasks.ts';
import type { IsolatedCommand } from './container-tasks.ts';

export interface ExecOptions extends ContainerOptions {
  /** Capabilities that tasks may ask for; absent: the default ones. */
  readonly allowedCapabilities?: readonly string[];
}

export class ExecDriver implements Driver {
  readonly name = 'exec';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: true,
    fsIsolation: 'chroot',
    networkModes: ['host', 'bridge', 'none'],
    mounts: true,
  };
  readonly #allowed: readonly string[];
  readonly #tasks: ContainerTasks;

  constructor(options: ExecOptions, deps: ContainerDeps) {
    this.#allowed = options.allowedCapabilities ?? DEFAULT_CAPABILITIES;
    this.#tasks = new ContainerTasks('exec', options, deps);
  }

  async fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    const runtime = await this.#tasks.runtime();
    if ('whyNot' in runtime) {
      const healthDescription = runtime.whyNot;
      return { detected: false, healthy: false, healthDescription, attributes: {} };
    }
    return {
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      attributes: {
        'driver.exec': '1',
        'driver.exec.runtime': runtime.name,
        'driver.exec.runtime_version': runtime.version,
      },
    };
  }

  validate(config: JsonObject): readonly ConfigIssue[] {
    return decode(config, this.#allowed).issues;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const { command, issues } = decode(task.config, this.#allowed);
    refuseIssues(this.name, issues);
    return await this.#tasks.start(task, command, signal);
  }

  async recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    await this.#tasks.recover(handle, signal);
  }

  wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    return this.#tasks.wait(handle, signal);
  }

  signal(handle: TaskHandle, signal: string): Promise<void> {
    return this.#tasks.signal(handle, signal);
  }

  stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    return this.#tasks.stop(handle, signal, timeoutMs);
  }

  destroy(handle: TaskHandle): Promise<void> {
    return this.#tasks.destroy(handle);
  }

  stats(handle: TaskHandle): Promise<TaskUsage> {
    return this.#tasks.stats(handle);
  }

  exec(handle: TaskHandle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    return this.#tasks.exec(handle, request, signal);
  }
}

function decode(
  source: JsonObject,
  allowed: readonly string[],
): { command: IsolatedCommand; issues: readonly ConfigIssue[] } {
  const reader = new ConfigReader(source);
  const { capabilities, issues } = capabilitiesFor(
    reader.texts('cap_add'),
    reader.texts('cap_drop'),
    allowed,
  );
  const command = {
    command: reader.requiredText('command'),
    args: reader.texts('args'),
    needs: [],
    cwd: reader.text('work_dir'),
    hostPid: sharesHost(reader, 'pid_mode'),
    hostIpc: sharesHost(reader, 'ipc_mode'),
    hardLimit: reader.flag('cpu_hard_limit'),
    capabilities,
  };
  if (command.cwd !== '' && !command.cwd.startsWith('/')) {
    reader.issue('work_dir', 'must be an absolute path');
  }
  return { command, issues: [...reader.issues(), ...issues] };
}

/** `private` or `host`. */
export function sharesHost(reader: ConfigReader, key: string): boolean {
  const mode = reader.text(key);
  if (mode !== '' && mode !== 'private' && mode !== 'host') {
    reader.issue(key, 'must be "private" or "host"');
  }
  return mode === 'host';
}
