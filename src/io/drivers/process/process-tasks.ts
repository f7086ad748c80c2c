/**
 * What drivers of processes have in common: start under the keeper in a cgroup, find again, wait,
 * stop, measure.
 *
 * PT1: all that is needed to find a task again is in its handle.
 */
import { writeFileSync } from 'node:fs';
import type { Millis } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Kept, Launch, LogTarget } from '../../../core/keeper/launch.ts';
import type { TaskUsage } from '../../../core/model/usage.ts';
import type { Clock } from '../../../ports/clock.ts';
import type {
  ExecRequest,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../../../ports/driver.ts';
import type { Keeper } from '../../../ports/keeper.ts';
import { cgroupPids, cgroupUsage } from '../../cgroup/usage.ts';
import type { TaskCgroups } from '../../cgroup/task-cgroups.ts';
import { cpuFacts } from '../../proc/machine.ts';
import { descendantsOf, usageOf } from '../../proc/process.ts';
import { startExec } from './exec-session.ts';
import { DEFAULT_PATH, findCommand, findProgram } from './lookup.ts';
import { findUser, type User } from './user.ts';

export interface ProcessDeps {
  readonly keeper: Keeper;
  readonly cgroups: TaskCgroups;
  readonly clock: Clock;
}

/** What a driver decides about the process of a task. */
export interface ProcessPlan {
  /** The program's absolute path first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: User;
  /** As in `Launch`. */
  readonly through: readonly string[];
  readonly outputOwner?: { readonly uid: number; readonly gid: number };
  /** Whether it is an OCI runtime that makes the cgroup with the limits. */
  readonly container: boolean;
  readonly oomScoreAdj?: number;
}

/** Kept in `TaskHandle.state`. */
interface ProcessState {
  readonly kept: Kept;
  readonly cgroup: string;
  readonly container: boolean;
  /** For commands beside the task. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: User;
  readonly through: readonly string[];
}

const VERSION = 1;

export class ProcessTasks {
  readonly #driver: string;
  readonly #deps: ProcessDeps;
  readonly #samples = new Map<string, Sample>();
  readonly #mhz = cpuFacts().mhz;

  constructor(driver: string, deps: ProcessDeps) {
    this.#driver = driver;
    this.#deps = deps;
  }

  /** @param extra the driver's own part of the handle's state */
  async start(
    task: TaskSpec,
    plan: ProcessPlan,
    signal: AbortSignal,
    extra: JsonObject = {},
  ): Promise<TaskHandle> {
    const { keeper, cgroups } = this.#deps;
    const cgroup = cgroupName(task);
    const dirs = cgroups.create(cgroup, plan.container);
    if (!plan.container) cgroups.setCpuShares(cgroup, task.resources.cpu);
    const launch = { id: launchId(task), ...launchOf(task, plan), ...dirs };
    let kept: Kept;
    try {
      kept = await keeper.start(launch, signal);
    } catch (error) {
      cgroups.remove(cgroup);
      throw error;
    }
    if (plan.oomScoreAdj !== undefined) setOomScoreAdj(kept.pid, plan.oomScoreAdj);
    const { container, env, cwd, through } = plan;
    const user = plan.user === undefined ? {} : { user: plan.user };
    const state: ProcessState = { kept, cgroup, container, env, cwd, through, ...user };
    return {
      driver: this.#driver,
      version: VERSION,
      startedAt: kept.startedAt,
      state: { ...extra, ...(state as unknown as JsonObject) },
    };
  }

  async recover(handle: TaskHandle, signal: AbortSignal): Promise<void> {
    await this.#deps.keeper.adopt(stateOf(handle).kept, signal);
  }

  async wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const { kept, cgroup, container } = stateOf(handle);
    const ended = await this.#deps.keeper.wait(kept, signal);
    const { oomKills = 0 } = cgroupUsage(this.#deps.cgroups.dirs(cgroup, container));
    // Some child may have been killed for memory and the task gone on; then it ended otherwise.
    return { ...ended, oomKilled: oomKills > 0 && (ended.exitCode === 137 || ended.signal === 9) };
  }

  async signal(handle: TaskHandle, signal: string): Promise<void> {
    await this.#deps.keeper.signal(stateOf(handle).kept, signal);
  }

  async stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    try {
      await this.#deps.keeper.stop(stateOf(handle).kept, signal, timeoutMs);
    } catch (error) {
      if (!(error instanceof Failure && error.fault === 'not_found')) throw error;
    }
  }

  async destroy(handle: TaskHandle): Promise<void> {
    const { kept, cgroup } = stateOf(handle);
    await this.#deps.keeper.forget(kept);
    this.#samples.delete(kept.id);
    this.#deps.cgroups.remove(cgroup);
  }

  /** One sample costs some file reads. Fails: `not_found`. */
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async stats(handle: TaskHandle): Promise<TaskUsage> {
    const { kept } = stateOf(handle);
    const pids = this.pids(handle);
    if (pids.length === 0) {
      throw new Failure('not_found', 'the task is not running', { facts: { id: kept.id } });
    }
    const sample = this.#sample(handle, pids);
    // The first one is compared with the start.
    const before = this.#samples.get(kept.id) ?? { ...NO_USE, at: kept.startedAt };
    this.#samples.set(kept.id, sample);
    return usageBetween(before, sample, this.#mhz);
  }

  /** Runs a command as the task runs: its user, directory, environment, network and cgroup. */
  async exec(handle: TaskHandle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const { env, cwd, user, through } = stateOf(handle);
    const [command = '', ...args] = request.command;
    const plan = {
      argv: [findCommand(command, cwd, env['PATH'] ?? DEFAULT_PATH), ...args],
      env,
      cwd,
      through,
      bornIn: this.bornIn(handle),
      tty: request.tty,
      ...(user === undefined ? {} : { user }),
      ...(request.size === undefined ? {} : { size: request.size }),
    };
    return await startExec(plan, signal);
  }

  /** Of its main process. */
  pid(handle: TaskHandle): number {
    return stateOf(handle).kept.pid;
  }

  /** The cgroups that a command beside the task belongs in. */
  bornIn(handle: TaskHandle): readonly string[] {
    const { kept, container } = stateOf(handle);
    return kept.cgroups.map((dir) => (container ? `${dir}/runtime` : dir));
  }

  /** What lives of the task, without the runtime that runs it. */
  pids(handle: TaskHandle): readonly number[] {
    const { kept, container } = stateOf(handle);
    if (kept.cgroups.length > 0) {
      return kept.cgroups.flatMap((dir) => cgroupPids(container ? `${dir}/task` : dir));
    }
    const pids = [kept.pid, ...descendantsOf(kept.pid)];
    return usageOf(pids.slice(0, 1)).pids === 0 ? [] : pids;
  }

  #sample(handle: TaskHandle, pids: readonly number[]): Sample {
    const { cgroup, container } = stateOf(handle);
    const { cpu, memory } = cgroupUsage(this.#deps.cgroups.dirs(cgroup, container));
    const seen = usageOf(pids);
    const rss = memory?.rss ?? seen.rss;
    return {
      at: this.#deps.clock.now(),
      userNs: cpu?.userNs ?? seen.userNs,
      systemNs: cpu?.systemNs ?? seen.systemNs,
      totalNs: cpu?.totalNs ?? seen.userNs + seen.systemNs,
      throttledPeriods: cpu?.throttledPeriods ?? 0,
      throttledNs: cpu?.throttledNs ?? 0,
      memory: memory ?? { rss, cache: 0, swap: 0, usage: rss, maxUsage: rss },
      pids: pids.length,
    };
  }
}

interface Sample {
  readonly at: Millis;
  readonly userNs: number;
  readonly systemNs: number;
  readonly totalNs: number;
  readonly throttledPeriods: number;
  readonly throttledNs: number;
  readonly memory: TaskUsage['memory'];
  readonly pids: number;
}

const NO_USE: Omit<Sample, 'at'> = {
  userNs: 0,
  systemNs: 0,
  totalNs: 0,
  throttledPeriods: 0,
  throttledNs: 0,
  memory: { rss: 0, cache: 0, swap: 0, usage: 0, maxUsage: 0 },
  pids: 0,
};

/** @param mhz of one core, which 100 percent stand for */
function usageBetween(before: Sample, now: Sample, mhz: number): TaskUsage {
  const elapsedNs = Math.max(now.at - before.at, 1) * 1e6;
  // A process that ended takes its time out of a sum over processes; time never runs backwards.
  const percent = (key: 'userNs' | 'systemNs' | 'totalNs'): number =>
    (Math.max(now[key] - before[key], 0) * 100) / elapsedNs;
  const total = percent('totalNs');
  return {
    at: now.at,
    cpu: {
      percent: total,
      systemPercent: percent('systemNs'),
      userPercent: percent('userNs'),
      totalTicks: (total / 100) * mhz,
      throttledPeriods: now.throttledPeriods,
      throttledTimeNs: now.throttledNs,
    },
    memory: now.memory,
    pids: now.pids,
  };
}

/** The user a task runs as; undefined: the agent's own. Fails: `invalid` none such, `denied`. */
export function userFor(task: TaskSpec): User | undefined {
  if (task.user === '') return undefined;
  const user = findUser(task.user);
  const own = process.getuid?.() ?? 0;
  if (own === user.uid && own !== 0) return undefined;
  if (own !== 0) {
    throw new Failure('denied', `only root may run a task as "${task.user}"`);
  }
  return user;
}

/** How a process gets into the network of its group. Fails: `unsupported`. */
export function enteringNetwork(namespace: string | undefined): readonly string[] {
  if (namespace === undefined) return [];
  const nsenter = findProgram('nsenter');
  if (nsenter !== undefined) return [nsenter, `--net=${namespace}`, '--'];
  throw new Failure('unsupported', 'no "nsenter" to enter the network of the group with');
}

function launchOf(task: TaskSpec, plan: ProcessPlan): Omit<Launch, 'id' | 'bornIn' | 'cgroups'> {
  const { logs } = task;
  const target = (base: string): LogTarget => ({
    base,
    maxFiles: Math.max(logs.maxFiles, 1),
    maxFileSize: Math.max(logs.maxFileSizeMb, 1) * 1024 * 1024,
  });
  return {
    argv: plan.argv,
    env: plan.env,
    cwd: plan.cwd,
    through: plan.through,
    ...(plan.user === undefined ? {} : { user: plan.user }),
    ...(plan.outputOwner === undefined ? {} : { outputOwner: plan.outputOwner }),
    ...(logs.disabled ? {} : { stdout: target(logs.stdoutBase), stderr: target(logs.stderrBase) }),
  };
}

function launchId(task: TaskSpec): string {
  return `${task.allocId}.${task.taskName}.${task.attempt}`;
}

/** A name for a directory: what cannot stand in one is written as its number. */
export function cgroupName(task: TaskSpec): string {
  const plain = launchId(task).replaceAll(
    /[^A-Za-z0-9._-]/gu,
    (char) => `%${(char.codePointAt(0) ?? 0).toString(16)}`,
  );
  return `${plain}.scope`;
}

function stateOf(handle: TaskHandle): ProcessState {
  const state = handle.state as unknown as Partial<ProcessState>;
  if (handle.version !== VERSION || state.kept === undefined || state.cgroup === undefined) {
    throw new Failure('not_found', `a handle of version ${handle.version} cannot be read`);
  }
  return state as ProcessState;
}

function setOomScoreAdj(pid: number, score: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  } catch {
    // It ended at once, or the system does not allow it: a preference only.
  }
}
