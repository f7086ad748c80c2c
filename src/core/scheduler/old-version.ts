/** Which version of a system job a node gets that the newest one is kept from. */
import { JOB_VERSIONS_MAX } from '../limits.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import { isOf, type GroupFindings } from './system-difference.ts';

/**
 * Answers the version that ran on the node, else one that runs beside the newest, else the last
 * that was stable, else the last that is known of; undefined where none of them is kept.
 *
 * @param previous what ended on the node
 */
export function oldVersion(
  { job, group, input }: { job: Job; group: TaskGroup; input: ScheduleInput },
  { outdated, lastVersion }: Pick<GroupFindings, 'outdated' | 'lastVersion'>,
  previous: Alloc | undefined,
): number | undefined {
  const keptOf = (version: number): Job | undefined => {
    const old = input.snapshot.jobVersion(job.namespace, job.id, version);
    return old?.groups.some(({ name }) => name === group.name) === true ? old : undefined;
  };
  const beside = outdated
    .map(({ alloc }) => alloc)
    .filter(({ deploymentStatus }) => deploymentStatus?.canary !== true);
  const own = previous === undefined || isOf(previous, job) ? [] : [previous];
  const running = [...own, ...beside]
    .filter(({ createIndex }) => createIndex >= job.createIndex)
    .find(({ jobVersion }) => keptOf(jobVersion) !== undefined);
  if (running !== undefined) return running.jobVersion;
  for (let back = 1; back <= JOB_VERSIONS_MAX; back++) {
    if (keptOf(job.version - back)?.stable === true) return job.version - back;
  }
  return lastVersion !== undefined && keptOf(lastVersion) !== undefined ? lastVersion : undefined;
}
