/**
 * One task's life on its node: prepared, started, running, restarted or killed, dead.
 *
 * K1: dead is final: no input moves a dead task, nothing more is started of it.
 * K2: a task holds at most one handle, and asks for a start only while it holds none.
 * K3: told to be killed, it is dead as soon as what is under way has answered; it starts no more.
 * K4: answers carry the attempt they belong to; those of an earlier one change nothing, except that
 *     a task they bring is stopped.
 * K5: `until`, `since` and the tracker are of the client's own time, all else is of the wall clock.
 */
import type { Millis } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import type { Turn } from '../../base/turn.ts';
import type { TaskState } from '../model/alloc.ts';
import type { RestartPolicy } from '../model/strategy.ts';
import * as events from './events.ts';
import { isSuccess, type Exit, type Handle } from './handle.ts';
import type { Moment } from './moment.ts';
import { decideRestart, newTracker, type Ending, type RestartTracker } from './restart.ts';

/** What a task is doing. What a phase owns lives on the phase. */
export type TaskLife =
  /** Its turn in the group's lifecycle has not come. */
  | { readonly phase: 'waiting' }
  /** Hooks run. */
  | { readonly phase: 'preparing' }
  /** The driver was asked. */
  | { readonly phase: 'starting' }
  | { readonly phase: 'running'; readonly handle: Handle }
  /** Waits out the restart policy's delay. */
  | { readonly phase: 'restarting'; readonly until: Millis }
  /** Runs on for its `shutdown_delay`; `again`: a restart follows. */
  | {
      readonly phase: 'draining';
      readonly handle: Handle;
      readonly until: Millis;
      readonly again: Again;
    }
  | { readonly phase: 'killing'; readonly handle: Handle; readonly again: Again }
  /** Killed while hooks or driver were at work: their answer is awaited. */
  | { readonly phase: 'canceling'; readonly of: 'preparing' | 'starting' }
  | { readonly phase: 'dead' };

/**
 * Whether a task that is brought down comes back: not; at once, as somebody asked for it; or as the
 * restart policy says, for it failed its checks.
 */
export type Again = boolean | 'failed';

/** Everything remembered of a task; plain data, kept on disk. */
export interface TaskRun {
  readonly life: TaskLife;
  /** Starts so far; also the number of the one under way. */
  readonly attempt: number;
  readonly tracker: RestartTracker;
  readonly failed: boolean;
  readonly restarts: number;
  readonly lastRestartAt?: Millis;
  readonly startedAt?: Millis;
  readonly finishedAt?: Millis;
  /** Since when it runs, or is dead, on the client's own time; absent in an older build's. */
  readonly since?: Millis;
  readonly events: TaskState['events'];
}

export interface TaskPolicy {
  readonly restart: RestartPolicy;
  readonly restartOnSuccess: boolean;
  readonly killTimeoutMs: number;
  /** Empty: the driver's own. */
  readonly killSignal: string;
  readonly shutdownDelayMs: number;
  /** Draws the restart delays' jitter. */
  readonly seed: string;
}

export type TaskInput = TaskAnswer | TaskWish;

/** What came of an effect. */
export type TaskAnswer =
  | { readonly type: 'prepared'; readonly attempt: number }
  | {
      readonly type: 'prepare_failed';
      readonly attempt: number;
      readonly message: string;
      readonly retry: boolean;
    }
  | { readonly type: 'started'; readonly attempt: number; readonly handle: Handle }
  | {
      readonly type: 'start_failed';
      readonly attempt: number;
      readonly message: string;
      readonly retry: boolean;
    }
  | { readonly type: 'exited'; readonly attempt: number; readonly exit: Exit }
  /** The task of an earlier agent is gone, nobody knows how. */
  | { readonly type: 'lost'; readonly attempt: number; readonly message: string };

/** What its group, people and time ask of it. */
export type TaskWish =
  /** Its turn has come. */
  | { readonly type: 'begin' }
  | { readonly type: 'kill' }
  /** `failed`: it is no better than dead, and the restart policy counts it. */
  | { readonly type: 'restart'; readonly reason: string; readonly failed?: true }
  | { readonly type: 'signal'; readonly signal: string; readonly reason: string }
  | { readonly type: 'note'; readonly event: events.EventDraft }
  | { readonly type: 'tick' };

export type TaskEffect =
  | { readonly do: 'prepare'; readonly attempt: number }
  | { readonly do: 'start'; readonly attempt: number }
  /** Give up the preparation or start under way; its answer is still expected. */
  | { readonly do: 'cancel' }
  | { readonly do: 'watch'; readonly attempt: number; readonly handle: Handle }
  /** Take up a task that an earlier agent started, then watch it. */
  | { readonly do: 'recover'; readonly attempt: number; readonly handle: Handle }
  | { readonly do: 'signal'; readonly handle: Handle; readonly signal: string }
  | {
      readonly do: 'stop';
      readonly handle: Handle;
      readonly signal: string;
      readonly timeoutMs: number;
    }
  /** Free what the ended task left with its driver. */
  | { readonly do: 'destroy'; readonly handle: Handle };

type TaskTurn = Turn<TaskRun, TaskEffect>;

/**
 * A task as its client received it.
 *
 * @param known its events of before, where the client lost what it knew of it: told with those,
 *   reports follow on earlier ones whatever the clock says
 */
export function newTask(at: Moment, known: TaskState['events'] = []): TaskRun {
  return {
    life: { phase: 'waiting' },
    attempt: 0,
    tracker: newTracker(at.steady),
    failed: false,
    restarts: 0,
    events: events.record(known, events.received(), at.now),
  };
}

/** Decides what a task does next. Inputs that mean nothing in the present phase change nothing. */
export function stepTask(run: TaskRun, input: TaskInput, policy: TaskPolicy, at: Moment): TaskTurn {
  if ('attempt' in input) return answered(run, input, policy, at);
  switch (input.type) {
    case 'begin':
      return begin(run, at);
    case 'kill':
      return kill(run, policy, at);
    case 'restart':
      return restart(run, input, policy, at);
    case 'signal':
      return signal(run, input.signal, input.reason, at);
    case 'note':
      return to(isDead(run) ? run : noted(run, input.event, at));
    case 'tick':
      return tick(run, policy, at);
  }
}

/** What the servers are told of it. */
export function reportTask(run: TaskRun): TaskState {
  return {
    state: reportedState(run.life),
    failed: run.failed,
    restarts: run.restarts,
    ...(run.lastRestartAt === undefined ? {} : { lastRestartAt: run.lastRestartAt }),
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(run.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
    events: run.events,
  };
}

/** Since when it runs, or is dead, on the client's own time; undefined: neither. */
export function since(run: TaskRun): Millis | undefined {
  return run.since ?? (isDead(run) ? run.finishedAt : run.startedAt);
}

/** When it wants to be asked again; undefined: not before something happens. */
export function taskWakeAt(run: TaskRun): Millis | undefined {
  switch (run.life.phase) {
    case 'restarting':
    case 'draining':
      return run.life.until;
    case 'waiting':
    case 'preparing':
    case 'starting':
    case 'running':
    case 'killing':
    case 'canceling':
    case 'dead':
      return undefined;
  }
}

/** The handle it holds; undefined: nothing of it runs (K2). */
export function handleOf(run: TaskRun): Handle | undefined {
  return 'handle' in run.life ? run.life.handle : undefined;
}

export function isDead(run: TaskRun): boolean {
  return run.life.phase === 'dead';
}

/** True once it was told to end and not to come back. */
export function isEnding(run: TaskRun): boolean {
  const { life } = run;
  if (life.phase === 'draining' || life.phase === 'killing') return life.again === false;
  return life.phase === 'canceling' || life.phase === 'dead';
}

function begin(run: TaskRun, at: Moment): TaskTurn {
  if (run.life.phase !== 'waiting') return to(run);
  return prepare(noted(run, events.taskSetup(), at));
}

function prepare(run: TaskRun): TaskTurn {
  const attempt = run.attempt + 1;
  return to({ ...run, attempt, life: { phase: 'preparing' } }, [{ do: 'prepare', attempt }]);
}

function prepared(run: TaskRun, at: Moment): TaskTurn {
  if (run.life.phase === 'canceling') return to(die(noted(run, events.killed(), at), at));
  if (run.life.phase !== 'preparing') return to(run);
  return to({ ...run, life: { phase: 'starting' } }, [{ do: 'start', attempt: run.attempt }]);
}

function startedWith(run: TaskRun, handle: Handle, policy: TaskPolicy, at: Moment): TaskTurn {
  const watch: TaskEffect = { do: 'watch', attempt: run.attempt, handle };
  const running = { ...noted(run, events.started(), at), startedAt: at.now, since: at.steady };
  switch (run.life.phase) {
    case 'starting':
      return to({ ...running, life: { phase: 'running', handle } }, [watch]);
    case 'canceling':
      return to({ ...running, life: { phase: 'killing', handle, again: false } }, [
        watch,
        stop(handle, policy),
      ]);
    case 'waiting':
    case 'preparing':
    case 'running':
    case 'restarting':
    case 'draining':
    case 'killing':
    case 'dead':
      return unwanted(run, handle, policy);
  }
}

/** K4. */
function answered(run: TaskRun, answer: TaskAnswer, policy: TaskPolicy, at: Moment): TaskTurn {
  if (answer.attempt !== run.attempt) {
    return answer.type === 'started' ? unwanted(run, answer.handle, policy) : to(run);
  }
  switch (answer.type) {
    case 'prepared':
      return prepared(run, at);
    case 'prepare_failed':
      return notStarted(run, events.setupFailure(answer.message), { answer, policy, at });
    case 'started':
      return startedWith(run, answer.handle, policy, at);
    case 'start_failed':
      return notStarted(run, events.driverFailure(answer.message), { answer, policy, at });
    case 'exited':
      return exited(run, answer.exit, policy, at);
    case 'lost':
      return exited(run, lostExit(answer.message, at), policy, at);
  }
}

function unwanted(run: TaskRun, handle: Handle, policy: TaskPolicy): TaskTurn {
  return to(run, [stop(handle, policy)]);
}

function notStarted(
  run: TaskRun,
  event: events.EventDraft,
  end: {
    readonly answer: { readonly retry: boolean };
    readonly policy: TaskPolicy;
    readonly at: Moment;
  },
): TaskTurn {
  const { answer, policy, at } = end;
  const told = noted(run, event, at);
  switch (run.life.phase) {
    case 'canceling':
      return to(die(noted(told, events.killed(), at), at));
    case 'preparing':
    case 'starting':
      return ended(told, { type: 'not_started', retry: answer.retry }, policy, at);
    case 'waiting':
    case 'running':
    case 'restarting':
    case 'draining':
    case 'killing':
    case 'dead':
      return to(run);
  }
}

function exited(run: TaskRun, exit: Exit, policy: TaskPolicy, at: Moment): TaskTurn {
  const { life } = run;
  switch (life.phase) {
    case 'running':
    case 'draining':
    case 'killing': {
      const after = noted(run, events.terminated(exit), at);
      const turn = afterExit(after, life, { exit, policy, at });
      return to(turn.state, [{ do: 'destroy', handle: life.handle }, ...turn.effects]);
    }
    case 'waiting':
    case 'preparing':
    case 'starting':
    case 'restarting':
    case 'canceling':
    case 'dead':
      return to(run);
  }
}

function afterExit(
  run: TaskRun,
  life: TaskLife,
  end: { readonly exit: Exit; readonly policy: TaskPolicy; readonly at: Moment },
): TaskTurn {
  const { exit, policy, at } = end;
  if (life.phase === 'running') {
    return ended(run, { type: 'exited', success: isSuccess(exit) }, policy, at);
  }
  const again = 'again' in life && life.again;
  if (again === 'failed') return ended(run, { type: 'exited', success: false }, policy, at);
  // A restart that was asked for uses up no attempt and waits for nothing.
  if (again) return prepare(counted(noted(run, events.restarting(0, ''), at), at));
  return to(die(noted(run, events.killed(), at), at));
}

/** A run of it is over by itself: the restart policy speaks. */
function ended(run: TaskRun, ending: Ending, policy: TaskPolicy, at: Moment): TaskTurn {
  const jitter = seeded(`${policy.seed}/${run.attempt}`).next();
  const rules = { policy: policy.restart, onSuccess: policy.restartOnSuccess };
  const decision = decideRestart(run.tracker, rules, ending, { now: at.steady, jitter });
  switch (decision.do) {
    case 'complete':
      return to(die({ ...run, failed: false }, at));
    case 'fail': {
      const told = noted(run, events.notRestarting(decision.reason), at);
      return to(die({ ...told, failed: true }, at));
    }
    case 'restart': {
      const told = noted(run, events.restarting(decision.delayMs, decision.reason), at);
      const next = { ...counted(told, at), tracker: decision.tracker };
      const until = (at.steady + decision.delayMs) as Millis;
      const state: TaskRun = { ...next, life: { phase: 'restarting', until } };
      return { state, effects: [], wakeAt: until };
    }
  }
}

function kill(run: TaskRun, policy: TaskPolicy, at: Moment): TaskTurn {
  const { life } = run;
  switch (life.phase) {
    case 'waiting':
      return to(die(run, at));
    case 'preparing':
    case 'starting':
      return to(
        { ...noted(run, events.killing(0), at), life: { phase: 'canceling', of: life.phase } },
        [{ do: 'cancel' }],
      );
    case 'restarting': {
      const told = noted(run, events.killing(policy.killTimeoutMs), at);
      return to(die(noted(told, events.killed(), at), at));
    }
    case 'running':
      return bringDown(
        noted(run, events.killing(policy.killTimeoutMs), at),
        { handle: life.handle, again: false },
        policy,
        at,
      );
    case 'draining':
    case 'killing': {
      const told =
        life.again !== false ? noted(run, events.killing(policy.killTimeoutMs), at) : run;
      return to({ ...told, life: { ...life, again: false } });
    }
    case 'canceling':
    case 'dead':
      return to(run);
  }
}

function restart(
  run: TaskRun,
  { reason, failed }: Extract<TaskWish, { type: 'restart' }>,
  policy: TaskPolicy,
  at: Moment,
): TaskTurn {
  if (run.life.phase !== 'running') return to(run);
  const told = noted(run, events.restartSignaled(reason), at);
  const again = failed === true ? 'failed' : true;
  return bringDown(told, { handle: run.life.handle, again }, policy, at);
}

/** Out of the catalog first (`shutdown_delay`), then signal, grace and kill. */
function bringDown(
  run: TaskRun,
  what: { readonly handle: Handle; readonly again: Again },
  policy: TaskPolicy,
  at: Moment,
): TaskTurn {
  if (policy.shutdownDelayMs > 0) {
    const until = (at.steady + policy.shutdownDelayMs) as Millis;
    const told = noted(run, events.shutdownDelay(policy.shutdownDelayMs), at);
    const state: TaskRun = { ...told, life: { phase: 'draining', ...what, until } };
    return { state, effects: [], wakeAt: until };
  }
  return to({ ...run, life: { phase: 'killing', ...what } }, [stop(what.handle, policy)]);
}

function signal(run: TaskRun, name: string, reason: string, at: Moment): TaskTurn {
  const handle = handleOf(run);
  if (handle === undefined) return to(run);
  return to(noted(run, events.signaling(name, reason), at), [
    { do: 'signal', handle, signal: name },
  ]);
}

function tick(run: TaskRun, policy: TaskPolicy, at: Moment): TaskTurn {
  const { life } = run;
  const wakeAt = taskWakeAt(run);
  if (wakeAt === undefined) return to(run);
  if (at.steady < wakeAt) return { state: run, effects: [], wakeAt };
  if (life.phase === 'restarting') return prepare(run);
  if (life.phase !== 'draining') return to(run);
  const { handle, again } = life;
  return to({ ...run, life: { phase: 'killing', handle, again } }, [stop(handle, policy)]);
}

function stop(handle: Handle, policy: TaskPolicy): TaskEffect {
  return { do: 'stop', handle, signal: policy.killSignal, timeoutMs: policy.killTimeoutMs };
}

function die(run: TaskRun, at: Moment): TaskRun {
  return { ...run, life: { phase: 'dead' }, finishedAt: at.now, since: at.steady };
}

function noted(run: TaskRun, event: events.EventDraft, at: Moment): TaskRun {
  return { ...run, events: events.record(run.events, event, at.now) };
}

function counted(run: TaskRun, at: Moment): TaskRun {
  return { ...run, restarts: run.restarts + 1, lastRestartAt: at.now };
}

function lostExit(message: string, at: Moment): Exit {
  return { exitCode: 255, signal: 0, oomKilled: false, endedAt: at.now, unknown: message };
}

function to(state: TaskRun, effects: readonly TaskEffect[] = []): TaskTurn {
  return { state, effects };
}

function reportedState(life: TaskLife): TaskState['state'] {
  switch (life.phase) {
    case 'waiting':
    case 'preparing':
    case 'starting':
    case 'restarting':
    case 'canceling':
      return 'pending';
    case 'running':
    case 'draining':
    case 'killing':
      return 'running';
    case 'dead':
      return 'dead';
  }
}
