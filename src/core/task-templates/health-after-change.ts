/**
 * Whether an instance lives with what its templates were changed to, as its group's `update` asks.
 *
 * HC1: a task that ends by itself after the change does not live with it: what it does under its
 *      restart policy is not waited for.
 * HC2: healthy means what it means for a deployment (`runner/health.ts`), from the change on.
 */
import type { Millis } from '../../base/brand.ts';
import { formatDuration } from '../../base/duration.ts';
import type { UpdateStrategy } from '../model/strategy.ts';
import { members, type AllocPolicy, type AllocRun } from '../runner/alloc.ts';
import { NO_CHECKS } from '../runner/checks.ts';
import { judge } from '../runner/health.ts';

/** The instance as it is. */
export interface AllocLook {
  readonly run: AllocRun;
  readonly policy: AllocPolicy;
}

/** Taken just before the change was acted upon. */
export interface ChangeMark {
  readonly task: string;
  /** The task's start that the change found. */
  readonly attempt: number;
  /** The task is to be started anew. */
  readonly restarts: boolean;
  readonly at: Millis;
}

export type ChangeVerdict =
  | Readonly<{ is: 'healthy' }>
  | Readonly<{ is: 'unhealthy'; reason: string }>
  /** The instance is on its way down, for other reasons. */
  | Readonly<{ is: 'over' }>
  | Readonly<{ is: 'open'; lookAt: Millis }>;

/** What the change found. @param now here and below: of the client's own time */
export function markOf({ run }: AllocLook, task: string, now: Millis): ChangeMark {
  return { task, attempt: run.tasks[task]?.attempt ?? 0, restarts: false, at: now };
}

export function judgeChange(
  { run, policy }: AllocLook,
  mark: ChangeMark,
  update: UpdateStrategy,
  now: Millis,
): ChangeVerdict {
  const task = run.tasks[mark.task];
  if (run.life.stage !== 'running' || task === undefined) return { is: 'over' };
  const wanted = mark.attempt + (mark.restarts ? 1 : 0);
  const { phase } = task.life;
  const began = task.attempt >= wanted;
  const ended = phase === 'restarting' || phase === 'dead';
  if (task.attempt > wanted || (began && ended)) {
    return { is: 'unhealthy', reason: `task "${mark.task}" ended after the change` };
  }
  if (!began || phase !== 'running') {
    const deadlineAt = deadlineOf(mark, update);
    return now >= deadlineAt ? late(update) : { is: 'open', lookAt: deadlineAt };
  }
  return judgeHealth({ run, policy }, mark, update, now);
}

/** HC2, of a task that runs as it should. */
function judgeHealth(
  { run, policy }: AllocLook,
  mark: ChangeMark,
  update: UpdateStrategy,
  now: Millis,
): ChangeVerdict {
  const subject = {
    members: members(run, policy),
    states: run.checks ?? NO_CHECKS,
    watched: policy.checks,
  };
  const key = 'template';
  const asked = {
    key,
    mode: update.healthCheck === 'checks' ? ('checks' as const) : ('task_states' as const),
    minHealthyMs: update.minHealthyTimeMs,
    deadlineMs: update.healthyDeadlineMs,
  };
  // Nobody is told when the verdict was found.
  const at = { now, steady: now };
  const { state, wakeAt } = judge({ key, beganAt: mark.at }, asked, subject, at);
  if (state?.verdict === undefined)
    return { is: 'open', lookAt: wakeAt ?? deadlineOf(mark, update) };
  return state.verdict.healthy ? { is: 'healthy' } : late(update);
}

function deadlineOf({ at }: ChangeMark, { healthyDeadlineMs }: UpdateStrategy): Millis {
  return (at + healthyDeadlineMs) as Millis;
}

function late({ healthyDeadlineMs }: UpdateStrategy): ChangeVerdict {
  return { is: 'unhealthy', reason: `not healthy within ${formatDuration(healthyDeadlineMs)}` };
}
