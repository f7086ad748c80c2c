/**
 * What a task finds in its environment, and what `${...}` stands for in its configuration.
 *
 * V1: names are legal names of environment variables: what else is in a label becomes `_`.
 * V2: later layers win: the machine's own environment, `NOMAD_*`, the task's `env`, then what its
 *     templates give.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/runtime/environment
 */
import type { Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import type { AssignedPort } from '../model/network.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Task } from '../model/task.ts';
import { interpolate, type Lookup } from './replace.ts';

/** Where a task runs and what it was given. */
export interface Surroundings {
  readonly node: Pick<
    Node,
    'id' | 'name' | 'datacenter' | 'nodeClass' | 'nodePool' | 'attributes' | 'meta'
  >;
  readonly alloc: Pick<Alloc, 'id' | 'name' | 'namespace' | 'ports'>;
  readonly job: Pick<Job, 'id' | 'name' | 'region' | 'meta' | 'parentId'>;
  readonly group: Pick<TaskGroup, 'name' | 'meta'>;
  readonly task: Pick<Task, 'name' | 'meta' | 'env'>;
  readonly resources: {
    readonly cpu: number;
    readonly cores: readonly number[];
    readonly memoryMb: number;
    readonly memoryMaxMb: number;
  };
  /** As the task sees them. */
  readonly directories: {
    readonly alloc: string;
    readonly local: string;
    readonly secrets: string;
  };
  /** Ports inside the task by label, where its driver maps them (`port_map`). */
  readonly portMap: Readonly<Record<string, number>>;
  /** Address inside the group's own network; undefined in host mode. */
  readonly allocAddress?: string;
  /** Variables of rendered templates; absent: none. */
  readonly added?: Readonly<Record<string, string>>;
  /** The agent's environment, as far as tasks may see it. */
  readonly hostEnv: Readonly<Record<string, string>>;
}

export interface TaskEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly lookup: Lookup;
}

/** Builds a task's environment and the names its configuration may use. */
export function taskEnvironment(of: Surroundings): TaskEnvironment {
  const facts = nodeFacts(of);
  const raw = nomadVariables(of);
  const lookupFacts: Lookup = (name) => facts.get(name) ?? raw.get(name);
  for (const [key, value] of metaVariables(of, lookupFacts)) raw.set(key, value);
  const env: Record<string, string> = { ...of.hostEnv };
  for (const [name, value] of raw) env[legalName(name)] = value;
  const lookup: Lookup = (name) =>
    facts.get(name) ?? own(env, name) ?? raw.get(name) ?? own(env, environmentName(name));
  for (const [name, value] of Object.entries(of.task.env)) {
    env[name] = interpolate(value, lookup);
  }
  Object.assign(env, of.added);
  return { env, lookup };
}

/** `a-b.c` becomes `a_b_c`: what a shell can name (V1). */
export function legalName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]/.test(clean) ? `_${clean}` : clean;
}

function nodeFacts({ node, job }: Surroundings): Map<string, string> {
  const facts = new Map<string, string>([
    ['node.unique.id', node.id],
    ['node.unique.name', node.name],
    ['node.datacenter', node.datacenter],
    ['node.region', job.region],
    ['node.class', node.nodeClass],
    ['node.pool', node.nodePool],
  ]);
  for (const [name, value] of Object.entries(node.attributes)) facts.set(`attr.${name}`, value);
  for (const [name, value] of Object.entries(node.meta)) facts.set(`meta.${name}`, value);
  return facts;
}

function nomadVariables(of: Surroundings): Map<string, string> {
  const { alloc, job, resources, directories } = of;
  const variables = new Map<string, string>([
    ['NOMAD_ALLOC_DIR', directories.alloc],
    ['NOMAD_TASK_DIR', directories.local],
    ['NOMAD_SECRETS_DIR', directories.secrets],
    ['NOMAD_MEMORY_LIMIT', String(resources.memoryMb)],
    ['NOMAD_CPU_LIMIT', String(resources.cpu)],
    ['NOMAD_ALLOC_ID', alloc.id],
    ['NOMAD_SHORT_ALLOC_ID', alloc.id.slice(0, 8)],
    ['NOMAD_ALLOC_NAME', alloc.name],
    ['NOMAD_ALLOC_INDEX', /\[(\d+)\]$/.exec(alloc.name)?.[1] ?? '0'],
    ['NOMAD_GROUP_NAME', of.group.name],
    ['NOMAD_TASK_NAME', of.task.name],
    ['NOMAD_JOB_ID', job.id],
    ['NOMAD_JOB_NAME', job.name],
    ['NOMAD_NAMESPACE', alloc.namespace],
    ['NOMAD_DC', of.node.datacenter],
    ['NOMAD_REGION', job.region],
  ]);
  if (job.parentId !== undefined) variables.set('NOMAD_JOB_PARENT_ID', job.parentId);
  if (resources.memoryMaxMb > 0) {
    variables.set('NOMAD_MEMORY_MAX_LIMIT', String(resources.memoryMaxMb));
  }
  if (resources.cores.length > 0) variables.set('NOMAD_CPU_CORES', resources.cores.join(','));
  for (const port of alloc.ports) addPort(variables, port, of);
  return variables;
}

function addPort(variables: Map<string, string>, port: AssignedPort, of: Surroundings): void {
  const own = port.task === undefined || port.task === of.task.name;
  const label = own ? port.label : `${port.task ?? ''}_${port.label}`;
  const mapped = own ? of.portMap[port.label] : undefined;
  const inside = mapped ?? (port.to > 0 ? port.to : port.value);
  const outside = { ip: port.hostIp, port: port.value };
  const within = { ip: of.allocAddress ?? port.hostIp, port: inside };
  variables.set(`NOMAD_PORT_${label}`, String(own ? inside : port.value));
  variables.set(`NOMAD_IP_${label}`, outside.ip);
  variables.set(`NOMAD_ADDR_${label}`, hostPort(outside));
  variables.set(`NOMAD_HOST_PORT_${label}`, String(outside.port));
  variables.set(`NOMAD_HOST_IP_${label}`, outside.ip);
  variables.set(`NOMAD_HOST_ADDR_${label}`, hostPort(outside));
  variables.set(`NOMAD_ALLOC_PORT_${label}`, String(within.port));
  variables.set(`NOMAD_ALLOC_IP_${label}`, within.ip);
  variables.set(`NOMAD_ALLOC_ADDR_${label}`, hostPort(within));
}

/**
 * The job's, the group's, the task's: the nearest wins. Each under its own spelling and in
 * capitals.
 */
function metaVariables(of: Surroundings, lookup: Lookup): [string, string][] {
  const meta = { ...of.job.meta, ...of.group.meta, ...of.task.meta };
  return Object.entries(meta).flatMap(([key, text]): [string, string][] => {
    const value = interpolate(text, lookup);
    return [
      [`NOMAD_META_${key}`, value],
      [`NOMAD_META_${key.toUpperCase()}`, value],
    ];
  });
}

function hostPort(at: { readonly ip: string; readonly port: number }): string {
  return at.ip.includes(':') ? `[${at.ip}]:${at.port}` : `${at.ip}:${at.port}`;
}

/** `env["HOME"]` and `env.HOME` name an environment variable. */
function environmentName(name: string): string {
  return /^env(?:\[["']?([^"'\]]+)["']?\]|\.(.+))$/.exec(name)?.slice(1).find(Boolean) ?? '';
}

/** A record's own field: `constructor` and its like are no variables. */
function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
