/**
 * `mock_driver`: a task without a process, for trying out what a cluster does with tasks: it runs
 * as long, prints what, and ends as its configuration says.
 *
 * M1: its handle says when it began and how it goes, so a restarted agent finds it again; what is
 *     left of its output by then is not printed.
 */
import { openSync, closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Millis } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { ConfigIssue } from '../../../core/model/config-issue.ts';
import type { DriverInfo } from '../../../core/model/node.ts';
import { NO_USAGE, type TaskUsage } from '../../../core/model/usage.ts';
import type { Clock } from '../../../ports/clock.ts';
import type {
  Driver,
  DriverCapabilities,
  ExecSession,
  ExitResult,
  TaskHandle,
  TaskSpec,
} from '../../../ports/driver.ts';
import { ConfigReader, refuseIssues } from '../config.ts';

const VERSION = 1;

/** Kept in `TaskHandle.state`. */
interface MockState {
  readonly id: string;
  readonly config: MockConfig;
}

interface Running {
  readonly startedAt: Millis;
  readonly ended: AbortController;
  readonly result: Promise<ExitResult>;
  end(result: Omit<ExitResult, 'endedAt'>): void;
}

export class MockDriver implements Driver {
  readonly name = 'mock_driver';
  readonly capabilities: DriverCapabilities = {
    signals: true,
    exec: false,
    fsIsolation: 'none',
    networkModes: ['host', 'bridge', 'none'],
    mounts: false,
  };
  readonly #clock: Clock;
  readonly #tasks = new Map<string, Running>();

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  fingerprint(): Promise<Omit<DriverInfo, 'updatedAt'>> {
    return Promise.resolve({
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      attributes: { 'driver.mock_driver': '1' },
    });
  }

  validate(config: JsonObject): readonly ConfigIssue[] {
    return decode(config).issues;
  }

  async start(task: TaskSpec, signal: AbortSignal): Promise<TaskHandle> {
    const { config, issues } = decode(task.config);
    refuseIssues(this.name, issues);
    await this.#clock.sleep(config.startBlockForMs, signal);
    if (signal.aborted) throw new Failure('canceled', 'the start was given up');
    if (config.startError !== '') {
      throw new Failure(
        config.startErrorRecoverable ? 'unavailable' : 'invalid',
        config.startError,
      );
    }
    const state: MockState = { id: `${task.allocId}.${task.taskName}.${task.attempt}`, config };
    const startedAt = this.#clock.now();
    const running = this.#begin(state, startedAt);
    if (!task.logs.disabled) this.#print(config, task.logs.stdoutBase, running);
    return {
      driver: this.name,
      version: VERSION,
      startedAt,
      state: state as unknown as JsonObject,
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async recover(handle: TaskHandle): Promise<void> {
    const state = stateOf(handle);
    if (this.#tasks.has(state.id)) return;
    if (this.#clock.now() >= handle.startedAt + state.config.runForMs) {
      throw new Failure('not_found', 'its time was over while nobody looked after it');
    }
    this.#begin(state, handle.startedAt);
  }

  wait(handle: TaskHandle, signal: AbortSignal): Promise<ExitResult> {
    const { result } = this.#get(handle);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new Failure('canceled', 'nobody waits any more'));
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      const done = (): void => signal.removeEventListener('abort', abort);
      result.finally(done).then(resolve, reject);
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async signal(handle: TaskHandle, signal: string): Promise<void> {
    const { config } = stateOf(handle);
    const number = (constants.signals as Readonly<Record<string, number>>)[signal];
    if (number === undefined) throw new Failure('invalid', `unknown signal "${signal}"`);
    const running = this.#get(handle);
    if (running.ended.signal.aborted) throw new Failure('not_found', 'the task is not running');
    if (config.signalError !== '') throw new Failure('unavailable', config.signalError);
    if (signal === 'SIGKILL') running.end(KILLED);
  }

  async stop(handle: TaskHandle, signal: string, timeoutMs: number): Promise<void> {
    const { config } = stateOf(handle);
    const running = this.#tasks.get(stateOf(handle).id);
    if (running === undefined || running.ended.signal.aborted) return;
    const patient = signal !== 'SIGKILL' && config.killAfterMs <= timeoutMs;
    const waitMs = signal === 'SIGKILL' ? 0 : Math.min(config.killAfterMs, timeoutMs);
    await this.#clock.sleep(waitMs, running.ended.signal);
    running.end(patient ? outcome(config) : KILLED);
  }

  destroy(handle: TaskHandle): Promise<void> {
    const { id } = stateOf(handle);
    this.#tasks.get(id)?.end(KILLED);
    this.#tasks.delete(id);
    return Promise.resolve();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must be a rejection
  async stats(handle: TaskHandle): Promise<TaskUsage> {
    if (this.#get(handle).ended.signal.aborted) {
      throw new Failure('not_found', 'the task is not running');
    }
    return { ...NO_USAGE, at: this.#clock.now() };
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(new Failure('unsupported', 'a mock task runs no commands'));
  }

  #begin({ id, config }: MockState, startedAt: Millis): Running {
    const ended = new AbortController();
    let tell: (result: ExitResult) => void = () => undefined;
    const result = new Promise<ExitResult>((resolve) => (tell = resolve));
    const end = (how: Omit<ExitResult, 'endedAt'>): void => {
      tell({ ...how, endedAt: this.#clock.now() });
      ended.abort();
    };
    const running = { startedAt, ended, result, end };
    this.#tasks.set(id, running);
    const leftMs = startedAt + config.runForMs - this.#clock.now();
    this.#clock.sleep(Math.max(leftMs, 0), ended.signal).then(
      () => end(outcome(config)),
      () => undefined,
    );
    return running;
  }

  #print(config: MockConfig, base: string, running: Running): void {
    const { stdoutText, stdoutRepeat, stdoutRepeatMs } = config;
    if (stdoutText === '') return;
    const file = openSync(`${base}.0`, 'a');
    writeSync(file, stdoutText);
    const go = async (): Promise<void> => {
      for (let i = 0; i < stdoutRepeat && !running.ended.signal.aborted; i++) {
        await this.#clock.sleep(stdoutRepeatMs, running.ended.signal);
        writeSync(file, stdoutText);
      }
    };
    const close = (): void => closeSync(file);
    go().then(close, close);
  }

  #get(handle: TaskHandle): Running {
    const running = this.#tasks.get(stateOf(handle).id);
    if (running === undefined) throw new Failure('not_found', 'there is no such mock task');
    return running;
  }
}

interface MockConfig {
  readonly runForMs: number;
  readonly exitCode: number;
  readonly exitSignal: number;
  readonly exitErrorText: string;
  readonly startError: string;
  readonly startErrorRecoverable: boolean;
  readonly startBlockForMs: number;
  readonly killAfterMs: number;
  readonly signalError: string;
  readonly stdoutText: string;
  readonly stdoutRepeat: number;
  readonly stdoutRepeatMs: number;
}

function decode(source: JsonObject): { config: MockConfig; issues: readonly ConfigIssue[] } {
  const reader = new ConfigReader(source);
  const config = {
    runForMs: reader.duration('run_for'),
    exitCode: reader.number('exit_code', { min: 0, max: 255 }) ?? 0,
    exitSignal: reader.number('exit_signal', { min: 0, max: 64 }) ?? 0,
    exitErrorText: reader.text('exit_err_msg'),
    startError: reader.text('start_error'),
    startErrorRecoverable: reader.flag('start_error_recoverable'),
    startBlockForMs: reader.duration('start_block_for'),
    killAfterMs: reader.duration('kill_after'),
    signalError: reader.text('signal_error'),
    stdoutText: reader.text('stdout_string'),
    stdoutRepeat: reader.number('stdout_repeat', { min: 0, max: 1_000_000 }) ?? 0,
    stdoutRepeatMs: reader.duration('stdout_repeat_duration'),
  };
  return { config, issues: reader.issues() };
}

/** How it ends when nobody kills it. */
function outcome(config: MockConfig): Omit<ExitResult, 'endedAt'> {
  const { exitCode, exitSignal, exitErrorText } = config;
  return {
    exitCode: exitSignal === 0 ? exitCode : 128 + exitSignal,
    signal: exitSignal,
    oomKilled: false,
    ...(exitErrorText === '' ? {} : { unknown: exitErrorText }),
  };
}

const KILLED = { exitCode: 137, signal: 9, oomKilled: false };

function stateOf(handle: TaskHandle): MockState {
  const state = handle.state as unknown as Partial<MockState>;
  if (handle.version !== VERSION || state.id === undefined || state.config === undefined) {
    throw new Failure('not_found', `a handle of version ${handle.version} cannot be read`);
  }
  return state as MockState;
}
