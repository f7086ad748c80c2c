/** How the groups of simulated jobs are changed, moved, restarted and tried again, from a seed. */
import type { Random } from '../../src/base/random.ts';
import type { JobType } from '../../src/core/model/job.ts';
import type {
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../../src/core/model/strategy.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import { between, chance, pick, weighted } from './chance.ts';

const RESTART: RestartPolicy = {
  attempts: 2,
  intervalMs: 60_000,
  delayMs: 2_000,
  mode: 'fail',
  renderTemplates: false,
};

export function drawRestart(random: Random): RestartPolicy {
  const mode = chance(random, 0.15) ? 'delay' : 'fail';
  return { ...RESTART, attempts: between(random, 0, 2), mode };
}

const FOREVER: ReschedulePolicy = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 5_000,
  delayFunction: 'constant',
  maxDelayMs: 20_000,
  unlimited: true,
};

/** `calm`: it is tried again until it works. */
export function drawReschedule(random: Random, calm: boolean): ReschedulePolicy {
  const kind = weighted(random, { constant: 6, exponential: 2, fibonacci: 2, few: 2, never: 1 });
  switch (calm ? 'constant' : kind) {
    case 'constant':
      return FOREVER;
    case 'exponential':
    case 'fibonacci':
      return {
        ...FOREVER,
        delayMs: 1_000,
        delayFunction: kind === 'fibonacci' ? kind : 'exponential',
      };
    case 'few':
      return { ...FOREVER, unlimited: false, attempts: between(random, 1, 3), intervalMs: 600_000 };
    case 'never':
      return { ...FOREVER, unlimited: false };
  }
}

/** What of a group decides how it may be changed. */
export interface Updated {
  readonly type: JobType;
  readonly count: number;
}

/**
 * A new version at once or by and by, beside canaries or as blue and green; of a system job, on a
 * share of the nodes first.
 *
 * @param calm nothing of it waits for a person
 */
export function drawUpdate(random: Random, group: Updated, calm: boolean): UpdateStrategy {
  const canary = drawCanary(random, group, calm);
  const judge = weighted(random, { task_states: 6, checks: 6, manual: 1 });
  return {
    staggerMs: 5_000,
    maxParallel: chance(random, 0.05) ? 0 : between(random, 1, 3),
    healthCheck: calm && judge === 'manual' ? 'checks' : judge,
    minHealthyTimeMs: between(random, 1, 5) * 1_000,
    healthyDeadlineMs: between(random, 10, 30) * 1_000,
    progressDeadlineMs: chance(random, 0.1) ? 0 : between(random, 40, 80) * 1_000,
    autoRevert: chance(random, 0.5),
    autoPromote: canary > 0 && (calm || chance(random, 0.6)),
    canary,
  };
}

/** Instances, or for a system job percents of the nodes. */
function drawCanary(random: Random, { type, count }: Updated, calm: boolean): number {
  // Blue and green need room for both: people look after that.
  const style = weighted(random, { rolling: 10, canary: 5, blueGreen: calm ? 0 : 3 });
  if (style === 'rolling') return 0;
  if (type === 'system') return style === 'canary' ? between(random, 1, 60) : 100;
  return style === 'canary' ? between(random, 1, 2) : count;
}

export function drawMigrate(random: Random): MigrateStrategy {
  return {
    maxParallel: between(random, 1, 2),
    healthCheck: chance(random, 0.5) ? 'checks' : 'task_states',
    minHealthyTimeMs: 2_000,
    healthyDeadlineMs: 30_000,
  };
}

/** What becomes of instances whose node is out of touch. */
export function drawSilence(random: Random): Partial<TaskGroup> {
  if (chance(random, 0.05)) return { preventRescheduleOnLost: true };
  if (chance(random, 0.15)) return { stopAfterClientDisconnectMs: between(random, 10, 60) * 1_000 };
  if (chance(random, 0.15)) return { maxClientDisconnectMs: between(random, 10, 120) * 1_000 };
  if (!chance(random, 0.2)) return {};
  const reconcile =
    pick(random, ['best_score', 'keep_original', 'keep_replacement', 'longest_running'] as const) ??
    'best_score';
  const lostAfterMs = between(random, 10, 120) * 1_000;
  return { disconnect: { lostAfterMs, replace: chance(random, 0.7), reconcile } };
}
