/**
 * An allocation's life on its node: its tasks together.
 *
 * A1: an ended allocation starts nothing; every task of it is dead.
 * A2: a task that failed for good, or a leader that ended, takes the others with it.
 * A3: the allocation is told as terminal only when every task is dead: what it holds of its node is
 *     not given away while a process may still use it.
 * A4: the order up and down is `lifecycle.ts`; everything is decided anew from the whole state
 *     after each input, so that an input that is lost or repeated costs nothing.
 * A5: an allocation that ran for as long as it may is stopped, once, and its poststop tasks do not
 *     run. What its end takes, shutdown delays included, comes on top.
 * A6: all instants in `AllocRun` but those that are told are of the client's own time.
 */
import type { Millis } from '../../base/brand.ts';
import { assert } from '../../base/assert.ts';
import type { Turn } from '../../base/turn.ts';
import type { Alloc, AllocNetworkStatus } from '../model/alloc.ts';
import type { HealthStatus } from '../model/health-check.ts';
import { condemned, currentChecks, NO_CHECKS, noteCheck } from './checks.ts';
import type { CheckStates, WatchedCheck } from './checks.ts';
import * as events from './events.ts';
import { judge, type HealthPolicy, type HealthState } from './health.ts';
import {
  isBody,
  mayBegin,
  nextToKill,
  onlySidecars,
  type Member,
  type TaskRole,
} from './lifecycle.ts';
import type { Moment } from './moment.ts';
import {
  isDead,
  isEnding,
  newTask,
  stepTask,
  taskWakeAt,
  type TaskEffect,
  type TaskInput,
  type TaskPolicy,
  type TaskRun,
} from './task.ts';

/** How far the whole group is. */
export type AllocLife =
  | { readonly stage: 'new' }
  /** Directory, network and volumes are made ready; told to stop meanwhile or not. */
  | { readonly stage: 'preparing'; readonly stopping: boolean }
  | { readonly stage: 'running' }
  /** Waits out the group's `shutdown_delay`. */
  | { readonly stage: 'draining'; readonly until: Millis }
  | { readonly stage: 'killing' }
  | { readonly stage: 'poststop' }
  | { readonly stage: 'ended' };

/** Everything remembered of an allocation; plain data, kept on disk. */
export interface AllocRun {
  readonly life: AllocLife;
  readonly tasks: Readonly<Record<string, TaskRun>>;
  readonly health?: HealthState;
  readonly network?: AllocNetworkStatus;
  /** Absent: nothing is known of any check. */
  readonly checks?: CheckStates;
  /** When its client took it up. */
  readonly begunAt?: Millis;
  /** It was stopped because it ran for too long (A5). */
  readonly overran?: true;
}

/** What its job says, as far as the machine needs it. Derived anew from each version. */
export interface AllocPolicy {
  readonly tasks: Readonly<
    Record<string, { readonly role: TaskRole; readonly policy: TaskPolicy }>
  >;
  readonly shutdownDelayMs: number;
  readonly checks: readonly WatchedCheck[];
  readonly health?: HealthPolicy;
  /** Counted from the beginning, whatever its tasks do [ms]. */
  readonly maxRunMs?: number;
}

export type AllocInput =
  | { readonly type: 'begin' }
  | { readonly type: 'prepared'; readonly network?: AllocNetworkStatus }
  | { readonly type: 'prepare_failed'; readonly message: string }
  | { readonly type: 'task'; readonly task: string; readonly input: TaskInput }
  /** A check of one of its services has run. */
  | { readonly type: 'check'; readonly id: string; readonly status: HealthStatus }
  /** The servers want it to end (or the node gives it up). */
  | { readonly type: 'stop' }
  /** Ends poststop tasks too: the agent goes and leaves nothing. */
  | { readonly type: 'abandon' }
  | { readonly type: 'tick' };

export type AllocEffect =
  | { readonly do: 'prepare' }
  | { readonly do: 'cancel' }
  | { readonly do: 'task'; readonly task: string; readonly effect: TaskEffect }
  /** All tasks are dead: free what the group held (network, mounts). */
  | { readonly do: 'release' };

type AllocTurn = Turn<AllocRun, AllocEffect>;

/** An allocation as its client received it. */
export function newAlloc(
  tasks: readonly string[],
  at: Moment,
  known: Alloc['taskStates'] = {},
): AllocRun {
  return {
    life: { stage: 'new' },
    tasks: Object.fromEntries(tasks.map((name) => [name, newTask(at, known[name]?.events)])),
  };
}

/** Decides what an allocation does next. */
export function stepAlloc(
  run: AllocRun,
  input: AllocInput,
  policy: AllocPolicy,
  at: Moment,
): AllocTurn {
  const scope = new Scope(run, policy, at);
  take(scope, input);
  heedOverrun(scope);
  settle(scope);
  return scope.turn();
}

/** True once nothing of it runs or will run. */
export function hasEnded(run: AllocRun): boolean {
  return run.life.stage === 'ended';
}

/** The run's tasks with their roles, in the job's order. */
export function members(run: AllocRun, policy: AllocPolicy): readonly Member[] {
  return Object.entries(policy.tasks).flatMap(([name, { role }]) => {
    const task = run.tasks[name];
    return task === undefined ? [] : [{ name, role, run: task }];
  });
}

/** One step's working copy: the state so far and the effects collected. */
class Scope {
  life: AllocLife;
  health: HealthState | undefined;
  network: AllocNetworkStatus | undefined;
  checks: CheckStates;
  begunAt: Millis | undefined;
  overran: true | undefined;
  readonly policy: AllocPolicy;
  readonly at: Moment;
  readonly effects: AllocEffect[] = [];
  #tasks: Readonly<Record<string, TaskRun>>;
  #healthWakeAt: Millis | undefined;
  #checksWakeAt: Millis | undefined;

  constructor(run: AllocRun, policy: AllocPolicy, at: Moment) {
    this.life = run.life;
    this.health = run.health;
    this.network = run.network;
    this.checks = run.checks ?? NO_CHECKS;
    this.begunAt = run.begunAt;
    this.overran = run.overran;
    this.policy = policy;
    this.at = at;
    this.#tasks = run.tasks;
  }

  members(): readonly Member[] {
    return members({ life: this.life, tasks: this.#tasks }, this.policy);
  }

  /** Hands an input to one task; one that the job does not have is ignored. */
  step(task: string, input: TaskInput): void {
    const before = this.#tasks[task];
    const spec = this.policy.tasks[task];
    if (before === undefined || spec === undefined) return;
    const turn = stepTask(before, input, spec.policy, this.at);
    if (turn.state !== before) this.#tasks = { ...this.#tasks, [task]: turn.state };
    for (const effect of turn.effects) this.effects.push({ do: 'task', task, effect });
  }

  stepAll(selected: readonly Member[], input: TaskInput): void {
    for (const { name } of selected) this.step(name, input);
  }

  /** When it will have run for as long as it may; undefined: never, or it ends already. */
  get overrunsAt(): Millis | undefined {
    const { life, begunAt, policy } = this;
    if (begunAt === undefined || policy.maxRunMs === undefined) return undefined;
    const isUnderWay = life.stage === 'running' || (life.stage === 'preparing' && !life.stopping);
    return isUnderWay ? ((begunAt + policy.maxRunMs) as Millis) : undefined;
  }

  judge(): void {
    const subject = {
      members: this.members(),
      states: this.checks,
      watched: this.policy.checks,
    };
    const judgement = judge(this.health, this.policy.health, subject, this.at);
    this.health = judgement.state;
    this.#healthWakeAt = judgement.wakeAt;
    for (const { task, message } of judgement.complaints) {
      this.step(task, { type: 'note', event: events.unhealthy(message) });
    }
  }

  /** Restarts what its checks have condemned, as a failure of it. */
  heedChecks(): void {
    const { checks: watched } = this.policy;
    if (watched.length === 0) return;
    this.checks = currentChecks(this.checks, watched, this.members());
    const { restarts, wakeAt } = condemned(this.checks, watched, this.members(), this.at.steady);
    this.#checksWakeAt = wakeAt;
    for (const { task, reason } of restarts) {
      this.step(task, { type: 'restart', reason, failed: true });
    }
  }

  turn(): AllocTurn {
    const { life, health, network, effects, checks, begunAt, overran } = this;
    const wakes = [
      ...Object.values(this.#tasks).map(taskWakeAt),
      life.stage === 'draining' ? life.until : undefined,
      this.overrunsAt,
      this.#healthWakeAt,
      this.#checksWakeAt,
    ].filter((at) => at !== undefined);
    const state: AllocRun = {
      life,
      tasks: this.#tasks,
      ...(health === undefined ? {} : { health }),
      ...(network === undefined ? {} : { network }),
      ...(checks === NO_CHECKS ? {} : { checks }),
      ...(begunAt === undefined ? {} : { begunAt }),
      ...(overran === undefined ? {} : { overran }),
    };
    if (wakes.length === 0) return { state, effects };
    return { state, effects, wakeAt: Math.min(...wakes) as Millis };
  }
}

function take(scope: Scope, input: AllocInput): void {
  switch (input.type) {
    case 'begin':
      if (scope.life.stage !== 'new') return;
      scope.life = { stage: 'preparing', stopping: false };
      scope.begunAt = scope.at.steady;
      scope.effects.push({ do: 'prepare' });
      return;
    case 'prepared':
      takePrepared(scope, input.network);
      return;
    case 'prepare_failed':
      takePrepareFailed(scope, input.message);
      return;
    case 'task':
      scope.step(input.task, input.input);
      return;
    case 'check':
      scope.checks = noteCheck(scope.checks, input.id, input.status, scope.at.steady);
      return;
    case 'stop':
      takeStop(scope);
      return;
    case 'abandon':
      takeAbandon(scope);
      return;
    case 'tick':
      if (scope.life.stage === 'draining' && scope.at.steady >= scope.life.until) {
        scope.life = { stage: 'killing' };
      }
      scope.stepAll(scope.members(), { type: 'tick' });
      return;
  }
}

function takePrepared(scope: Scope, network: AllocNetworkStatus | undefined): void {
  if (scope.life.stage !== 'preparing') return;
  scope.network = network;
  if (scope.life.stopping) endUnstarted(scope);
  else scope.life = { stage: 'running' };
}

function takePrepareFailed(scope: Scope, message: string): void {
  if (scope.life.stage !== 'preparing') return;
  if (!scope.life.stopping) {
    for (const { name } of scope.members()) failUnstarted(scope, name, message);
  }
  endUnstarted(scope);
}

/** What failed for the group failed for each task: each tells of it. */
function failUnstarted(scope: Scope, task: string, message: string): void {
  scope.step(task, { type: 'begin' });
  const attempt = scope.members().find((m) => m.name === task)?.run.attempt ?? 0;
  scope.step(task, { type: 'prepare_failed', attempt, message, retry: false });
  // Nothing was begun in the world, so there is nothing to carry out.
  scope.effects.length = 0;
}

function takeStop(scope: Scope): void {
  const { life } = scope;
  switch (life.stage) {
    case 'new':
      endUnstarted(scope);
      return;
    case 'preparing':
      if (life.stopping) return;
      scope.life = { stage: 'preparing', stopping: true };
      scope.effects.push({ do: 'cancel' });
      return;
    case 'running': {
      const delayMs = scope.policy.shutdownDelayMs;
      scope.life =
        delayMs > 0
          ? { stage: 'draining', until: (scope.at.steady + delayMs) as Millis }
          : { stage: 'killing' };
      return;
    }
    case 'draining':
    case 'killing':
    case 'poststop':
    case 'ended':
      return;
  }
}

function takeAbandon(scope: Scope): void {
  takeStop(scope);
  if (scope.life.stage === 'draining') scope.life = { stage: 'killing' };
  killPoststop(scope);
}

/** A5. */
function heedOverrun(scope: Scope): void {
  const { overrunsAt, policy } = scope;
  if (overrunsAt === undefined || scope.at.steady < overrunsAt) return;
  scope.overran = true;
  const event = events.overran(policy.maxRunMs ?? 0);
  scope.stepAll(scope.members().filter(isBody), { type: 'note', event });
  takeStop(scope);
  killPoststop(scope);
}

function killPoststop(scope: Scope): void {
  const poststop = scope.members().filter((m) => m.role.hook === 'poststop');
  scope.stepAll(poststop, { type: 'kill' });
}

/** Nothing ever ran: every task is dead without having lived. */
function endUnstarted(scope: Scope): void {
  scope.stepAll(scope.members(), { type: 'kill' });
  assert(
    scope.members().every((m) => isDead(m.run)),
    'a task that never began dies at once',
  );
  scope.life = { stage: 'ended' };
  scope.effects.push({ do: 'release' });
}

/** Carries the group as far as it goes by itself (A4). Each pass moves a stage on or ends. */
function settle(scope: Scope): void {
  for (let stage: AllocLife['stage'] | undefined; stage !== scope.life.stage;) {
    stage = scope.life.stage;
    settleStage(scope);
  }
}

function settleStage(scope: Scope): void {
  switch (scope.life.stage) {
    case 'new':
    case 'preparing':
    case 'ended':
      return;
    case 'running':
      settleRunning(scope);
      return;
    case 'draining':
      scope.judge();
      if (!scope.members().some(isBody)) scope.life = { stage: 'poststop' };
      return;
    case 'killing':
      settleKilling(scope);
      return;
    case 'poststop':
      settlePoststop(scope);
      return;
  }
}

function settleRunning(scope: Scope): void {
  scope.stepAll(mayBegin(scope.members()), { type: 'begin' });
  scope.heedChecks();
  scope.judge();
  const all = scope.members();
  const live = all.filter(isBody);
  const why = reasonToEnd(all);
  if (why !== undefined) {
    scope.stepAll(live, { type: 'note', event: why });
    scope.life = { stage: 'killing' };
  } else if (live.length === 0) {
    scope.life = { stage: 'poststop' };
  }
}

/** A2, and sidecars whose main tasks are done. */
function reasonToEnd(all: readonly Member[]): events.EventDraft | undefined {
  const failed = all.find((m) => m.role.hook !== 'poststop' && isDead(m.run) && m.run.failed);
  if (failed !== undefined) {
    return failed.role.leader ? events.leaderDead() : events.siblingFailed(failed.name);
  }
  if (all.some((m) => m.role.leader && isDead(m.run))) return events.leaderDead();
  return onlySidecars(all) ? events.mainDead() : undefined;
}

function settleKilling(scope: Scope): void {
  scope.judge();
  // Some die at once (they were waiting); then the next ones' turn has come.
  for (let left = -1; ;) {
    const live = scope.members().filter(isBody).length;
    if (live === left || live === 0) break;
    left = live;
    scope.stepAll(
      nextToKill(scope.members()).filter((m) => !isEnding(m.run)),
      { type: 'kill' },
    );
  }
  if (!scope.members().some(isBody)) scope.life = { stage: 'poststop' };
}

function settlePoststop(scope: Scope): void {
  const poststop = scope.members().filter((m) => m.role.hook === 'poststop');
  scope.stepAll(
    poststop.filter((m) => m.run.life.phase === 'waiting'),
    { type: 'begin' },
  );
  if (!scope.members().every((m) => isDead(m.run))) return;
  scope.life = { stage: 'ended' };
  scope.effects.push({ do: 'release' });
}
