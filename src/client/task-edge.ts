/**
 * Carries out what the task machine asks for: hooks, then the driver.
 *
 * TE1: every effect that expects an answer gets exactly one, unless the client ends first: then
 *     there
 *      is none, and the stored state asks again after the restart.
 * TE2: a driver that fails to stop or to take up a task is asked again until it does.
 */
import type { Millis } from '../base/brand.ts';
import { Bug } from '../base/assert.ts';
import { explain, Failure, FAULTS } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { interpolate } from '../core/interpolate/replace.ts';
import type { TaskGroup } from '../core/model/task-group.ts';
import type { Task } from '../core/model/task.ts';
import type { Handle } from '../core/runner/handle.ts';
import type { TaskEffect, TaskInput } from '../core/runner/task.ts';
import type { Clock } from '../ports/clock.ts';
import type { Driver, ExecSession, ExitResult, TaskSpec } from '../ports/driver.ts';
import type { AllocScope, TaskHook, TaskScope } from './hooks/hook.ts';
import { environmentOf, taskSpec, type TaskPlace } from './task-spec.ts';

export interface TaskEdgeDeps {
  readonly driver: Driver | undefined;
  readonly hooks: readonly TaskHook[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** The allocation as it is now: an update in place changes it. */
  readonly scope: () => AllocScope;
  readonly place: (task: Task, driver: Driver) => TaskPlace;
  readonly send: (input: TaskInput) => void;
  /** Runs a command inside the task. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<ExecSession>;
  /** Aborts when the client ends. */
  readonly signal: AbortSignal;
}

/** First and longest pause before a driver is asked again [ms]. */
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;

export class TaskEdge {
  readonly #name: string;
  readonly #deps: TaskEdgeDeps;
  #cancel = new AbortController();
  #mounts: TaskSpec['mounts'] = [];
  #env: Readonly<Record<string, string>> = {};

  constructor(name: string, deps: TaskEdgeDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  async perform(effect: TaskEffect): Promise<void> {
    switch (effect.do) {
      case 'prepare':
        await this.#prepare(effect.attempt);
        return;
      case 'start':
        await this.#start(effect.attempt);
        return;
      case 'cancel':
        this.#cancel.abort();
        return;
      case 'watch':
        await this.#watch(effect.attempt, effect.handle);
        return;
      case 'recover':
        await this.#recover(effect.attempt, effect.handle);
        return;
      case 'signal':
        await this.#once('signal', (driver) => driver.signal(effect.handle, effect.signal));
        return;
      case 'stop':
        await this.#stop(effect.handle, effect.signal, effect.timeoutMs);
        return;
      case 'destroy':
        await this.#once('clean up after', (driver) => driver.destroy(effect.handle));
        return;
    }
  }

  async #prepare(attempt: number): Promise<void> {
    this.#cancel = new AbortController();
    const signal = AbortSignal.any([this.#cancel.signal, this.#deps.signal]);
    try {
      await this.#runHooks(signal);
      this.#answer({ type: 'prepared', attempt });
    } catch (error) {
      this.#answer({ type: 'prepare_failed', attempt, ...why(error) });
    }
  }

  async #runHooks(signal: AbortSignal): Promise<void> {
    const scope = this.#newScope();
    for (const hook of this.#deps.hooks) {
      if (signal.aborted) throw new Failure('canceled', 'the task was given up');
      await hook.prestart(scope, signal);
    }
    this.#mounts = scope.mounts;
    this.#env = scope.env;
  }

  #newScope(): TaskScope {
    const { driver, place } = this.#placed();
    const { lookup, env } = environmentOf(place);
    return {
      ...this.#deps.scope(),
      task: place.task,
      driver,
      mounts: [],
      env: {},
      variables: env,
      directories: place.directories,
      note: (event) => this.#answer({ type: 'note', event }),
      ask: (wish) => this.#answer(wish),
      exec: (command, signal) => this.#deps.exec(command, signal),
      interpolate: (text) => interpolate(text, lookup),
    };
  }

  /** Hooks that go on while a task runs take it up, too; one that fails is told and left. */
  async #resumeHooks(): Promise<void> {
    for (const hook of this.#deps.hooks) {
      try {
        await hook.resume?.(this.#newScope());
      } catch (error) {
        if (error instanceof Bug) throw error;
        this.#deps.log(`client: ${hook.name} of task "${this.#name}": ${explain(error)}`);
      }
    }
  }

  async #start(attempt: number): Promise<void> {
    const signal = AbortSignal.any([this.#cancel.signal, this.#deps.signal]);
    try {
      const { driver, place } = this.#placed();
      const environment = environmentOf(place, this.#env);
      const spec = taskSpec(place, environment, this.#mounts, attempt - 1);
      const [mistake] = driver.validate(spec.config);
      if (mistake !== undefined) {
        throw new Failure('invalid', `config: ${mistake.path}: ${mistake.message}`);
      }
      const handle = await driver.start(spec, signal);
      this.#answer({ type: 'started', attempt, handle });
    } catch (error) {
      this.#answer({ type: 'start_failed', attempt, ...why(error) });
    }
  }

  async #recover(attempt: number, handle: Handle): Promise<void> {
    const recovered = await this.#retry('take up', async (driver) => {
      try {
        await driver.recover(handle, this.#deps.signal);
        return true;
      } catch (error) {
        if (error instanceof Failure && error.fault === 'not_found') return explain(error);
        throw error;
      }
    });
    if (recovered === undefined) return;
    if (recovered === true) {
      await Promise.all([this.#watch(attempt, handle), this.#resumeHooks()]);
    } else this.#answer({ type: 'lost', attempt, message: recovered });
  }

  async #watch(attempt: number, handle: Handle): Promise<void> {
    const { driver, clock } = this.#deps;
    if (driver === undefined) return;
    try {
      const exit = await driver.wait(handle, this.#deps.signal);
      this.#answer({ type: 'exited', attempt, exit });
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#answer({ type: 'exited', attempt, exit: unknownExit(error, clock.now()) });
    }
  }

  async #stop(handle: Handle, signal: string, timeoutMs: number): Promise<void> {
    await this.#retry('stop', async (driver) => {
      await driver.stop(handle, signal === '' ? defaultSignal(driver) : signal, timeoutMs);
      return true;
    });
  }

  /** TE1: a client that ends has nothing to tell itself. */
  #answer(input: TaskInput): void {
    if (!this.#deps.signal.aborted) this.#deps.send(input);
  }

  #placed(): { readonly driver: Driver; readonly place: TaskPlace } {
    const { driver } = this.#deps;
    const task = taskOf(this.#deps.scope().group, this.#name);
    if (driver === undefined) {
      throw new Failure('invalid', `driver "${task.driver}" is not known to this node`);
    }
    return { driver, place: this.#deps.place(task, driver) };
  }

  async #once(verb: string, ask: (driver: Driver) => Promise<void>): Promise<void> {
    const { driver, log } = this.#deps;
    if (driver === undefined) return;
    try {
      await ask(driver);
    } catch (error) {
      if (error instanceof Bug) throw error;
      log(`client: cannot ${verb} task "${this.#name}": ${explain(error)}`);
    }
  }

  /** TE2. Undefined: the client ended first. */
  async #retry<T>(verb: string, ask: (driver: Driver) => Promise<T>): Promise<T | undefined> {
    const { driver, clock, random, signal, log } = this.#deps;
    if (driver === undefined) return undefined;
    let pauseMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      try {
        return await ask(driver);
      } catch (error) {
        if (error instanceof Bug) throw error;
        log(`client: cannot ${verb} task "${this.#name}": ${explain(error)}`);
      }
      await clock.sleep(pauseMs * (0.5 + random.next()), signal);
      pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX);
    }
    return undefined;
  }
}

/** The task by name. Fails: `not_found` when the job's version has none such. */
export function taskOf(group: TaskGroup, name: string): Task {
  const task = group.tasks.find((one) => one.name === name);
  if (task === undefined)
    throw new Failure('not_found', `group "${group.name}" has no task "${name}"`);
  return task;
}

/** Containers are asked as their engine would ask; processes as a person at a terminal would. */
function defaultSignal(driver: Driver): string {
  return driver.capabilities.fsIsolation === 'image' ? 'SIGTERM' : 'SIGINT';
}

function why(error: unknown): { readonly message: string; readonly retry: boolean } {
  if (error instanceof Bug) throw error;
  const retry = error instanceof Failure && FAULTS[error.fault].retry;
  return { message: explain(error), retry };
}

function unknownExit(error: unknown, now: Millis): ExitResult {
  return { exitCode: 255, signal: 0, oomKilled: false, endedAt: now, unknown: explain(error) };
}
