/**
 * Runs one allocation: drives its machine, keeps its state on disk, tells what became of it.
 *
 * RU1: what was decided is on disk before it is carried out, unless the disk refuses it.
 * RU2: an assignment older than the one held changes nothing.
 */
import { setMaxListeners } from 'node:events';
import { explain, Failure } from '../base/failure.ts';
import { Bug } from '../base/assert.ts';
import type { Millis } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import { isClientTerminal } from '../core/model/alloc.ts';
import type { CheckResult } from '../core/model/check-result.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { TaskGroup } from '../core/model/task-group.ts';
import type { NodeFacts } from '../core/model/node.ts';
import {
  hasEnded,
  newAlloc,
  stepAlloc,
  type AllocEffect,
  type AllocInput,
  type AllocPolicy,
  type AllocRun,
} from '../core/runner/alloc.ts';
import { allocPolicy, groupOf } from '../core/runner/policy.ts';
import { unheard, type EventDraft } from '../core/runner/events.ts';
import { reportAlloc, type AllocReport } from '../core/runner/report.ts';
import { resumeAlloc } from '../core/runner/resume.ts';
import { handleOf, isDead, since, type TaskInput } from '../core/runner/task.ts';
import type { AllocLook } from '../core/task-templates/health-after-change.ts';
import type { AllocDirs } from '../ports/alloc-dir.ts';
import type { Clock } from '../ports/clock.ts';
import type { Driver, ExecSession, TaskHandle } from '../ports/driver.ts';
import type { AllocUpdate, Assignment } from '../ports/server-link.ts';
import { Drive } from '../run/drive.ts';
import type { ClientConfig } from './config.ts';
import type { AllocHook, AllocScope, TaskHook } from './hooks/hook.ts';
import type { OwnTime } from './own-time.ts';
import { AllocOffers, type AllocRegistrar } from './offers.ts';
import { offerPlace } from './offer-place.ts';
import type { ClientStore, StoredAlloc } from './store.ts';
import { TaskEdge, taskOf } from './task-edge.ts';
import { runTaskScript } from './task-script.ts';

export interface RunnerDeps {
  readonly clock: Clock;
  /** What spans and deadlines of allocations are judged by. */
  readonly time: OwnTime;
  readonly random: Random;
  readonly store: ClientStore;
  readonly dirs: AllocDirs;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly allocHooks: readonly AllocHook[];
  readonly taskHooks: readonly TaskHook[];
  readonly node: () => NodeFacts;
  /** `urgent`: more than a detail changed. */
  readonly report: (update: AllocUpdate, urgent: boolean) => void;
  readonly registrar: AllocRegistrar;
  readonly log: (line: string) => void;
}

/** A running task, as `signal`, `exec` and `stats` need it. */
export interface RunningTask {
  readonly name: string;
  readonly driver: Driver;
  readonly handle: TaskHandle;
}

export class AllocRunner {
  readonly id: AllocId;
  readonly #config: ClientConfig;
  readonly #deps: RunnerDeps;
  readonly #drive: Drive<AllocRun, AllocInput, AllocEffect>;
  readonly #edges = new Map<string, TaskEdge>();
  readonly #restored: boolean;
  readonly #stop = new AbortController();
  readonly #scope: AllocScope;
  readonly #offers: AllocOffers;
  #assignment: Assignment;
  #group: TaskGroup;
  #policy: AllocPolicy;
  #cancel = new AbortController();
  #ready: Promise<void> = Promise.resolve();
  #endedAt: Millis | undefined;
  /** It was stopped for want of servers. */
  #isUnheard = false;
  /** What the servers were told last, without the details. */
  #gist: string;
  readonly #ended: Promise<void>;
  #tellEnd: () => void = () => undefined;

  /** @param run the state it was left in by an earlier process; undefined: it is new here */
  constructor(
    assignment: Assignment,
    run: AllocRun | undefined,
    config: ClientConfig,
    deps: RunnerDeps,
  ) {
    const group = groupOf(assignment.job, assignment.alloc) ?? EMPTY_GROUP(assignment);
    this.id = assignment.alloc.id;
    this.#config = config;
    this.#deps = deps;
    this.#assignment = assignment;
    this.#group = group;
    this.#restored = run !== undefined;
    this.#scope = this.#newScope();
    this.#offers = this.#newOffers();
    this.#policy = this.#derivePolicy();
    const known = assignment.alloc.taskStates;
    const initial = run ?? newAlloc(Object.keys(this.#policy.tasks), deps.time.moment(), known);
    // Of a new allocation the servers know that it is pending; one from before is told whole.
    const isNew = run === undefined && Object.keys(known).length === 0;
    this.#gist = isNew ? gistOf(reportAlloc(initial)) : '';
    this.#ended = new Promise((resolve) => (this.#tellEnd = resolve));
    // Each task's hooks, start and end wait on it.
    setMaxListeners(0, this.#stop.signal);
    this.#drive = new Drive(
      {
        initial,
        pending: run === undefined ? [] : resumeAlloc(run, this.#policy),
        tick: { type: 'tick' },
        step: (state, input) => stepAlloc(state, input, this.#policy, deps.time.moment()),
      },
      {
        clock: deps.time.clock,
        edge: {
          settled: (state) => this.#settled(state),
          perform: (effect) => this.#perform(effect),
        },
      },
    );
    if (hasEnded(initial)) this.#markEnded(lastEnd(initial) ?? deps.time.now());
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  get group(): TaskGroup {
    return this.#group;
  }

  /** When its last task died, on the client's own time; undefined: it is not over. */
  get endedAt(): Millis | undefined {
    return this.#endedAt;
  }

  /** Resolves when nothing of it runs any more, or on abort. */
  async ended(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#endedAt !== undefined) return;
    let tell: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => (tell = resolve));
    signal.addEventListener('abort', tell, { once: true });
    await Promise.race([aborted, this.#ended]);
    signal.removeEventListener('abort', tell);
  }

  /** Until it has ended, or `signal` aborts; then its tasks go on without us. */
  async run(signal: AbortSignal): Promise<void> {
    this.tell();
    if (this.#endedAt !== undefined) return;
    const stop = (): void => this.#stop.abort();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (this.#restored) this.#ready = this.#restore();
      // What the servers want decides first: nothing is prepared for what is to be stopped.
      if (this.#wantsStop()) this.#drive.send({ type: 'stop' });
      this.#drive.send({ type: this.#restored ? 'tick' : 'begin' });
      await this.#drive.run(this.#stop.signal);
      await this.#ready;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Takes a newer assignment over (RU2): in place, or as the word to stop. */
  async update(assignment: Assignment): Promise<void> {
    if (assignment.alloc.allocModifyIndex <= this.#assignment.alloc.allocModifyIndex) return;
    this.#assignment = assignment;
    this.#group = groupOf(assignment.job, assignment.alloc) ?? this.#group;
    this.#scope.alloc = assignment.alloc;
    this.#scope.job = assignment.job;
    this.#scope.group = this.#group;
    this.#policy = this.#derivePolicy();
    await this.#keepAssignment();
    if (this.#endedAt !== undefined) {
      // Their state was put back to one before its end.
      if (!isClientTerminal(assignment.alloc)) this.tell();
      return;
    }
    this.#drive.send({ type: this.#wantsStop() ? 'stop' : 'tick' });
  }

  /** As if the servers had said so: a node out of touch, a forgotten allocation. */
  stop(): void {
    if (this.#endedAt === undefined) this.#drive.send({ type: 'stop' });
  }

  /** No server was heard for longer than its group can do without. @param silentMs for how long */
  stopUnheard(silentMs: number): void {
    if (this.#isUnheard || this.#endedAt !== undefined || this.#wantsStop()) return;
    this.#isUnheard = true;
    this.#scope.tell(unheard(silentMs));
    this.stop();
  }

  /** Ends everything, poststop tasks too. */
  abandon(): void {
    if (this.#endedAt === undefined) this.#drive.send({ type: 'abandon' });
  }

  /** Fails: `not_found` no such task, `conflict` it does not run. */
  running(task: string): RunningTask {
    const name = taskOf(this.#group, task).name;
    const found = this.allRunning().find((one) => one.name === name);
    if (found === undefined) throw new Failure('conflict', 'Task not running');
    return found;
  }

  allRunning(): readonly RunningTask[] {
    return Object.entries(this.#drive.state.tasks).flatMap(([name, run]) => {
      const handle = handleOf(run);
      const driver = handle === undefined ? undefined : this.#deps.drivers.get(handle.driver);
      return handle === undefined || driver === undefined ? [] : [{ name, driver, handle }];
    });
  }

  /** Hands a wish to one task. */
  ask(task: string, input: TaskInput): void {
    this.#drive.send({ type: 'task', task, input });
  }

  /** Tells the servers how it stands. */
  tell(): void {
    const at = this.#deps.clock.now();
    const report = reportAlloc(this.#drive.state);
    const gist = gistOf(report);
    const urgent = gist !== this.#gist;
    this.#gist = gist;
    this.#deps.report({ id: this.id, ...report, at }, urgent);
  }

  /** A full disk must not keep it from being stopped: after a restart the servers say it again. */
  async #keepAssignment(): Promise<void> {
    try {
      await this.#deps.store.putAssignment(this.#assignment);
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#deps.log(`client: cannot keep the word on allocation ${this.id}: ${explain(error)}`);
    }
  }

  #wantsStop(): boolean {
    return this.#assignment.alloc.desiredStatus !== 'run';
  }

  #derivePolicy(): AllocPolicy {
    const { job, alloc } = this.#assignment;
    const killTimeoutMsMax = this.#config.killTimeoutMsMax;
    const checks = this.#offers.watched();
    return allocPolicy(job, this.#group, alloc, { killTimeoutMsMax, checks });
  }

  /** How the checks of its services came out last. */
  checkResults(): readonly CheckResult[] {
    return this.#offers.results(this.#assignment.alloc.name);
  }

  #newOffers(): AllocOffers {
    const { registrar, clock, log, node } = this.#deps;
    return new AllocOffers(this.id, {
      registrar,
      clock,
      log,
      place: () => offerPlace(this.#scope, { ...this.#config, node: node() }),
      script: (task, args) => (limits, signal) =>
        runTaskScript({ clock, open: (stop) => this.#exec(task, args, stop) }, limits, signal),
      onCheck: (id, status) => this.#answer({ type: 'check', id, status }),
    });
  }

  async #exec(task: string, command: readonly string[], signal: AbortSignal): Promise<ExecSession> {
    const { driver, handle } = this.running(task);
    return driver.exec(handle, { command, tty: false }, signal);
  }

  #newScope(): AllocScope {
    const { alloc, job } = this.#assignment;
    const look = (): AllocLook => ({ run: this.#drive.state, policy: this.#policy });
    const tell = (event: EventDraft): void => {
      for (const { name } of this.#group.tasks) this.ask(name, { type: 'note', event });
    };
    return { alloc, job, group: this.#group, restored: this.#restored, look, tell };
  }

  /** RU1. */
  async #settled(state: AllocRun): Promise<void> {
    try {
      await this.#deps.store.putRun(this.id, state);
    } catch (error) {
      // A full disk must not end what runs; the next change is kept again.
      if (error instanceof Bug) throw error;
      this.#deps.log(`client: cannot keep the state of allocation ${this.id}: ${explain(error)}`);
    }
    this.tell();
    await this.#offers.follow(state);
  }

  #perform(effect: AllocEffect): Promise<void> {
    switch (effect.do) {
      case 'prepare':
        return this.#prepare();
      case 'cancel':
        this.#cancel.abort();
        return Promise.resolve();
      case 'release':
        return this.#release();
      case 'task':
        return this.#performTask(effect);
    }
  }

  async #prepare(): Promise<void> {
    this.#cancel = new AbortController();
    const signal = AbortSignal.any([this.#cancel.signal, this.#stop.signal]);
    try {
      await this.#prerun(signal);
      const { network } = this.#scope;
      const told = network === undefined || network.address === '' ? undefined : network;
      this.#answer({
        type: 'prepared',
        ...(told === undefined
          ? {}
          : { network: { interfaceName: told.interfaceName, address: told.address } }),
      });
    } catch (error) {
      if (error instanceof Bug) throw error;
      this.#answer({ type: 'prepare_failed', message: explain(error) });
    }
  }

  async #prerun(signal: AbortSignal): Promise<void> {
    for (const hook of this.#deps.allocHooks) {
      if (signal.aborted) throw new Failure('canceled', 'the allocation was given up');
      await hook.prerun(this.#scope, signal);
    }
  }

  /** Finds again what its hooks made in an earlier process; tasks that run do not wait for it. */
  async #restore(): Promise<void> {
    const { stage } = this.#drive.state.life;
    if (stage === 'new' || stage === 'preparing') {
      this.#scope.restored = false;
      if (stage === 'new') this.#drive.send({ type: 'begin' });
      return;
    }
    try {
      await this.#prerun(this.#stop.signal);
    } catch (error) {
      if (error instanceof Bug) throw error;
      if (this.#stop.signal.aborted) return;
      this.#deps.log(`client: cannot restore allocation ${this.id}: ${explain(error)}`);
    }
  }

  async #release(): Promise<void> {
    for (const hook of [...this.#deps.allocHooks].reverse()) {
      try {
        await hook.postrun(this.#scope);
      } catch (error) {
        if (error instanceof Bug) throw error;
        this.#deps.log(`client: ${hook.name} of allocation ${this.id}: ${explain(error)}`);
      }
    }
    this.#markEnded(this.#deps.time.now());
    this.#stop.abort();
  }

  async #performTask({ task, effect }: Extract<AllocEffect, { do: 'task' }>): Promise<void> {
    // A start needs what the hooks made; what runs already needs to be watched at once.
    if (effect.do === 'prepare' || effect.do === 'start') await this.#ready;
    await this.#edge(task).perform(effect);
  }

  #edge(name: string): TaskEdge {
    const known = this.#edges.get(name);
    if (known !== undefined) return known;
    const { dirs, node } = this.#deps;
    const edge = new TaskEdge(name, {
      driver: this.#deps.drivers.get(taskOf(this.#group, name).driver),
      hooks: this.#deps.taskHooks,
      clock: this.#deps.clock,
      random: this.#deps.random.fork(`${this.id}/${name}`),
      log: this.#deps.log,
      scope: () => this.#scope,
      place: (task, driver) => ({
        ...this.#scope,
        task,
        driver,
        node: node(),
        hostEnv: this.#config.hostEnv,
        directories: dirs.directories(this.id, task.name),
      }),
      send: (input) => this.ask(name, input),
      exec: (command, signal) => this.#exec(name, command, signal),
      signal: this.#stop.signal,
    });
    this.#edges.set(name, edge);
    return edge;
  }

  #answer(input: AllocInput): void {
    if (!this.#stop.signal.aborted) this.#drive.send(input);
  }

  #markEnded(at: Millis): void {
    this.#endedAt = at;
    this.#tellEnd();
  }
}

/** What of a report somebody acts on: the rest are events to be read. */
function gistOf(report: AllocReport): string {
  const tasks = Object.entries(report.taskStates).map(([name, task]) => [
    name,
    task.state,
    task.failed,
    task.restarts,
  ]);
  const { clientStatus, clientDescription, deploymentStatus, networkStatus } = report;
  return JSON.stringify([clientStatus, clientDescription, deploymentStatus, networkStatus, tasks]);
}

/** Restores from what a store holds. */
export function restoreRunner(
  stored: StoredAlloc,
  config: ClientConfig,
  deps: RunnerDeps,
): AllocRunner {
  return new AllocRunner(stored.assignment, stored.run, config, deps);
}

function lastEnd(run: AllocRun): Millis | undefined {
  const ends = Object.values(run.tasks).flatMap((task) =>
    isDead(task) ? (since(task) ?? []) : [],
  );
  return ends.length === 0 ? undefined : (Math.max(...ends) as Millis);
}

/** The servers never send such an assignment; should it come, it ends at once. */
function EMPTY_GROUP({ alloc, job }: Assignment): TaskGroup {
  const [first] = job.groups;
  if (first === undefined) {
    throw new Failure('invalid', `job "${job.id}" has no group "${alloc.group}"`);
  }
  return { ...first, name: alloc.group, tasks: [] };
}
