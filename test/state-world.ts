/** Rows and entries that tests and benchmarks of the state begin with. */
import type { Index, Millis } from '../src/base/brand.ts';
import type { AllocResources } from '../src/core/model/alloc.ts';
import type { AllocId, EvalId, JobId, NodeId } from '../src/core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../src/core/model/ids.ts';
import type { JobSpec } from '../src/core/model/job.ts';
import type { PlacementMetrics } from '../src/core/model/metrics.ts';
import type { Placement, Plan } from '../src/core/model/plan.ts';
import type { ReschedulePolicy, UpdateStrategy } from '../src/core/model/strategy.ts';
import type { Task } from '../src/core/model/task.ts';
import type { TaskGroup } from '../src/core/model/task-group.ts';
import { apply } from '../src/core/state/apply.ts';
import type { Applied } from '../src/core/state/apply.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { NodeFacts } from '../src/core/model/node.ts';
import { newEvaluation } from '../src/core/state/new-evaluation.ts';
import { emptyState } from '../src/core/state/state.ts';
import type { State } from '../src/core/state/state.ts';

export const T0 = 1_700_000_000_000 as Millis;

/** A readable UUID: `uuid('a', 1)` is the first of its kind. */
export function uuid(kind: string, n: number): string {
  const hex = Buffer.from(kind).toString('hex').padEnd(8, '0').slice(0, 8);
  return `${hex}-0000-0000-0000-${n.toString(16).padStart(12, '0')}`;
}

export const nodeId = (n: number): NodeId => uuid('node', n) as NodeId;
export const allocId = (n: number): AllocId => uuid('aloc', n) as AllocId;
export const evalId = (n: number): EvalId => uuid('eval', n) as EvalId;

export function nodeFacts(n: number, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    id: nodeId(n),
    secretId: `secret-${n}`,
    name: `node-${n}`,
    datacenter: 'dc1',
    nodeClass: '',
    nodePool: 'default',
    httpAddr: `127.0.0.1:${n}`,
    attributes: { 'kernel.name': 'linux' },
    meta: {},
    links: {},
    resources: {
      cpu: 100_000,
      cores: 32,
      memoryMb: 131_072,
      diskMb: 1_000_000,
      networks: [
        { mode: 'host', device: 'lo', ip: '127.0.0.1', cidr: '127.0.0.1/32', mbits: 1_000 },
      ],
      devices: [],
      dynamicPortMin: 20_000,
      dynamicPortMax: 32_000,
    },
    reserved: { cpu: 0, memoryMb: 0, diskMb: 0, ports: [] },
    drivers: {
      mock: {
        detected: true,
        healthy: true,
        healthDescription: 'Healthy',
        attributes: {},
        updatedAt: T0,
      },
    },
    hostVolumes: {},
    hostNetworks: {},
    computedClass: 'class-1',
    ...more,
  };
}

const RESTART = {
  attempts: 2,
  intervalMs: 1_800_000,
  delayMs: 15_000,
  mode: 'fail',
  renderTemplates: false,
} as const;

export function task(more: Partial<Task> = {}): Task {
  return {
    name: 'server',
    driver: 'mock',
    user: '',
    config: { run_for: '1h' },
    env: {},
    meta: {},
    constraints: [],
    affinities: [],
    resources: {
      cpu: 100,
      cores: 0,
      memoryMb: 64,
      memoryMaxMb: 0,
      diskMb: 0,
      iops: 0,
      networks: [],
      devices: [],
    },
    services: [],
    restart: RESTART,
    artifacts: [],
    templates: [],
    logConfig: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
    killTimeoutMs: 5_000,
    killSignal: '',
    shutdownDelayMs: 0,
    leader: false,
    kind: '',
    volumeMounts: [],
    scalingPolicies: [],
    ...more,
  };
}

export function group(more: Partial<TaskGroup> = {}): TaskGroup {
  return {
    name: 'web',
    count: 1,
    constraints: [],
    affinities: [],
    spreads: [],
    tasks: [task()],
    networks: [],
    services: [],
    volumes: {},
    restart: RESTART,
    ephemeralDisk: { sizeMb: 300, sticky: false, migrate: false },
    meta: {},
    preventRescheduleOnLost: false,
    consulNamespace: '',
    ...more,
  };
}

/** One at a time, by what checks say, with time and deadlines of nothing. */
export function updateStrategy(more: Partial<UpdateStrategy> = {}): UpdateStrategy {
  return {
    staggerMs: 0,
    maxParallel: 1,
    healthCheck: 'checks',
    minHealthyTimeMs: 0,
    healthyDeadlineMs: 0,
    progressDeadlineMs: 0,
    autoRevert: false,
    autoPromote: false,
    canary: 0,
    ...more,
  };
}

/** As often as is wanted, with no delay. */
export function reschedulePolicy(more: Partial<ReschedulePolicy> = {}): ReschedulePolicy {
  return {
    attempts: 0,
    intervalMs: 0,
    delayMs: 0,
    delayFunction: 'constant',
    maxDelayMs: 0,
    unlimited: true,
    ...more,
  };
}

export function jobSpec(id: string, more: Partial<JobSpec> = {}): JobSpec {
  return {
    id: id as JobId,
    name: id,
    namespace: DEFAULT_NAMESPACE,
    region: 'global',
    type: 'service',
    priority: 50,
    allAtOnce: false,
    datacenters: ['dc1'],
    nodePool: 'default',
    constraints: [],
    affinities: [],
    spreads: [],
    groups: [group()],
    meta: {},
    consulToken: '',
    consulNamespace: '',
    vaultToken: '',
    vaultNamespace: '',
    payload: '',
    dispatched: false,
    dispatchIdempotencyToken: '',
    ...more,
  };
}

export const RESOURCES: AllocResources = {
  cpu: 100,
  memoryMb: 64,
  memoryMaxMb: 64,
  diskMb: 300,
  cores: [],
  devices: [],
};

export const METRICS: PlacementMetrics = {
  nodesEvaluated: 1,
  nodesFiltered: 0,
  nodesInPool: 1,
  nodesAvailable: { dc1: 1 },
  classFiltered: {},
  constraintFiltered: {},
  nodesExhausted: 0,
  classExhausted: {},
  dimensionExhausted: {},
  quotaExhausted: [],
  scores: [],
  allocationTimeNs: 1_000,
  coalescedFailures: 0,
};

export function placement(n: number, node: NodeId, more: Partial<Placement> = {}): Placement {
  return {
    id: allocId(n),
    name: `job.web[${n}]`,
    group: 'web',
    nodeId: node,
    resources: RESOURCES,
    ports: [],
    metrics: METRICS,
    canary: false,
    reschedules: [],
    ...more,
  };
}

export function plan(job: string, more: Partial<Plan> = {}): Plan {
  return {
    evalId: evalId(0),
    priority: 50,
    basedOn: 0 as Index,
    namespace: DEFAULT_NAMESPACE,
    jobId: job as JobId,
    jobVersion: 0,
    allAtOnce: false,
    placements: [],
    stops: [],
    updates: [],
    preemptions: [],
    deploymentUpdates: [],
    ...more,
  };
}

export const register = (spec: JobSpec, n: number, at = T0): Entry => ({
  type: 'job.register',
  at,
  job: spec,
  evaluation: newEvaluation(evalId(n), spec, 'job-register', at),
});

export const registerNode = (n: number, more: Partial<NodeFacts> = {}, at = T0): Entry => ({
  type: 'node.register',
  at,
  node: nodeFacts(n, more),
  seed: `seed-${n}`,
});

export const applyPlan = (proposed: Plan, at = T0): Entry => ({
  type: 'plan.apply',
  at,
  plan: proposed,
  evals: [],
});

/** A state that tests drive with entries. */
export class World {
  state: State = emptyState();
  last: Applied | undefined;

  /** Applies the entries in order; answers what became of the last. */
  do(...entries: readonly Entry[]): Applied {
    for (const entry of entries) {
      this.last = apply(this.state, (this.state.index + 1) as Index, entry);
      this.state = this.last.state;
    }
    if (this.last === undefined) throw new Error('no entry given');
    return this.last;
  }
}
