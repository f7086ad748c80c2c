/** Jobs of every kind, from a seed: what people might register on a bad day. */
import type { Random } from '../../src/base/random.ts';
import type { JobId } from '../../src/core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../../src/core/model/ids.ts';
import type { JobSpec, JobType } from '../../src/core/model/job.ts';
import type { NetworkRequest } from '../../src/core/model/network.ts';
import type { Constraint } from '../../src/core/model/placement.ts';
import type { UpdateStrategy } from '../../src/core/model/strategy.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import type { Task } from '../../src/core/model/task.ts';
import { group, jobSpec, task } from '../state-world.ts';
import { between, chance, pick, weighted } from './chance.ts';

/** What a job is like; fixed for its life, so that its versions differ in what people change. */
export interface JobKind {
  readonly id: JobId;
  readonly type: JobType;
  readonly periodic: boolean;
  /** Static port; 0: none. */
  readonly port: number;
}

const RESTART = { attempts: 2, intervalMs: 60_000, delayMs: 2_000, mode: 'fail' } as const;
const RESCHEDULE = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 5_000,
  delayFunction: 'constant',
  maxDelayMs: 20_000,
  unlimited: true,
} as const;

export function drawKind(random: Random, n: number): JobKind {
  const type = weighted(random, { service: 6, batch: 3, system: 1, sysbatch: 1 });
  const port = type === 'service' && chance(random, 0.3) ? 8_000 + n : 0;
  const periodic = type === 'batch' && chance(random, 0.4);
  return { id: `${type}-${n}` as JobId, type, periodic, port };
}

/** One version of such a job. `calm`: nothing in it fails, nothing waits for a person. */
export function drawJob(random: Random, kind: JobKind, calm: boolean): JobSpec {
  const { id, type, periodic } = kind;
  const groups = [drawGroup(random, kind, calm)];
  return jobSpec(id, {
    namespace: DEFAULT_NAMESPACE,
    type,
    priority: between(random, 1, 100),
    datacenters: ['*'],
    meta: { draw: String(between(random, 0, 1_000_000)) },
    constraints: chance(random, 0.2) ? [drawConstraint(random)] : [],
    spreads: chance(random, 0.2) ? [SPREAD] : [],
    groups,
    ...(periodic && { periodic: PERIODIC }),
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

function drawConstraint(random: Random): Constraint {
  if (chance(random, 0.3)) {
    return { lTarget: '', rTarget: 'true', operand: 'distinct_hosts' };
  }
  const rack = `r${between(random, 0, 3)}`;
  return { lTarget: '${meta.rack}', rTarget: rack, operand: '!=' };
}

function drawGroup(random: Random, kind: JobKind, calm: boolean): TaskGroup {
  const { type } = kind;
  const isEverywhere = type === 'system' || type === 'sysbatch';
  const tasks = Array.from({ length: chance(random, 0.2) ? 2 : 1 }, (_, i) =>
    drawTask(random, kind, `task-${i}`, calm),
  );
  return group({
    name: 'main',
    count: isEverywhere ? 1 : between(random, 1, 8),
    tasks: [...tasks, ...drawHelpers(random, kind, calm)],
    networks: drawNetworks(random, kind),
    restart: { ...RESTART, renderTemplates: false },
    ...drawSilence(random, kind),
    ephemeralDisk: { sizeMb: 100, sticky: chance(random, 0.2), migrate: false },
    ...(isEverywhere ? {} : { reschedule: RESCHEDULE }),
    ...(type === 'service' && chance(random, 0.7) && { update: drawUpdate(random, calm) }),
    ...(type === 'service' && { migrate: MIGRATE }),
  });
}

/** What becomes of instances whose node is out of touch. */
function drawSilence(random: Random, { type }: JobKind): Partial<TaskGroup> {
  if (type !== 'service' && type !== 'batch') return {};
  if (chance(random, 0.15)) return { stopAfterClientDisconnectMs: between(random, 10, 60) * 1_000 };
  if (chance(random, 0.15)) return { maxClientDisconnectMs: between(random, 10, 120) * 1_000 };
  if (!chance(random, 0.2)) return {};
  const reconcile =
    pick(random, ['best_score', 'keep_original', 'keep_replacement', 'longest_running'] as const) ??
    'best_score';
  const lostAfterMs = between(random, 10, 120) * 1_000;
  return { disconnect: { lostAfterMs, replace: chance(random, 0.7), reconcile } };
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

const MIGRATE = {
  maxParallel: 1,
  healthCheck: 'task_states',
  minHealthyTimeMs: 2_000,
  healthyDeadlineMs: 30_000,
} as const;

function drawUpdate(random: Random, calm: boolean): UpdateStrategy {
  const canary = chance(random, 0.3) ? 1 : 0;
  return {
    staggerMs: 5_000,
    maxParallel: between(random, 1, 3),
    healthCheck: 'task_states',
    minHealthyTimeMs: between(random, 1, 5) * 1_000,
    healthyDeadlineMs: 30_000,
    progressDeadlineMs: 60_000,
    autoRevert: chance(random, 0.4),
    autoPromote: canary > 0 && (calm || chance(random, 0.5)),
    canary,
  };
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
    restart: { ...RESTART, renderTemplates: false },
    killTimeoutMs: between(random, 1, 5) * 1_000,
    resources: {
      ...task().resources,
      cpu: between(random, 1, 6) * 100,
      memoryMb: between(random, 1, 8) * 64,
    },
  });
}
