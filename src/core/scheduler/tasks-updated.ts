/**
 * Whether a running instance can go on under a new version of its job, or must be replaced.
 *
 * U1: what a process was started with cannot change under it: driver, configuration, environment,
 *     resources, ports, files. What only servers read can: counts, constraints, update strategy,
 *     services and their checks.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/commands/job/plan (in-place and destructive)
 */
import { same } from '../../base/same.ts';
import type { Job } from '../model/job.ts';
import type { NetworkRequest } from '../model/network.ts';
import type { Service } from '../model/service.ts';
import type { Task } from '../model/task.ts';
import type { TaskGroup } from '../model/task-group.ts';

/** True where instances of `group` in the old version must be replaced for the new one (U1). */
export function tasksUpdated(before: Job, after: Job, group: string): boolean {
  const old = before.groups.find((candidate) => candidate.name === group);
  const now = after.groups.find((candidate) => candidate.name === group);
  if (old === undefined || now === undefined) return true;
  if (!same(groupFacts(before, old), groupFacts(after, now))) return true;
  const tasks = new Map(old.tasks.map((task) => [task.name, task]));
  return now.tasks.some((task) => {
    const was = tasks.get(task.name);
    if (was === undefined) return true;
    return !same(taskFacts(before, old, was), taskFacts(after, now, task));
  });
}

/** What the group's instances were started with, tasks aside. */
function groupFacts(job: Job, group: TaskGroup): unknown {
  return [
    group.tasks.length,
    group.ephemeralDisk,
    group.networks.map(networkFacts),
    group.volumes,
    meshFacts(group.services),
    job.consulToken,
    job.consulNamespace,
    job.vaultNamespace,
    group.consulNamespace,
  ];
}

function networkFacts(network: NetworkRequest): unknown {
  return [
    network.mode,
    network.hostname,
    network.mbits,
    network.dns,
    // Order and label are part of what the task sees.
    network.reservedPorts,
    network.dynamicPorts,
  ];
}

function taskFacts(job: Job, group: TaskGroup, task: Task): unknown {
  const { resources } = task;
  return [
    task.driver,
    task.user,
    task.config,
    task.env,
    // Tasks see all of it as NOMAD_META_*, wherever it was set.
    { ...job.meta, ...group.meta, ...task.meta },
    task.artifacts,
    task.templates,
    task.vault,
    task.csiPlugin,
    task.volumeMounts,
    task.dispatchPayload,
    task.lifecycle,
    task.kind,
    task.logConfig.disabled,
    task.killSignal,
    meshFacts(task.services),
    [resources.cpu, resources.cores, resources.memoryMb, resources.memoryMaxMb],
    resources.networks.map(networkFacts),
    resources.devices,
  ];
}

/** Of a service only its mesh runs beside the tasks; the rest is read by servers alone. */
function meshFacts(services: readonly Service[]): unknown {
  return services.filter((service) => service.connect !== undefined).map((s) => s.connect);
}
