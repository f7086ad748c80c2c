/**
 * A group of tasks on a pretended node, for the goldens and properties of `core/runner`: carries the
 * machine's effects out at once unless told otherwise, and moves time from wake-up to wake-up.
 */
import type { Millis } from '../src/base/brand.ts';
import {
  members,
  newAlloc,
  stepAlloc,
  type AllocEffect,
  type AllocInput,
  type AllocPolicy,
  type AllocRun,
} from '../src/core/runner/alloc.ts';
import { formatDuration } from '../src/base/duration.ts';
import { handleOf, type TaskEffect, type TaskPolicy } from '../src/core/runner/task.ts';
import type { TaskRole } from '../src/core/runner/lifecycle.ts';
import type { Exit, Handle } from '../src/core/runner/handle.ts';
import type { Moment } from '../src/core/runner/moment.ts';
import { reportAlloc } from '../src/core/runner/report.ts';
import { resumeAlloc } from '../src/core/runner/resume.ts';

export const MAIN: TaskRole = { hook: 'main', sidecar: false, leader: false };

export const SERVICE: TaskPolicy = {
  restart: {
    attempts: 2,
    intervalMs: 1_800_000,
    delayMs: 15_000,
    mode: 'fail',
    renderTemplates: false,
  },
  restartOnSuccess: true,
  killTimeoutMs: 5_000,
  killSignal: '',
  shutdownDelayMs: 0,
  seed: 'seed',
};

/** A task that ended with a code, or by a signal where one is given. */
export function exitOf(exitCode: number, signal = 0, oomKilled = false): Exit {
  return { exitCode, signal, oomKilled, endedAt: 0 as Millis };
}

export class RunnerWorld {
  /** By the client's own time. */
  now = 0 as Millis;
  /** How far the wall clock was set ahead of that [ms]. */
  aheadMs = 0;
  run: AllocRun;
  policy: AllocPolicy;
  wakeAt: Millis | undefined;
  /** What was asked of the edge, as a reader sees it. */
  readonly lines: string[] = [];
  /** Tasks whose next starts do not answer by themselves. */
  readonly held = new Set<string>();
  readonly startFailures = new Map<string, { message: string; retry: boolean }>();
  /** What the pretended driver runs, by task. */
  readonly alive = new Map<string, Handle[]>();
  #inputs: AllocInput[] = [];

  constructor(policy: AllocPolicy) {
    this.policy = policy;
    this.run = newAlloc(Object.keys(policy.tasks), this.moment);
  }

  get moment(): Moment {
    return { now: (this.now + this.aheadMs) as Millis, steady: this.now };
  }

  send(...inputs: readonly AllocInput[]): void {
    this.#inputs.push(...inputs);
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      this.#forget(input);
      const turn = stepAlloc(this.run, input, this.policy, this.moment);
      this.run = turn.state;
      this.wakeAt = turn.wakeAt;
      for (const effect of turn.effects) this.#carryOut(effect);
    }
  }

  /** Moves time on, stopping at each wake-up. */
  wait(ms: number): void {
    const end = this.now + ms;
    while (this.wakeAt !== undefined && this.wakeAt <= end) {
      this.now = Math.max(this.now, this.wakeAt) as Millis;
      this.send({ type: 'tick' });
    }
    this.now = end as Millis;
  }

  /** Ends what runs of a task. */
  exit(task: string, exit: Exit): void {
    const state = this.run.tasks[task];
    if (state === undefined || handleOf(state) === undefined) return;
    this.alive.set(task, []);
    const input = { type: 'exited', attempt: state.attempt, exit } as const;
    this.send({ type: 'task', task, input });
  }

  /** As after a restart of the agent: only the stored state is left. */
  resume(): void {
    this.run = JSON.parse(JSON.stringify(this.run)) as AllocRun;
    this.#inputs = [];
    for (const effect of resumeAlloc(this.run, this.policy)) this.#carryOut(effect);
    this.send({ type: 'tick' });
  }

  status(): string {
    const report = reportAlloc(this.run);
    const health = report.deploymentStatus;
    const tasks = members(this.run, this.policy).map(({ name }) => {
      const task = report.taskStates[name];
      const failed = task?.failed === true ? ' failed' : '';
      const restarts = task?.restarts === 0 ? '' : ` restarts=${task?.restarts ?? 0}`;
      return `  ${name} ${task?.state ?? '?'}${failed}${restarts}`;
    });
    const verdict = health === undefined ? '' : health.healthy ? ', healthy' : ', unhealthy';
    return [`${report.clientStatus} "${report.clientDescription}"${verdict}`, ...tasks].join('\n');
  }

  events(task: string): string {
    const { events = [] } = this.run.tasks[task] ?? {};
    return events
      .map((e) => `${formatDuration(e.at).padStart(10)}  ${e.type.padEnd(15)}  ${e.displayMessage}`)
      .join('\n');
  }

  /** Takes the lines printed since the last time. */
  drain(): string {
    return this.lines.splice(0).join('\n');
  }

  /** Who says that a task is lost must have seen that it is. */
  #forget(input: AllocInput): void {
    if (input.type !== 'task' || input.input.type !== 'lost') return;
    if (this.run.tasks[input.task]?.attempt === input.input.attempt) this.alive.delete(input.task);
  }

  #carryOut(effect: AllocEffect): void {
    switch (effect.do) {
      case 'prepare':
        this.lines.push('prepare');
        if (!this.held.has('*')) this.#inputs.push({ type: 'prepared' });
        return;
      case 'cancel':
      case 'release':
        this.lines.push(effect.do);
        return;
      case 'task':
        this.#carryOutTask(effect.task, effect.effect);
        return;
    }
  }

  #carryOutTask(task: string, effect: TaskEffect): void {
    const answer = (input: Extract<AllocInput, { type: 'task' }>['input']): void => {
      this.#inputs.push({ type: 'task', task, input });
    };
    switch (effect.do) {
      case 'prepare':
        if (this.held.has(task)) this.lines.push(`${task}: prepare ${effect.attempt}`);
        else answer({ type: 'prepared', attempt: effect.attempt });
        return;
      case 'start': {
        this.lines.push(`${task}: start ${effect.attempt}`);
        const failure = this.startFailures.get(task);
        if (failure !== undefined) {
          answer({ type: 'start_failed', attempt: effect.attempt, ...failure });
        } else if (!this.held.has(task)) {
          answer({ type: 'started', attempt: effect.attempt, handle: this.handle(task) });
        }
        return;
      }
      case 'stop':
        this.lines.push(`${task}: stop, grace ${formatDuration(effect.timeoutMs)}`);
        return;
      case 'signal':
        this.lines.push(`${task}: signal ${effect.signal}`);
        return;
      case 'recover':
        this.lines.push(`${task}: recover ${effect.attempt}`);
        return;
      case 'cancel':
        this.lines.push(`${task}: cancel`);
        return;
      case 'watch':
      case 'destroy':
        return;
    }
  }

  /** A new running task. */
  handle(task: string): Handle {
    const handle: Handle = { driver: 'sim', version: 1, startedAt: this.now, state: { task } };
    this.alive.set(task, [...(this.alive.get(task) ?? []), handle]);
    return handle;
  }
}
