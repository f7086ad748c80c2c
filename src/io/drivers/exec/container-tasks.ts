/**
 * Isolated processes: each in a container of the machine's OCI runtime, with the task's directory
 * as its root. The runtime's own process is what the keeper starts and waits for.
 *
 * CT1: a start that fails leaves no container, no bundle and no cgroup.
 * CT2: nothing of the container's configuration lies where the task could write to it.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Failure } from '../../../base/failure.ts';
import type { TaskUsage } from '../../../core/model/usage.ts';
import type {
  ExecRequest,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../../../ports/driver.ts';
import type { Hierarchies } from '../../cgroup/hierarchy.ts';
import { cpuFacts } from '../../proc/machine.ts';
import { readProcess } from '../../proc/process.ts';
import { startExec } from '../process/exec-session.ts';
import { DEFAULT_PATH, findInside } from '../process/lookup.ts';
import { cgroupName, ProcessTasks, type ProcessDeps } from '../process/process-tasks.ts';
import { findUser } from '../process/user.ts';
import { ociConfig } from './bundle.ts';
import { bindsOf, outside, type Bind } from './chroot.ts';
import { runArgv, runtimeArgv, RuntimeFinder, type FoundRuntime } from './runtime.ts';

export interface ContainerOptions {
  /** Paths of the machine and where tasks see them; absent: the usual ones. */
  readonly chroot?: Readonly<Record<string, string>>;
}

export interface ContainerDeps extends ProcessDeps {
  readonly hierarchies: Hierarchies;
}

/** What a driver decides about an isolated process. */
export interface IsolatedCommand {
  /** A name or a path as the task sees it. */
  readonly command: string;
  readonly args: readonly string[];
  /** Files that have to be there, as the task sees them. */
  readonly needs: readonly string[];
  /** As the task sees it; empty: the root. */
  readonly cwd: string;
  readonly capabilities: readonly string[];
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  /** Never more processor time than its share, even on an idle machine. */
  readonly hardLimit: boolean;
}

/** Kept in `TaskHandle.state`. */
interface ContainerState {
  readonly runtime: string;
  readonly containerId: string;
  readonly bundle: string;
  readonly taskDir: string;
  readonly binds: readonly Bind[];
  readonly taskPath: string;
}

/** A runtime that has not made the container by then never will; most need a tenth of a second. */
const START_MS_MAX = 60_000;

/** Whom tasks run as that name nobody. Source: Nomad's `exec` and `java`. */
const DEFAULT_USER = 'nobody';

const run = promisify(execFile);

export class ContainerTasks {
  readonly #options: ContainerOptions;
  readonly #deps: ContainerDeps;
  readonly #processes: ProcessTasks;
  readonly #runtimes: RuntimeFinder;
  readonly #cpus = cpuFacts().count;

  constructor(driver: string, options: ContainerOptions, deps: ContainerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#processes = new ProcessTasks(driver, deps);
    this.#runtimes = new RuntimeFinder(deps.cgroups, deps.hierarchies);
  }

  /** Whether this machine can isolate, and with what. */
  runtime(): Promise<FoundRuntime> {
    return this.#runtimes.find();
  }

  /** Fails: `not_found` the command, `unsupported` no runtime, `invalid`, `unavailable`. */
  async start(task: TaskSpec, command: IsolatedCommand, signal: AbortSignal): Promise<TaskHandle> {
    const runtime = await this.#runtimes.find();
    if ('whyNot' in runtime) throw new Failure('unsupported', runtime.whyNot);
    const bundle = join(task.directories.allocDir, `.${task.taskName}.${task.attempt}.bundle`);
    const user = findUser(task.user === '' ? DEFAULT_USER : task.user);
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
    try {
      const binds = bindsOf(task, this.#options.chroot, ownFiles(task, bundle));
      const taskPath = task.env['PATH'] ?? DEFAULT_PATH;
      const { taskDir } = task.directories;
      const where = (path: string): string => outside(path, taskDir, binds);
      const program = findInside(command.command, taskPath, where);
      for (const file of command.needs) requireFile(file, where(file));
      makeTemporary(taskDir);
      const containerId = cgroupName(task).replaceAll('%', '_');
      const config = ociConfig(task, {
        ...command,
        argv: [program, ...command.args],
        env: { PATH: taskPath, ...task.env },
        cwd: command.cwd === '' ? '/' : command.cwd,
        user,
        binds,
        cgroupsPath: this.#deps.cgroups.containerPath(cgroupName(task)),
        cgroupVersion: this.#deps.cgroups.version === 'v2' ? 'v2' : 'v1',
        hardLimitCpus: command.hardLimit ? this.#cpus : 0,
        limitsSwap: this.#limitsSwap(),
      });
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 });
      const state = { runtime: runtime.path, containerId, bundle, taskDir, binds, taskPath };
      const handle = await this.#processes.start(
        task,
        {
          argv: runArgv(runtime, containerId, bundle),
          env: { PATH: DEFAULT_PATH, XDG_RUNTIME_DIR: '/run' },
          cwd: bundle,
          container: true,
          through: [],
          outputOwner: { uid: user.uid, gid: user.gid },
        },
        signal,
        state as unknown as TaskHandle['state'],
      );
      await this.#started(handle, bundle);
      return handle;
    } catch (error) {
      rmSync(bundle, { recursive: true, force: true });
      throw error;
    }
  }

  recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    return this.#processes.recover(handle, signal);
  }

  async wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const result = await this.#processes.wait(handle, signal);
    // The runtime ends with 128 + signal where a signal ended the container.
    const signalled = result.signal === 0 && FATAL.has(result.exitCode - 128);
    return signalled ? { ...result, signal: result.exitCode - 128 } : result;
  }

  /** The runtime passes it on; signals to itself it could not all pass on. */
  async signal(handle: TaskHandle, signal: string): Promise<void> {
    const { runtime, containerId } = stateOf(handle);
    const number = (constants.signals as Readonly<Record<string, number>>)[signal];
    if (number === undefined) throw new Failure('invalid', `unknown signal "${signal}"`);
    if (this.#processes.pids(handle).length === 0) {
      throw new Failure('not_found', 'the task is not running');
    }
    const [program = '', ...args] = runtimeArgv(runtime);
    try {
      await run(program, [...args, 'kill', containerId, String(number)]);
    } catch (cause) {
      throw new Failure('not_found', 'the container takes no signal', { cause });
    }
  }

  stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    return this.#processes.stop(handle, signal, timeoutMs);
  }

  async destroy(handle: TaskHandle): Promise<void> {
    const { runtime, containerId, bundle } = stateOf(handle);
    // The runtime keeps a state of its own, and refuses to forget a container that runs.
    await this.#processes.stop(handle, 'SIGKILL', 0);
    const [program = '', ...args] = runtimeArgv(runtime);
    await run(program, [...args, 'delete', '--force', containerId]).catch(() => undefined);
    await this.#processes.destroy(handle);
    rmSync(bundle, { recursive: true, force: true });
  }

  stats(handle: TaskHandle): Promise<TaskUsage> {
    return this.#processes.stats(handle);
  }

  /** Fails: `not_found` no such command in the task. */
  async exec(handle: TaskHandle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const { runtime, containerId, binds, taskDir, taskPath } = stateOf(handle);
    const [command = '', ...args] = request.command;
    const program = findInside(command, taskPath, (path) => outside(path, taskDir, binds));
    const options = request.tty ? ['--tty'] : [];
    const plan = {
      argv: [...runtimeArgv(runtime), 'exec', ...options, containerId, program, ...args],
      env: { PATH: DEFAULT_PATH, TERM: 'xterm' },
      cwd: '/',
      through: [],
      bornIn: this.#processes.bornIn(handle),
      tty: request.tty,
      ...(request.size === undefined ? {} : { size: request.size }),
    };
    return await startExec(plan, signal);
  }

  /** Waits until the container is there, or the runtime has said why it is not (CT1). */
  async #started(handle: TaskHandle, bundle: string): Promise<void> {
    const over = new AbortController();
    const seen = { ended: false };
    const watching = this.#processes.wait(handle, over.signal).then(
      () => (seen.ended = true),
      () => undefined,
    );
    const deadline = performance.now() + START_MS_MAX;
    try {
      while (!hasBegun(join(bundle, 'pid'))) {
        if (seen.ended || performance.now() > deadline)
          throw await this.#whyNotStarted(handle, bundle);
        await Promise.race([watching, delay(3)]);
      }
    } finally {
      over.abort();
    }
  }

  async #whyNotStarted(handle: TaskHandle, bundle: string): Promise<Failure> {
    const log = readIfThere(join(bundle, 'log'));
    await this.destroy(handle);
    const said = [...log.matchAll(/msg="((?:[^"\\]|\\.)*)"/g)].map((m) => m[1] ?? '').at(-1);
    const missing = /executable file not found|no such file or directory/.test(said ?? log);
    const why = said ?? log.trim().split('\n').at(-1) ?? '';
    return new Failure(missing ? 'not_found' : 'unavailable', `cannot start a container: ${why}`);
  }

  #limitsSwap(): boolean {
    const { v1, unified = '' } = this.#deps.hierarchies;
    const memory = v1['memory'];
    return memory === undefined
      ? existsSync(join(unified, 'muster.slice/memory.swap.max'))
      : existsSync(join(memory, 'memory.memsw.limit_in_bytes'));
  }
}

/** Signals that end programs which do not ask for it; others a program may well exit by itself. */
const FATAL = new Set(
  (['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'] as const).map(
    (name) => constants.signals[name],
  ),
);

/** Name resolution as the job asks for it, in place of the machine's. */
function ownFiles(task: TaskSpec, bundle: string): readonly Bind[] {
  const { dns } = task;
  if (dns === undefined) return [];
  const lines = [
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}`] : []),
    ...(dns.options.length > 0 ? [`options ${dns.options.join(' ')}`] : []),
  ];
  const source = join(bundle, 'resolv.conf');
  writeFileSync(source, `${lines.join('\n')}\n`, { mode: 0o644 });
  return [{ source, path: '/etc/resolv.conf', readOnly: true, propagation: '' }];
}

/** Whether the container's first process has turned from the runtime's helper into the task. */
function hasBegun(pidFile: string): boolean {
  const pid = Number(readIfThere(pidFile));
  return pid > 0 && readProcess(pid)?.comm.startsWith('runc:[') !== true;
}

/** Fails: `not_found`. @param path where it really lies */
export function requireFile(name: string, path: string): void {
  if (!existsSync(path)) throw new Failure('not_found', `no file "${name}" in the task`);
}

function makeTemporary(taskDir: string): void {
  const dir = join(taskDir, 'tmp');
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o1777);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function stateOf(handle: TaskHandle): ContainerState {
  const state = handle.state as unknown as Partial<ContainerState>;
  if (state.containerId === undefined) {
    throw new Failure('not_found', `a handle of version ${handle.version} cannot be read`);
  }
  return state as ContainerState;
}
