/** Makes what a driver is handed: everything of a task, interpolated, for one start. */
import type { Json, JsonObject } from '../base/json.ts';
import { taskEnvironment, type TaskEnvironment } from '../core/interpolate/environment.ts';
import { interpolate, interpolateObject } from '../core/interpolate/replace.ts';
import type { Alloc } from '../core/model/alloc.ts';
import type { Job } from '../core/model/job.ts';
import type { Node } from '../core/model/node.ts';
import type { TaskGroup } from '../core/model/task-group.ts';
import type { Task } from '../core/model/task.ts';
import type { Driver, TaskDirectories, TaskSpec } from '../ports/driver.ts';
import type { AllocNetwork } from '../ports/network.ts';

/** A task and where it is to run. */
export interface TaskPlace {
  readonly alloc: Alloc;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly driver: Driver;
  readonly node: Pick<
    Node,
    'id' | 'name' | 'datacenter' | 'nodeClass' | 'nodePool' | 'attributes' | 'meta' | 'resources'
  >;
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly directories: TaskDirectories;
  readonly network?: AllocNetwork | undefined;
  readonly driverNetwork?: { readonly driver: string; readonly name: string } | undefined;
}

/**
 * The environment of a task on this node; also says what `${...}` stands for.
 *
 * @param added by hooks; goes before all else
 */
export function environmentOf(
  place: TaskPlace,
  added: Readonly<Record<string, string>> = {},
): TaskEnvironment {
  const { driver, directories, network } = place;
  const isolated = driver.capabilities.fsIsolation !== 'none';
  return taskEnvironment({
    ...place,
    added,
    resources: resourcesOf(place),
    directories: isolated
      ? { alloc: '/alloc', local: '/local', secrets: '/secrets' }
      : {
          alloc: directories.sharedDir,
          local: directories.localDir,
          secrets: directories.secretsDir,
        },
    portMap: portMapOf(place.task.config),
    // An image brings its own environment; the machine's would only confuse it.
    hostEnv: driver.capabilities.fsIsolation === 'image' ? {} : place.hostEnv,
    ...(network === undefined || network.address === '' ? {} : { allocAddress: network.address }),
  });
}

/** @param attempt the number of this start, from 0 */
export function taskSpec(
  place: TaskPlace,
  environment: TaskEnvironment,
  mounts: TaskSpec['mounts'],
  attempt: number,
): TaskSpec {
  const { alloc, job, group, task, directories, network, driverNetwork, node } = place;
  const { env, lookup } = environment;
  const resources = resourcesOf(place);
  const request = group.networks[0];
  const hostname = interpolate(request?.hostname ?? '', lookup);
  const logs = `${directories.sharedDir}/logs/${task.name}`;
  return {
    allocId: alloc.id,
    jobName: job.name,
    groupName: group.name,
    taskName: task.name,
    attempt,
    config: interpolateObject(task.config, lookup),
    env,
    user: interpolate(task.user, lookup),
    resources: {
      ...resources,
      cpuShare: node.resources.cpu === 0 ? 0 : resources.cpu / node.resources.cpu,
    },
    directories,
    ports: alloc.ports
      .filter((port) => port.task === undefined || port.task === task.name)
      .map(({ label, value, to, hostIp }) => ({ label, value, to: to > 0 ? to : value, hostIp })),
    mounts,
    logs: {
      stdoutBase: `${logs}.stdout`,
      stderrBase: `${logs}.stderr`,
      maxFiles: task.logConfig.maxFiles,
      maxFileSizeMb: task.logConfig.maxFileSizeMb,
      disabled: task.logConfig.disabled,
    },
    ...(network === undefined ? {} : { networkNamespace: network.namespace }),
    ...(driverNetwork?.driver === place.driver.name ? { driverNetwork: driverNetwork.name } : {}),
    ...(hostname === '' ? {} : { hostname }),
    ...(request?.dns === undefined ? {} : { dns: request.dns }),
  };
}

/** A task's share of what its allocation was given. */
function resourcesOf({
  alloc,
  group,
  task,
  node,
}: TaskPlace): Omit<TaskSpec['resources'], 'cpuShare'> {
  const { cpu, cores: wanted, memoryMb, memoryMaxMb } = task.resources;
  const cores = wanted === 0 ? [] : coresOf(alloc, group, task);
  const perCore = node.resources.cores === 0 ? 0 : node.resources.cpu / node.resources.cores;
  return {
    cpu: cores.length === 0 ? cpu : Math.floor(perCore * cores.length),
    cores,
    memoryMb,
    memoryMaxMb,
  };
}

/** The allocation's cores are dealt out to its tasks in their order. */
function coresOf(alloc: Alloc, group: TaskGroup, task: Task): readonly number[] {
  let from = 0;
  for (const other of group.tasks) {
    if (other.name === task.name) break;
    from += other.resources.cores;
  }
  return alloc.resources.cores.slice(from, from + task.resources.cores);
}

/** `port_map { http = 80 }`, in the older files also a list of such. */
function portMapOf(config: JsonObject): Record<string, number> {
  const map = config['port_map'];
  const blocks: readonly Json[] = map === undefined ? [] : isList(map) ? map : [map];
  return Object.fromEntries(
    blocks
      .flatMap((block) =>
        typeof block === 'object' && block !== null ? Object.entries(block) : [],
      )
      .map(([label, port]): [string, number] => [label, Number(port)])
      .filter(([, port]) => Number.isInteger(port) && port > 0),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
