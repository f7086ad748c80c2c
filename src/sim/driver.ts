/**
 * Tasks that only pretend to run, on the simulated clock. The machine they run on outlives its
 * driver, as a keeper does: a new driver on the same machine finds them again.
 *
 * Its configuration is that of Nomad's mock driver, as far as it goes: `run_for` [ms], `exit_code`,
 * `exit_signal`, `start_error`, `start_error_recoverable`, `kill_after` [ms].
 */
import { Failure } from '../base/failure.ts';
import type { JsonObject } from '../base/json.ts';
import type { DriverInfo } from '../core/model/node.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Driver,
  DriverCapabilities,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
  TaskUsage,
} from '../ports/driver.ts';

interface SimTask {
  readonly spec: TaskSpec;
  readonly handle: TaskHandle;
  readonly over: AbortController;
  readonly ended: Promise<ExitResult>;
  readonly end: (exitCode: number, signal: number) => void;
  exit: ExitResult | undefined;
}

/** What is running, by task and attempt. Survives drivers and clients. */
export class SimMachine {
  readonly tasks = new Map<string, SimTask>();
  readonly #clock: Clock;
  /** Every start that was carried out, in order. */
  readonly started: string[] = [];
  /** Signals that were sent, as `KEY SIGNAL`. */
  readonly signals: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys (`ALLOC/TASK/ATTEMPT`) of what runs now. */
  running(): readonly string[] {
    return [...this.tasks].filter(([, task]) => task.exit === undefined).map(([key]) => key);
  }

  launch(spec: TaskSpec): SimTask {
    const key = `${spec.allocId}/${spec.taskName}/${spec.attempt}`;
    const known = this.tasks.get(key);
    if (known !== undefined) return known;
    const now = this.#clock.now();
    const handle: TaskHandle = { driver: 'sim', version: 1, startedAt: now, state: { key } };
    let end: SimTask['end'] = () => undefined;
    const ended = new Promise<ExitResult>((resolve) => {
      end = (exitCode, signal) => {
        if (task.exit !== undefined) return;
        const at = this.#clock.now();
        task.exit = { exitCode, signal, oomKilled: false, endedAt: at };
        task.over.abort();
        resolve(task.exit);
      };
    });
    const over = new AbortController();
    const task: SimTask = {
      spec,
      handle,
      over,
      ended,
      end: (...how) => end(...how),
      exit: undefined,
    };
    this.tasks.set(key, task);
    this.started.push(key);
    const { run_for: runFor, exit_code: exitCode, exit_signal: exitSignal } = spec.config;
    if (typeof runFor === 'number') {
      this.#clock.sleep(runFor, over.signal).then(
        () => end(Number(exitCode ?? 0), Number(exitSignal ?? 0)),
        () => undefined,
      );
    }
    return task;
  }

  /** Ends a task from outside, as the kernel or a person would. Fails: `not_found`. */
  kill(key: string, exitCode: number, signal = 0): void {
    this.find(key).end(exitCode, signal);
  }

  find(key: string): SimTask {
    const task = this.tasks.get(key);
    if (task === undefined) throw new Failure('not_found', `no task "${key}" on this machine`);
    return task;
  }
}

export class SimDriver implements Driver {
  readonly name = 'sim';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: false,
    fsIsolation: 'none',
    networkModes: ['host', 'bridge', 'none'],
    mounts: true,
  };
  readonly #machine: SimMachine;
  readonly #clock: Clock;

  constructor(machine: SimMachine, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
  }

  fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    const attributes = { 'driver.sim': '1' };
    const healthDescription = 'Healthy';
    return Promise.resolve({ detected: true, healthy: true, healthDescription, attributes });
  }

  validate(config: JsonObject): readonly { readonly path: string; readonly message: string }[] {
    const known = /^(run_for|exit_code|exit_signal|start_error(_recoverable)?|kill_after)$/;
    return Object.keys(config)
      .filter((path) => !known.test(path))
      .map((path) => ({ path, message: 'is not known' }));
  }

  start(spec: TaskSpec): Promise<TaskHandle> {
    const error = spec.config['start_error'];
    if (typeof error === 'string') {
      const fault = spec.config['start_error_recoverable'] === true ? 'unavailable' : 'invalid';
      return Promise.reject(new Failure(fault, error));
    }
    return Promise.resolve(this.#machine.launch(spec).handle);
  }

  recover(handle: TaskHandle): Promise<void> {
    return Promise.resolve().then(() => {
      this.#machine.find(keyOf(handle));
    });
  }

  async wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const aborted = new Promise<never>((_, reject) => {
      const refuse = (): void => reject(new Failure('canceled', 'nobody waits any more'));
      if (signal.aborted) refuse();
      signal.addEventListener('abort', refuse, { once: true });
    });
    return Promise.race([this.#machine.find(keyOf(handle)).ended, aborted]);
  }

  signal(handle: TaskHandle, signal: string): Promise<void> {
    return Promise.resolve().then(() => {
      this.#machine.find(keyOf(handle));
      this.#machine.signals.push(`${keyOf(handle)} ${signal}`);
    });
  }

  async stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    const task = this.#machine.tasks.get(keyOf(handle));
    if (task === undefined || task.exit !== undefined) return;
    this.#machine.signals.push(`${keyOf(handle)} ${signal}`);
    const needs = Number(task.spec.config['kill_after'] ?? 0);
    await this.#clock.sleep(Math.min(needs, timeoutMs), task.over.signal);
    if (needs > timeoutMs) task.end(137, 9);
    else task.end(signal === 'SIGTERM' ? 143 : 130, signal === 'SIGTERM' ? 15 : 2);
  }

  destroy(handle: TaskHandle): Promise<void> {
    this.#machine.tasks.delete(keyOf(handle));
    return Promise.resolve();
  }

  stats(handle: TaskHandle): Promise<TaskUsage> {
    return Promise.resolve().then(() => {
      const { spec } = this.#machine.find(keyOf(handle));
      const bytes = spec.resources.memoryMb * 1_048_576;
      return {
        at: this.#clock.now(),
        cpu: {
          percent: 1,
          systemPercent: 0,
          userPercent: 1,
          totalTicks: 10,
          throttledPeriods: 0,
          throttledTimeNs: 0,
        },
        memory: { rss: bytes, cache: 0, swap: 0, usage: bytes, maxUsage: bytes },
        pids: 1,
      };
    });
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(new Failure('unsupported', 'pretended tasks run no commands'));
  }
}

function keyOf(handle: TaskHandle): string {
  const { key } = handle.state;
  return typeof key === 'string' ? key : '';
}
