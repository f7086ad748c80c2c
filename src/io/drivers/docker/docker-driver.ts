/**
 * The `docker` driver: tasks as containers of any engine that speaks Docker's API.
 *
 * The engine keeps containers and their output when the agent is away; a handle is the container's
 * id. Everything is done over the engine's socket.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/drivers/docker
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import { decodeDockerConfig, isConfig, type DockerConfig } from '../../../core/docker/config.ts';
import type { ContainerInput, DockerPolicy } from '../../../core/docker/container-input.ts';
import { collectsLogs, containerBody, isBody } from '../../../core/docker/container.ts';
import { ALLOC_LABEL } from '../../../core/docker/labels.ts';
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
import type { Engine } from './engine.ts';
import { startExec } from './exec-session.ts';
import { Images, type Credentials } from './images.ts';
import { collectLogs } from './log-collector.ts';
import { DockerNetworks } from './networks.ts';
import { usageOf, type CpuSample } from './usage.ts';

export interface DockerOptions {
  readonly policy: DockerPolicy;
  /** Cores of this machine, for `cpu_hard_limit`. */
  readonly cores: number;
  /** Frequency of one core [MHz], for the ticks of the statistics. */
  readonly mhz: number;
  /** Remove containers once their task has ended; off: they stay for a post-mortem. */
  readonly removeContainers: boolean;
  /** The image of containers that hold a group's network; undefined: one is made here. */
  readonly infraImage?: string | undefined;
}

export interface DockerDeps {
  readonly engine: Engine;
  readonly now: () => Millis;
  /** Credentials of a registry from the operator's configuration. */
  readonly credentials: (registry: string) => Promise<Credentials | undefined>;
}

/** What the handle keeps. */
interface HandleState {
  readonly [key: string]: string | boolean | JsonObject;
  readonly container: string;
  readonly collects: boolean;
  readonly logs: JsonObject;
}

/** The engine's time beyond a task's own grace to report that it killed it [ms]. */
const STOP_SLACK_MS = 30_000;
/** Wait before asking an engine again that went away [ms]. */
const RETRY_MS = 1_000;

export class DockerDriver implements Driver {
  readonly name = 'docker';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: true,
    fsIsolation: 'image',
    networkModes: ['host', 'bridge', 'none'],
    mounts: true,
  };
  readonly network: DockerNetworks;
  readonly #options: DockerOptions;
  readonly #deps: DockerDeps;
  readonly #images: Images;
  readonly #samples = new Map<string, CpuSample>();
  readonly #collectors = new Map<string, { stop: AbortController; done: Promise<void> }>();

  constructor(options: DockerOptions, deps: DockerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#images = new Images(deps.engine, deps.credentials);
    this.network = new DockerNetworks(
      options.infraImage === undefined ? {} : { image: options.infraImage },
      { engine: deps.engine, images: this.#images },
    );
  }

  async fingerprint(signal: AbortSignal): ReturnType<Driver['fingerprint']> {
    try {
      const version = (await this.#call('GET', '/version', signal)) as Record<string, string>;
      return {
        detected: true,
        healthy: true,
        healthDescription: 'Healthy',
        attributes: {
          'driver.docker': '1',
          'driver.docker.version': version['Version'] ?? '',
          'driver.docker.os_type': version['Os'] ?? 'linux',
          'driver.docker.privileged.enabled': String(this.#options.policy.allowPrivileged),
          'driver.docker.volumes.enabled': String(this.#options.policy.volumes),
        },
      };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return {
        detected: false,
        healthy: false,
        healthDescription: `${detail} at ${this.#deps.engine.socketPath}`,
        attributes: {},
      };
    }
  }

  validate(config: JsonObject): ReturnType<Driver['validate']> {
    const decoded = decodeDockerConfig(config);
    return isConfig(decoded) ? [] : decoded;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const config = decodeDockerConfig(task.config);
    if (!isConfig(config)) throw refused(config);
    if (task.networkNamespace !== undefined && task.driverNetwork === undefined) {
      throw new Failure('unsupported', 'containers cannot enter a network that others made');
    }
    const archive = config.load === '' ? undefined : join(task.directories.localDir, config.load);
    const image = await this.#images.ensure(config, archive, signal);
    const body = containerBody(containerInput(task, { config, image }, this.#options));
    if (!isBody(body)) throw refused(body);
    const container = await this.#create(containerName(task), body, task.allocId, signal);
    try {
      await this.#call('POST', `/containers/${container}/start`, signal);
    } catch (error) {
      await this.#remove(container);
      throw error;
    }
    const state: HandleState = {
      container,
      collects: collectsLogs(config) && !task.logs.disabled && !config.tty,
      logs: { ...task.logs },
    };
    this.#collect(state);
    return { driver: this.name, version: 1, startedAt: this.#deps.now(), state };
  }

  async recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    const state = stateOf(handle);
    await this.#inspect(state.container, signal);
    this.#collect(state);
  }

  async wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const { container } = stateOf(handle);
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#deps.engine.call({
          method: 'POST',
          path: `/containers/${container}/wait?condition=not-running`,
          waits: true,
          signal,
        });
        await this.#collectors.get(container)?.done;
        return exitOf(await this.#inspect(container, signal), this.#deps.now());
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.fault === 'not_found') {
          return { ...GONE, endedAt: this.#deps.now() };
        }
        if (error.fault === 'canceled') signal.throwIfAborted();
        // The engine restarts or is away: its containers may run on without it.
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }

  async signal(handle: TaskHandle, name: string): Promise<void> {
    const { container } = stateOf(handle);
    await this.#call('POST', `/containers/${container}/kill?signal=${encodeURIComponent(name)}`);
  }

  async stop(handle: TaskHandle, name: string, timeoutMs: number): Promise<void> {
    const { container } = stateOf(handle);
    try {
      await this.signal(handle, name);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    const ended = this.wait(handle, AbortSignal.timeout(timeoutMs)).then(
      () => true,
      () => false,
    );
    if (await ended) return;
    await this.#call('POST', `/containers/${container}/kill`).catch(ignoreGone);
    await this.wait(handle, AbortSignal.timeout(STOP_SLACK_MS));
  }

  async destroy(handle: TaskHandle): Promise<void> {
    const { container } = stateOf(handle);
    const collector = this.#collectors.get(container);
    if (collector !== undefined) {
      // What the container wrote last is still on its way into the files.
      await Promise.race([collector.done, delay(RETRY_MS)]);
      collector.stop.abort();
      await collector.done;
    }
    this.#collectors.delete(container);
    this.#samples.delete(container);
    if (this.#options.removeContainers) await this.#remove(container);
  }

  async stats(handle: TaskHandle): Promise<TaskUsage> {
    const { container } = stateOf(handle);
    const path = `/containers/${container}/stats?stream=false&one-shot=true`;
    const stats = (await this.#call('GET', path)) as JsonObject;
    const before = this.#samples.get(container);
    const { usage, sample } = usageOf(stats, before, this.#deps.now(), this.#options.mhz);
    this.#samples.set(container, sample);
    return usage;
  }

  exec(handle: TaskHandle, request: ExecRequest): Promise<ExecSession> {
    return startExec(this.#deps.engine, stateOf(handle).container, request);
  }

  /** Stops collecting output; containers run on. */
  async close(): Promise<void> {
    for (const { stop } of this.#collectors.values()) stop.abort();
    await Promise.all([...this.#collectors.values()].map(({ done }) => done));
    await this.#deps.engine.close();
  }

  #collect(state: HandleState): void {
    if (!state.collects || this.#collectors.has(state.container)) return;
    const stop = new AbortController();
    const logs = state.logs as unknown as TaskSpec['logs'];
    const done = collectLogs(this.#deps.engine, state.container, logs, stop.signal);
    this.#collectors.set(state.container, { stop, done });
  }

  async #create(
    name: string,
    body: JsonObject,
    allocId: string,
    signal: AbortSignal,
  ): Promise<string> {
    const path = `/containers/create?name=${encodeURIComponent(name)}`;
    const post = async (): Promise<string> => {
      const made = await this.#deps.engine.call({ method: 'POST', path, body, signal });
      return (made as { Id: string }).Id;
    };
    try {
      return await post();
    } catch (error) {
      if (!(error instanceof Failure) || error.fault !== 'conflict') throw error;
      // An agent that died between making a container and writing it down left this one.
      const left = await this.#inspect(name, signal);
      const labels = (left['Config'] as { Labels?: Record<string, string> }).Labels;
      if (labels?.[ALLOC_LABEL] !== allocId) throw error;
      await this.#remove(name);
      return post();
    }
  }

  async #inspect(container: string, signal?: AbortSignal): Promise<JsonObject> {
    return (await this.#call('GET', `/containers/${container}/json`, signal)) as JsonObject;
  }

  async #remove(container: string): Promise<void> {
    await this.#call('DELETE', `/containers/${container}?force=1&v=1`).catch(ignoreGone);
  }

  #call(method: 'GET' | 'POST' | 'DELETE', path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#deps.engine.call({ method, path, ...(signal === undefined ? {} : { signal }) });
  }
}

const GONE: Omit<ExitResult, 'endedAt'> = {
  exitCode: 1,
  signal: 0,
  oomKilled: false,
  unknown: 'the container was removed by somebody else',
};

function containerName(task: TaskSpec): string {
  return `${task.taskName.replace(/[^a-zA-Z0-9_.-]/g, '_')}-${task.allocId}`;
}

function containerInput(
  task: TaskSpec,
  { config, image }: { readonly config: DockerConfig; readonly image: string },
  options: DockerOptions,
): ContainerInput {
  const { directories: dirs, resources } = task;
  return {
    config,
    policy: options.policy,
    image,
    env: {
      ...task.env,
      NOMAD_ALLOC_DIR: '/alloc',
      NOMAD_TASK_DIR: '/local',
      NOMAD_SECRETS_DIR: '/secrets',
    },
    user: task.user,
    hostname: task.hostname,
    labels: { [ALLOC_LABEL]: task.allocId },
    cpu: resources.cpu,
    cores: resources.cores,
    cpuCores: resources.cpuShare * options.cores,
    memoryMb: resources.memoryMb,
    memoryMaxMb: resources.memoryMaxMb,
    ports: task.ports,
    directories: { shared: dirs.sharedDir, local: dirs.localDir, secrets: dirs.secretsDir },
    taskDir: dirs.taskDir,
    mounts: task.mounts,
    dns: task.dns,
    joinNetwork: task.driverNetwork === undefined ? undefined : `container:${task.driverNetwork}`,
  };
}

function exitOf(inspected: JsonObject, now: Millis): ExitResult {
  const state = inspected['State'] as {
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly FinishedAt: string;
  };
  const finishedAt = Date.parse(state.FinishedAt);
  const exitCode = state.ExitCode;
  return {
    exitCode,
    signal: exitCode > 128 && exitCode < 128 + 65 ? exitCode - 128 : 0,
    oomKilled: state.OOMKilled,
    endedAt: (Number.isFinite(finishedAt) && finishedAt > 0 ? finishedAt : now) as Millis,
  };
}

function refused(issues: readonly { readonly path: string; readonly message: string }[]): Failure {
  const text = issues.map(({ path, message }) => `${path} ${message}`).join('; ');
  return new Failure('invalid', `docker task configuration: ${text}`);
}

function stateOf(handle: TaskHandle): HandleState {
  return handle.state as HandleState;
}

function isGone(error: unknown): boolean {
  return error instanceof Failure && (error.fault === 'not_found' || error.fault === 'conflict');
}

function ignoreGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
