/**
 * Tasks that exist only in a simulated world: they run on its clock and fail by its seed.
 *
 * S1: tasks belong to the machine, not to the driver: a new driver on the same machine, which is a
 *     restarted agent, finds them again.
 * S2: the same seed, machine and calls give the same lives.
 */
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Random } from '../base/random.ts';
import type { DriverInfo } from '../core/model/node.ts';
import type { TaskUsage } from '../core/model/usage.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Driver,
  DriverCapabilities,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../ports/driver.ts';

/** How tasks on a machine fare when their configuration does not say. */
export interface SimTaskFortune {
  /** Share of starts that fail as `unavailable`, 0 to 1. */
  readonly startFailures: number;
  /** Share of tasks that crash at some time within `crashWithinMs`, 0 to 1. */
  readonly crashes: number;
  readonly crashWithinMs: number;
  /** Longest that a start takes [ms]. */
  readonly startMsMax: number;
}

export const CALM: SimTaskFortune = {
  startFailures: 0,
  crashes: 0,
  crashWithinMs: 0,
  startMsMax: 0,
};

interface SimTask {
  readonly id: string;
  readonly startedAt: Millis;
  readonly plan: Plan;
  readonly ended: AbortController;
  result?: ExitResult;
}

/** What a machine runs; it outlives its drivers (S1). Also what a test looks at. */
export class SimTasks {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tasks = new Map<string, SimTask>();
  /** How often it lost power: what was under way then is not finished. */
  #outages = 0;
  fortune: SimTaskFortune;

  constructor(clock: Clock, random: Random, fortune: SimTaskFortune = CALM) {
    this.#clock = clock;
    this.#random = random;
    this.fortune = fortune;
  }

  /** Ids of what runs now, sorted. */
  running(): readonly string[] {
    return [...this.#tasks.values()]
      .filter(({ result }) => result === undefined)
      .map(({ id }) => id)
      .sort();
  }

  get(id: string): SimTask | undefined {
    return this.#tasks.get(id);
  }

  async start(id: string, plan: Plan, signal: AbortSignal): Promise<SimTask> {
    // A stream for each start, so that one more start does not move the fate of others (S2).
    const random = this.#random.fork(id);
    const present = this.#tasks.get(id);
    if (present !== undefined) return present;
    const { startMsMax, startFailures, crashes, crashWithinMs } = this.fortune;
    const delayMs = Math.floor(random.next() * startMsMax);
    const fails = random.next() < startFailures;
    const crashAfterMs =
      random.next() < crashes ? Math.floor(random.next() * crashWithinMs) : undefined;
    const outages = this.#outages;
    if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
    if (signal.aborted || outages !== this.#outages) {
      throw new Failure('canceled', 'the start was given up');
    }
    // Asked for twice at once, as by a client that came back meanwhile.
    const twin = this.#tasks.get(id);
    if (twin !== undefined) return twin;
    if (fails) throw new Failure('unavailable', 'the simulated engine is away');
    const ended = new AbortController();
    const task: SimTask = { id, startedAt: this.#clock.now(), plan, ended };
    this.#tasks.set(id, task);
    const crashed = crashAfterMs !== undefined && crashAfterMs < plan.runForMs;
    const lifeMs = crashed ? crashAfterMs : plan.runForMs;
    if (lifeMs !== Infinity) {
      this.#clock.sleep(lifeMs, ended.signal).then(
        () => this.end(task, crashed ? CRASHED : { ...CLEAN, exitCode: plan.exitCode }),
        () => undefined,
      );
    }
    return task;
  }

  end(task: SimTask, how: Omit<ExitResult, 'endedAt'>): void {
    if (task.result !== undefined) return;
    task.result = { ...how, endedAt: this.#clock.now() };
    task.ended.abort();
  }

  /** The machine lost power: nothing of it runs, and nobody knows how it ended. */
  loseAll(): void {
    this.#outages += 1;
    for (const task of this.#tasks.values()) this.end(task, KILLED);
    this.#tasks.clear();
  }

  forget(id: string): void {
    const task = this.#tasks.get(id);
    if (task !== undefined) this.end(task, KILLED);
    this.#tasks.delete(id);
  }
}

const CLEAN = { exitCode: 0, signal: 0, oomKilled: false };
const CRASHED = { exitCode: 139, signal: 11, oomKilled: false };
const KILLED = { exitCode: 137, signal: 9, oomKilled: false };

interface Plan {
  /** `Infinity`: until it is stopped. */
  readonly runForMs: number;
  readonly exitCode: number;
  /** How long it takes to obey a signal. */
  readonly killAfterMs: number;
}

const VERSION = 1;

/**
 * Its configuration: `runForMs`, `exitCode`, `killAfterMs`, all numbers, and nothing else counts.
 */
export class SimDriver implements Driver {
  readonly name: string;
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: false,
    fsIsolation: 'none',
    networkModes: ['host', 'bridge', 'none'],
    mounts: true,
  };
  readonly #tasks: SimTasks;
  readonly #clock: Clock;
  /** Set to make the driver tell of trouble. */
  unhealthy: string | undefined;

  /** @param name the driver it stands for, so that job files need no change */
  constructor(name: string, deps: { readonly tasks: SimTasks; readonly clock: Clock }) {
    this.name = name;
    this.#tasks = deps.tasks;
    this.#clock = deps.clock;
  }

  fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    return Promise.resolve({
      detected: true,
      healthy: this.unhealthy === undefined,
      healthDescription: this.unhealthy ?? 'Healthy',
      attributes: { [`driver.${this.name}`]: '1' },
    });
  }

  validate(config: JsonObject): readonly { readonly path: string; readonly message: string }[] {
    return ['runForMs', 'exitCode', 'killAfterMs']
      .filter((key) => config[key] !== undefined && !isCount(config[key]))
      .map((path) => ({ path, message: 'must be a number from 0' }));
  }

  async start(spec: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const [issue] = this.validate(spec.config);
    if (issue !== undefined) {
      throw new Failure('invalid', `config.${issue.path} ${issue.message}`);
    }
    if (signal.aborted) throw new Failure('canceled', 'the start was given up');
    const id = `${spec.allocId}.${spec.taskName}.${spec.attempt}`;
    const { startedAt } = await this.#tasks.start(id, planOf(spec.config), signal);
    return { driver: this.name, version: VERSION, startedAt, state: { id } };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async recover(handle: TaskHandle): Promise<void> {
    this.#get(handle);
  }

  async wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const task = this.#get(handle);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new Failure('canceled', 'nobody waits any more'));
      const look = (): void => {
        if (task.result === undefined) return;
        signal.removeEventListener('abort', abort);
        resolve(task.result);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      task.ended.signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async signal(handle: TaskHandle, signal: string): Promise<void> {
    if (!SIGNALS.has(signal)) throw new Failure('invalid', `unknown signal "${signal}"`);
    const task = this.#get(handle);
    if (task.result !== undefined) throw new Failure('not_found', 'the task is not running');
    if (signal === 'SIGKILL') this.#tasks.end(task, KILLED);
  }

  async stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    const task = this.#tasks.get(idOf(handle));
    if (task === undefined || task.result !== undefined) return;
    const { killAfterMs } = task.plan;
    const waitMs = signal === 'SIGKILL' ? 0 : Math.min(killAfterMs, timeoutMs);
    if (waitMs > 0) await this.#clock.sleep(waitMs, task.ended.signal);
    const obeyed = signal !== 'SIGKILL' && killAfterMs <= timeoutMs;
    this.#tasks.end(task, obeyed ? { ...CLEAN, exitCode: task.plan.exitCode } : KILLED);
  }

  destroy(handle: TaskHandle): Promise<void> {
    this.#tasks.forget(idOf(handle));
    return Promise.resolve();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async stats(handle: TaskHandle): Promise<TaskUsage> {
    if (this.#get(handle).result !== undefined) {
      throw new Failure('not_found', 'the task is not running');
    }
    return { at: this.#clock.now(), cpu: NO_CPU, memory: NO_MEMORY, pids: 1 };
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(new Failure('unsupported', 'a simulated task runs no commands'));
  }

  #get(handle: TaskHandle): SimTask {
    const task = this.#tasks.get(idOf(handle));
    if (task === undefined) throw new Failure('not_found', 'the machine runs no such task');
    return task;
  }
}

const NO_CPU = {
  percent: 0,
  systemPercent: 0,
  userPercent: 0,
  totalTicks: 0,
  throttledPeriods: 0,
  throttledTimeNs: 0,
};
const NO_MEMORY = { rss: 0, cache: 0, swap: 0, usage: 0, maxUsage: 0 };

const SIGNALS = new Set(
  'HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP WINCH'
    .split(' ')
    .map((name) => `SIG${name}`),
);

function planOf(config: JsonObject): Plan {
  const number = (key: string, otherwise: number): number => {
    const value = config[key];
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    runForMs: number('runForMs', Infinity),
    exitCode: number('exitCode', 0),
    killAfterMs: number('killAfterMs', 0),
  };
}

function isCount(value: Json | undefined): boolean {
  return typeof value === 'number' && value >= 0;
}

function idOf(handle: TaskHandle): string {
  const { id } = handle.state;
  if (handle.version !== VERSION || typeof id !== 'string') {
    throw new Failure('not_found', `a handle of version ${handle.version} cannot be read`);
  }
  return id;
}
