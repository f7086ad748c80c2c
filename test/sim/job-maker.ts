/** Jobs of every kind, from a seed: what people might register on a bad day. */
import type { JsonObject } from '../../src/base/json.ts';
import type { Random } from '../../src/base/random.ts';
import type { JobId } from '../../src/core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../../src/core/model/ids.ts';
import type { JobSpec, JobType } from '../../src/core/model/job.ts';
import type { NetworkRequest } from '../../src/core/model/network.ts';
import type { Constraint } from '../../src/core/model/placement.ts';
import type { Check, Service } from '../../src/core/model/service.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import type { Task } from '../../src/core/model/task.ts';
import { group, jobSpec, task } from '../state-world.ts';
import { between, chance, pick, weighted } from './chance.ts';
import {
  drawMigrate,
  drawReschedule,
  drawRestart,
  drawSilence,
  drawUpdate,
} from './strategy-maker.ts';

/** What a job is like; fixed for its life, so that its versions differ in what people change. */
export interface JobKind {
  readonly id: JobId;
  readonly type: JobType;
  readonly periodic: boolean;
  /** It runs only what is dispatched. */
  readonly parameterized: boolean;
  readonly groups: readonly string[];
  /** Static port of the first group; 0: none. */
  readonly port: number;
}

const ROLLING_TYPES = { service: 4, system: 1, batch: 0, sysbatch: 0 };
const ALL_TYPES = { service: 6, batch: 3, system: 2, sysbatch: 1 };

/** @param onlyRollouts only of the types that roll out */
export function drawKind(random: Random, n: number, onlyRollouts: boolean): JobKind {
  const type = weighted<JobType>(random, onlyRollouts ? ROLLING_TYPES : ALL_TYPES);
  const port = type === 'service' && chance(random, 0.3) ? 8_000 + n : 0;
  const periodic = type === 'batch' && chance(random, 0.4);
  const parameterized = type === 'batch' && !periodic && chance(random, 0.3);
  const groups = type === 'service' && chance(random, 0.25) ? ['main', 'side'] : ['main'];
  return { id: `${type}-${n}` as JobId, type, periodic, parameterized, groups, port };
}

/** One version of such a job. `calm`: nothing in it fails, nothing waits for a person. */
export function drawJob(random: Random, kind: JobKind, calm: boolean): JobSpec {
  const { id, type, periodic, parameterized } = kind;
  const groups = kind.groups.map((name) => drawGroup(random, kind, { name, calm }));
  const spec = jobSpec(id, {
    namespace: DEFAULT_NAMESPACE,
    type,
    priority: between(random, 1, 100),
    datacenters: ['*'],
    meta: { draw: String(between(random, 0, 1_000_000)) },
    constraints: chance(random, 0.2) ? [drawConstraint(random)] : [],
    spreads: chance(random, 0.2) ? [SPREAD] : [],
    groups,
    ...(periodic && { periodic: { ...PERIODIC, prohibitOverlap: chance(random, 0.4) } }),
    ...(parameterized && { parameterized: PARAMETERIZED }),
  });
  return calm || !rollsOut(type) ? spec : nextBuild(random, spec);
}

/** A new version of it may have a deployment. */
export function rollsOut(type: JobType): boolean {
  return type === 'service' || type === 'system';
}

/** The next build of a job that rolls out, all else as it is: in every fifth one something is wrong. */
export function nextBuild(random: Random, spec: JobSpec): JobSpec {
  const flaw = weighted(random, { none: 8, crashes: 1, 'never passes': 1 });
  const build = between(random, 0, 1_000_000);
  const crash = { runForMs: between(random, 0, 4_000), exitCode: 1 };
  const status = flaw === 'never passes' ? 'critical' : 'passing';
  const groups = spec.groups.map((each) => ({
    ...each,
    tasks: each.tasks.map((one) => {
      if (one.lifecycle !== undefined) return one;
      const { killAfterMs = 0 } = one.config;
      const config: JsonObject = { killAfterMs, build, ...(flaw === 'crashes' && crash) };
      return { ...one, config };
    }),
    services: each.services.map((service) => ({ ...service, checks: [checkThat(status)] })),
  }));
  return { ...spec, groups };
}

/** Its tasks end in failure, for ever, or its checks never pass where they are asked. */
export function isFlawed({ groups }: Pick<JobSpec, 'groups'>): boolean {
  return groups.some(({ tasks, services, update }) => {
    if (tasks.some(({ config }) => config['exitCode'] === 1)) return true;
    if (update?.healthCheck !== 'checks') return false;
    return services.some(({ checks }) => checks.some(({ name }) => name === 'critical'));
  });
}

const SPREAD = { attribute: '${meta.rack}', weight: 50, targets: [] };
const PERIODIC = {
  enabled: true,
  specs: ['*/1 * * * *'],
  specType: 'cron',
  prohibitOverlap: false,
  timeZone: 'UTC',
};
const PARAMETERIZED = { payload: 'optional', metaRequired: [], metaOptional: [] } as const;

function drawConstraint(random: Random): Constraint {
  if (chance(random, 0.3)) {
    return { lTarget: '', rTarget: 'true', operand: 'distinct_hosts' };
  }
  const rack = `r${between(random, 0, 3)}`;
  return { lTarget: '${meta.rack}', rTarget: rack, operand: '!=' };
}

interface GroupWish {
  readonly name: string;
  readonly calm: boolean;
}

function drawGroup(random: Random, kind: JobKind, { name, calm }: GroupWish): TaskGroup {
  const { type } = kind;
  const isEverywhere = type === 'system' || type === 'sysbatch';
  const isService = type === 'service';
  const count = isEverywhere ? 1 : between(random, 1, 8);
  const restart = drawRestart(random);
  const tasks = [...drawTasks(random, kind, calm), ...drawHelpers(random, kind, calm)];
  const sticky = chance(random, 0.2);
  return group({
    name,
    count,
    tasks: tasks.map((each) => ({ ...each, restart })),
    networks: drawNetworks(random, name === 'main' ? kind : { ...kind, port: 0 }),
    services: rollsOut(type) && chance(random, 0.8) ? [serviceOf(kind, name)] : [],
    restart,
    ...(isEverywhere ? {} : drawSilence(random)),
    ephemeralDisk: { sizeMb: 100, sticky, migrate: false },
    ...(chance(random, 0.1) && { shutdownDelayMs: between(random, 1, 5) * 1_000 }),
    ...(isEverywhere ? {} : { reschedule: drawReschedule(random, calm) }),
    ...(rollsOut(type) &&
      chance(random, 0.8) && { update: drawUpdate(random, { type, count }, calm) }),
    ...(isService && { migrate: drawMigrate(random) }),
  });
}

function serviceOf({ id }: JobKind, name: string): Service {
  return {
    name: `${id}-${name}`,
    taskName: '',
    portLabel: '',
    addressMode: 'auto',
    address: '',
    tags: [],
    canaryTags: ['canary'],
    enableTagOverride: false,
    meta: {},
    canaryMeta: {},
    taggedAddresses: {},
    checks: [checkThat('passing')],
    onUpdate: '',
    provider: 'consul',
    cluster: '',
  };
}

/** The simulated registrar knows by its name what it says. */
function checkThat(status: 'passing' | 'critical'): Check {
  return {
    name: status,
    type: 'ttl',
    command: '',
    args: [],
    path: '',
    protocol: '',
    portLabel: '',
    addressMode: '',
    expose: false,
    method: '',
    body: '',
    header: {},
    intervalMs: 1_000,
    timeoutMs: 1_000,
    initialStatus: '',
    tlsServerName: '',
    tlsSkipVerify: false,
    grpcService: '',
    grpcUseTls: false,
    aliasService: '',
    taskName: '',
    successBeforePassing: 0,
    failuresBeforeCritical: 0,
    failuresBeforeWarning: 0,
    onUpdate: '',
  };
}

function drawTasks(random: Random, kind: JobKind, calm: boolean): readonly Task[] {
  const count = chance(random, 0.2) ? 2 : 1;
  const leader = chance(random, 0.3);
  return Array.from({ length: count }, (_, i) => ({
    ...drawTask(random, kind, `task-${i}`, calm),
    leader: leader && i === 0,
  }));
}

/** Tasks beside the main one: before, along with and after it. */
function drawHelpers(random: Random, kind: JobKind, calm: boolean): readonly Task[] {
  if (!chance(random, 0.25)) return [];
  const hook = pick(random, ['prestart', 'poststart', 'poststop'] as const) ?? 'prestart';
  const sidecar = hook !== 'poststop' && chance(random, 0.5);
  const helper = drawTask(random, kind, `helper-${hook}`, calm);
  const config = sidecar ? {} : { runForMs: between(random, 0, 3) * 1_000 };
  return [{ ...helper, config, lifecycle: { hook, sidecar } }];
}

function drawNetworks(random: Random, { port, type }: JobKind): readonly NetworkRequest[] {
  const hasDynamic = chance(random, 0.4);
  if (port === 0 && !hasDynamic) return [];
  const request = (label: string, value: number) => ({ label, value, to: 0, hostNetwork: '' });
  return [
    {
      mode: type === 'system' || chance(random, 0.7) ? 'host' : 'bridge',
      device: '',
      cidr: '',
      ip: '',
      hostname: '',
      mbits: 0,
      reservedPorts: port === 0 ? [] : [request('fixed', port)],
      dynamicPorts: hasDynamic ? [request('any', 0)] : [],
    },
  ];
}

function drawTask(random: Random, kind: JobKind, name: string, calm: boolean): Task {
  const ends = kind.type === 'batch' || kind.type === 'sysbatch';
  const exitCode = !calm && chance(random, 0.1) ? 1 : 0;
  const runForMs = ends ? between(random, 1, 60) * 1_000 : undefined;
  const killAfterMs = pick(random, [0, 0, 500, 4_000, 1_000_000]) ?? 0;
  return task({
    name,
    driver: 'sim',
    config: { ...(runForMs !== undefined && { runForMs, exitCode }), killAfterMs },
    killTimeoutMs: between(random, 1, 5) * 1_000,
    resources: {
      ...task().resources,
      cpu: between(random, 1, 6) * 100,
      memoryMb: between(random, 1, 8) * 64,
    },
  });
}
