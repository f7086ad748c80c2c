/** What a task's changes of templates need, where its group changes a few instances at a time. */
import type { Millis } from '../../base/brand.ts';
import type { UpdateStrategy } from '../../core/model/strategy.ts';
import * as events from '../../core/runner/events.ts';
import {
  judgeChange,
  markOf,
  type ChangeMark,
  type ChangeVerdict,
} from '../../core/task-templates/health-after-change.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TemplateRollouts } from '../../ports/template-rollouts.ts';
import type { TaskScope } from '../hooks/hook.ts';
import type { TaskTemplatesDeps } from './task-templates.ts';

export interface RollingTools {
  /** The client's own time, as that of the runs that are looked at. */
  readonly clock: Clock;
  readonly rollouts: TemplateRollouts;
  readonly log: (line: string) => void;
}

/** While nothing else says when to look, health is looked at this often [ms]. */
const LOOK_MS = 250;

/** Nothing where the group does not ask for it. */
export function rollingOf(
  scope: TaskScope,
  { clock, rollouts, log }: RollingTools,
): Pick<TaskTemplatesDeps, 'rolling'> {
  const { update } = scope.group;
  if (update?.onTemplateChange !== true) return {};
  const { alloc, task } = scope;
  const who = { allocId: alloc.id, task: task.name };
  const job = { namespace: alloc.namespace, jobId: alloc.jobId };
  return {
    rolling: {
      clock,
      begin: (change, signal) => rollouts.begin({ ...who, ...job, change }, signal),
      end: (healthy, reason, signal) => rollouts.end({ ...who, healthy, reason }, signal),
      mark: () => markOf(scope.look(), task.name, clock.now()),
      settled: (mark, signal) => settled({ scope, clock, update }, mark, signal),
      autoRevert: update.autoRevert,
      note: (message) => scope.note(events.templateRollout(message)),
      log,
    },
  };
}

async function settled(
  of: { readonly scope: TaskScope; readonly clock: Clock; readonly update: UpdateStrategy },
  mark: ChangeMark,
  signal: AbortSignal,
): Promise<ChangeVerdict> {
  const { scope, clock, update } = of;
  while (!isAborted(signal)) {
    const now: Millis = clock.now();
    const verdict = judgeChange(scope.look(), mark, update, now);
    if (verdict.is !== 'open') return verdict;
    await clock.sleep(Math.max(1, Math.min(verdict.lookAt - now, LOOK_MS)), signal);
  }
  return { is: 'over' };
}

/** Asked anew each time: it changes while one waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
