/** What the machines need of a job, said once for both. */
import type { Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Task } from '../model/task.ts';
import type { AllocPolicy } from './alloc.ts';
import type { WatchedCheck } from './checks.ts';
import type { HealthPolicy } from './health.ts';
import type { TaskRole } from './lifecycle.ts';
import type { TaskPolicy } from './task.ts';

/** The allocation's group in the job version it belongs to; undefined if the version has none. */
export function groupOf(job: Job, alloc: Pick<Alloc, 'group'>): TaskGroup | undefined {
  return job.groups.find((group) => group.name === alloc.group);
}

export interface PolicyLimits {
  /** The node's own: no `kill_timeout` reaches further [ms]. */
  readonly killTimeoutMsMax: number;
}

/**
 * Derives an allocation's policy. The jitter's seed is the allocation's id: it differs by instance.
 *
 * @param checks those of its services
 */
export function allocPolicy(
  job: Job,
  group: TaskGroup,
  alloc: Alloc,
  { killTimeoutMsMax, checks }: PolicyLimits & { readonly checks: readonly WatchedCheck[] },
): AllocPolicy {
  const health = healthPolicy(job, group, alloc);
  const isHurried = alloc.desiredTransition?.noShutdownDelay === true;
  const tasks = group.tasks.map((task) => {
    const role = roleOf(task);
    const policy = taskPolicy(job, task, `${alloc.id}/${task.name}`);
    const killTimeoutMs = Math.min(policy.killTimeoutMs, killTimeoutMsMax);
    const shutdownDelayMs = isHurried ? 0 : policy.shutdownDelayMs;
    return [task.name, { role, policy: { ...policy, killTimeoutMs, shutdownDelayMs } }];
  });
  return {
    tasks: Object.fromEntries(tasks) as AllocPolicy['tasks'],
    shutdownDelayMs: isHurried ? 0 : (group.shutdownDelayMs ?? 0),
    checks,
    ...(health === undefined ? {} : { health }),
    ...(group.maxRunMs === undefined ? {} : { maxRunMs: group.maxRunMs }),
  };
}

function roleOf(task: Task): TaskRole {
  return {
    hook: task.lifecycle?.hook ?? 'main',
    sidecar: task.lifecycle?.sidecar ?? false,
    leader: task.leader,
  };
}

function taskPolicy(job: Job, task: Task, seed: string): TaskPolicy {
  return {
    restart: task.restart,
    restartOnSuccess: restartsOnSuccess(job, task),
    killTimeoutMs: task.killTimeoutMs,
    killSignal: task.killSignal,
    shutdownDelayMs: task.shutdownDelayMs,
    seed,
  };
}

/**
 * Services and sidecars are to be there for good; batch work and hooks are done when they are
 * done.
 */
function restartsOnSuccess(job: Job, task: Task): boolean {
  if (task.lifecycle !== undefined) {
    return task.lifecycle.sidecar && task.lifecycle.hook !== 'poststop';
  }
  switch (job.type) {
    case 'service':
    case 'system':
      return true;
    case 'batch':
    case 'sysbatch':
      return false;
  }
}

/** Health is asked by a deployment, else, of services, by the drain that moved them. */
function healthPolicy(job: Job, group: TaskGroup, alloc: Alloc): HealthPolicy | undefined {
  if (job.type !== 'service' && job.type !== 'system') return undefined;
  if (alloc.deploymentId !== undefined) {
    if (group.update === undefined) return undefined;
    return {
      key: alloc.deploymentId,
      mode: group.update.healthCheck,
      minHealthyMs: group.update.minHealthyTimeMs,
      deadlineMs: group.update.healthyDeadlineMs,
    };
  }
  if (job.type === 'system' || group.migrate === undefined) return undefined;
  return {
    key: 'migrate',
    mode: group.migrate.healthCheck,
    minHealthyMs: group.migrate.minHealthyTimeMs,
    deadlineMs: group.migrate.healthyDeadlineMs,
  };
}
