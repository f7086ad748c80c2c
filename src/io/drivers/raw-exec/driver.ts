/**
 * `raw_exec`: a process like any other on the machine. It sees the machine's files and has no
 * limits; its cgroup, where there is one, sees to it that nothing it started outlives it.
 */
import { resolve } from 'node:path';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
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
import { DEFAULT_PATH, findCommand } from '../process/lookup.ts';
import {
  enteringNetwork,
  ProcessTasks,
  userFor,
  type ProcessDeps,
} from '../process/process-tasks.ts';

export interface RawExecOptions {
  /** Whether the operator allows it: such tasks can do whatever the agent can. */
  readonly enabled: boolean;
}

export class RawExecDriver implements Driver {
  readonly name = 'raw_exec';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: true,
    fsIsolation: 'none',
    networkModes: ['host', 'bridge', 'none'],
    mounts: false,
  };
  readonly #options: RawExecOptions;
  readonly #tasks: ProcessTasks;

  constructor(options: RawExecOptions, deps: ProcessDeps) {
    this.#options = options;
    this.#tasks = new ProcessTasks('raw_exec', deps);
  }

  fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    const { enabled } = this.#options;
    return Promise.resolve({
      detected: enabled,
      healthy: enabled,
      healthDescription: enabled ? 'Healthy' : 'disabled by the configuration',
      attributes: enabled ? { 'driver.raw_exec': '1' } : {},
    });
  }

  validate(config: JsonObject): readonly ConfigIssue[] {
    return decode(config).issues;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    if (!this.#options.enabled) throw new Failure('unsupported', 'raw_exec is disabled');
    const { config, issues } = decode(task.config);
    refuseIssues(this.name, issues);
    const { taskDir } = task.directories;
    const user = userFor(task);
    const env = without(task.env, config.deniedEnv);
    const searchPath = env['PATH'] ?? process.env['PATH'] ?? DEFAULT_PATH;
    const program = findCommand(config.command, taskDir, searchPath);
    return await this.#tasks.start(
      task,
      {
        argv: [program, ...config.args],
        env,
        cwd: config.workDir === '' ? taskDir : resolve(taskDir, config.workDir),
        container: false,
        through: enteringNetwork(task.networkNamespace),
        ...(user === undefined ? {} : { user }),
        ...(config.oomScoreAdj === undefined ? {} : { oomScoreAdj: config.oomScoreAdj }),
      },
      signal,
    );
  }

  recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    return this.#tasks.recover(handle, signal);
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

interface RawExecConfig {
  readonly command: string;
  readonly args: readonly string[];
  /** Relative to the task's directory; empty: that one. */
  readonly workDir: string;
  readonly deniedEnv: readonly string[];
  readonly oomScoreAdj: number | undefined;
}

function decode(source: JsonObject): { config: RawExecConfig; issues: readonly ConfigIssue[] } {
  const reader = new ConfigReader(source);
  const config = {
    command: reader.requiredText('command'),
    args: reader.texts('args'),
    workDir: reader.text('work_dir'),
    deniedEnv: reader.texts('denied_envvars'),
    oomScoreAdj: reader.number('oom_score_adj', { min: 0, max: 1_000 }),
  };
  return { config, issues: reader.issues() };
}

function without(
  env: Readonly<Record<string, string>>,
  denied: readonly string[],
): Readonly<Record<string, string>> {
  if (denied.length === 0) return env;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !denied.includes(name)));
}
