/**
 * The rankings that are kept with a ledger, one for each kind of ask. Jobs that ask for the same
 * share one, so that a placement's price does not depend on how many jobs there are.
 */
import { assert } from '../../base/assert.ts';
import type { Job } from '../model/job.ts';
import type { SchedulerConfig } from '../model/scheduler-config.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { compileRequirement, type Requirement } from './feasible/requirement.ts';
import type { Ledger } from './ledger.ts';
import { affinitiesOf, compileAffinities } from './rank/affinity.ts';
import { compileAsk, type Ask } from './rank/ask.ts';
import { Ranking } from './rank/ranking.ts';
import { compilePartition, spreadsOf } from './rank/spread.ts';

/** What a group of one job version asks for, compiled. */
export interface GroupTerms {
  readonly requirement: Requirement;
  readonly ask: Ask;
  readonly ranking: Ranking;
}

/** Kept kinds of asks. At 5,000 nodes a ranking takes some 0.4 MB. */
const RANKINGS_MAX = 64;

const kept = new WeakMap<Ledger, Map<string, GroupTerms>>();

/** The terms of a group, from before where the same was asked before. */
export function termsOf(
  ledger: Ledger,
  job: Job,
  group: TaskGroup,
  config: SchedulerConfig,
): GroupTerms {
  let byKey = kept.get(ledger);
  if (byKey === undefined) kept.set(ledger, (byKey = new Map<string, GroupTerms>()));
  const key = keyOf(job, group, config);
  const found = byKey.get(key);
  if (found !== undefined) {
    // Last used, last dropped.
    byKey.delete(key);
    byKey.set(key, found);
    return found;
  }
  const terms = compileTerms(ledger, job, group, config);
  byKey.set(key, terms);
  if (byKey.size > RANKINGS_MAX) dropOldest(byKey);
  return terms;
}

function dropOldest(byKey: Map<string, GroupTerms>): void {
  for (const key of byKey.keys()) {
    byKey.delete(key);
    return;
  }
  assert(false, 'a map over its bound is not empty');
}

function compileTerms(
  ledger: Ledger,
  job: Job,
  group: TaskGroup,
  config: SchedulerConfig,
): GroupTerms {
  const requirement = compileRequirement(job, group);
  const ask = compileAsk(group, config);
  const ranking = new Ranking(ledger, {
    requirement,
    ask,
    group,
    algorithm: config.algorithm,
    affinity: compileAffinities(affinitiesOf(job, group)),
    partition: compilePartition(spreadsOf(job, group)),
  });
  return { requirement, ask, ranking };
}

/**
 * Everything that decides which nodes can take the group and how they compare. What the group does
 * there (its command, its environment) does not matter.
 */
function keyOf(job: Job, group: TaskGroup, config: SchedulerConfig): string {
  return JSON.stringify([
    config.algorithm,
    config.memoryOversubscription,
    job.datacenters,
    job.nodePool,
    job.constraints,
    job.affinities,
    job.spreads.map((spread) => spread.attribute),
    group.constraints,
    group.affinities,
    group.spreads.map((spread) => spread.attribute),
    group.networks,
    group.volumes,
    group.ephemeralDisk.sizeMb,
    group.tasks.map((task) => [
      task.driver,
      task.constraints,
      task.affinities,
      task.resources,
      task.lifecycle,
    ]),
  ]);
}
