/**
 * Random entries for properties of the state: a small cluster in which everything meets everything,
 * sensible entries and senseless ones alike.
 */
import fc from 'fast-check';
import type { Index, Millis } from '../src/base/brand.ts';
import type { AllocId, DeploymentId, EvalId, JobId, NodeId } from '../src/core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../src/core/model/ids.ts';
import type { Alloc } from '../src/core/model/alloc.ts';
import type { Evaluation } from '../src/core/model/evaluation.ts';
import type { KvWrite, TxnOp } from '../src/core/state/discovery-entry.ts';
import type { Entry } from '../src/core/state/entry.ts';
import { newEvaluation } from '../src/core/state/new-evaluation.ts';
import type { State } from '../src/core/state/state.ts';
import { coordinatesOf, deregisterOf, queryOf, registerOf } from './catalog-entries.ts';
import { sessionFacts, sessionId, withNode } from './coordination-world.ts';
import { planOf } from './random-plans.ts';
import { T0, World, group, jobSpec, nodeFacts, uuid } from './state-world.ts';

type KvPut = Omit<Extract<KvWrite, { verb: 'set' }>, 'verb'>;

/** A step says what to do in numbers; `entryOf` finds in the present state what they mean. */
export interface Step {
  readonly verb: (typeof VERBS)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const VERBS = [
  'register',
  'register',
  'deregister',
  'scale',
  'stability',
  'node',
  'node-status',
  'eligibility',
  'drain',
  'forget-node',
  'evals',
  'evals',
  'plan',
  'plan',
  'plan',
  'plan',
  'report',
  'report',
  'report',
  'transition',
  'deployment-status',
  'promote',
  'health',
  'dispatch',
  'config',
  'reap',
  'write',
  'write',
  'write',
  'lock',
  'lock',
  'session',
  'invalidate',
  'txn',
  'variable',
  'rollout',
  'expire',
  'event',
  'catalog',
  'catalog',
  'catalog',
  'uncatalog',
  'coordinates',
  'query',
] as const;

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    verb: fc.constantFrom(...VERBS),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
    c: fc.nat(1_000),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

const JOBS = ['api', 'batch', 'sys', 'param'] as const;
const TYPES = { api: 'service', batch: 'batch', sys: 'system', param: 'batch' } as const;

/** A small cluster to begin with: three nodes, and each kind of job once. */
export function beginning(): State {
  const world = new World();
  for (const n of [0, 1, 2]) world.do(entryOf(world.state, { verb: 'node', a: n, b: 0, c: 0 }, n));
  for (const n of [0, 1, 2, 3]) {
    world.do(entryOf(world.state, { verb: 'register', a: n, b: 3, c: 3 }, 10 + n));
  }
  return withNode(world.state, { up: 'passing', down: 'critical' });
}

function pick<T>(items: readonly T[], n: number): T | undefined {
  return items[n % Math.max(1, items.length)];
}

function jobOf(n: number): (typeof JOBS)[number] {
  return pick(JOBS, n) ?? 'api';
}

function spec(n: number, count: number): ReturnType<typeof jobSpec> {
  const id = jobOf(n);
  return jobSpec(id, {
    type: TYPES[id],
    groups: [group({ count }), group({ name: 'side', count: 1 })],
    ...(id === 'param' && {
      parameterized: { payload: 'optional', metaRequired: [], metaOptional: [] },
    }),
  });
}

/** What the makers of entries draw from. */
interface Now {
  readonly state: State;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly n: number;
  readonly at: Millis;
  readonly seed: string;
  readonly job: { readonly namespace: typeof DEFAULT_NAMESPACE; readonly jobId: JobId };
  readonly nodeId: NodeId;
  readonly evaluation: Evaluation;
  readonly deploymentId: DeploymentId;
  readonly allocs: readonly Alloc[];
}

/** The entry that a step stands for in a state. `n` is different for each step of a run. */
export function entryOf(state: State, { verb, a, b, c }: Step, n: number): Entry {
  const at = (T0 + n) as Millis;
  return MAKERS[verb]({
    state,
    a,
    b,
    c,
    n,
    at,
    seed: uuid('seed', n),
    job: { namespace: DEFAULT_NAMESPACE, jobId: jobOf(a) as JobId },
    nodeId: pick([...state.nodes()], a)?.id ?? nodeFacts(0).id,
    evaluation: newEvaluation(uuid('eval', n) as EvalId, spec(a, 1), 'job-register', at),
    deploymentId: pick([...state.deployments()], a)?.id ?? (uuid('none', 0) as DeploymentId),
    allocs: [...state.allocs()],
  });
}

const MAKERS: { readonly [Verb in Step['verb']]: (now: Now) => Entry } = {
  register: ({ a, b, c, at, evaluation }) => {
    const isTemplate = jobOf(a) === 'param';
    return {
      type: 'job.register',
      at,
      job: spec(a, b % 4),
      ...(c % 7 === 0 && { ifModifyIndex: (b % 5) as Index }),
      ...(c % 5 === 1 && { preserveCounts: true }),
      ...(c % 9 === 2 && { revertTo: b % 3 }),
      ...(!isTemplate && { evaluation }),
    };
  },
  deregister: ({ b, at, job, evaluation }) => {
    return { type: 'job.deregister', at, ...job, purge: b % 2 === 0, evaluation };
  },
  scale: ({ b, c, at, job, evaluation }) => {
    return {
      type: 'job.scale',
      at,
      ...job,
      group: b % 3 === 0 ? 'absent' : 'web',
      ...(c % 2 === 0 && { count: b % 5 }),
      message: 'm',
      error: false,
      meta: {},
      evaluation,
    };
  },
  stability: ({ b, c, at, job }) => {
    return { type: 'job.stability', at, ...job, version: b % 3, stable: c % 2 === 0 };
  },
  node: ({ a, b, at, seed }) => {
    return {
      type: 'node.register',
      at,
      node: nodeFacts(a % 3, {
        resources: { ...nodeFacts(0).resources, cpu: 600, memoryMb: 4_096 },
        meta: { rev: String(b % 2) },
      }),
      seed,
    };
  },
  'node-status': ({ b, at, seed, nodeId }) => {
    const status = pick(['ready', 'down', 'disconnected'] as const, b) ?? 'ready';
    return { type: 'node.status', at, nodeId, status, description: '', seed };
  },
  eligibility: ({ b, at, seed, nodeId }) => {
    const eligibility = b % 2 === 0 ? 'eligible' : 'ineligible';
    return { type: 'node.eligibility', at, nodeId, eligibility, seed };
  },
  drain: ({ b, c, at, seed, nodeId }) => {
    return {
      type: 'node.drain',
      at,
      nodeId,
      ...(b % 2 === 0 && {
        drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAt: at },
      }),
      markEligible: c % 2 === 0,
      seed,
    };
  },
  'forget-node': ({ at, seed, nodeId }) => {
    return { type: 'node.deregister', at, nodeIds: [nodeId], seed };
  },
  evals: ({ state, b, c, at, evaluation }) => {
    const known = pick([...state.evals()], c);
    const status = pick(['pending', 'blocked', 'complete', 'failed', 'canceled'] as const, b);
    const row = c % 2 === 0 && known !== undefined ? known : evaluation;
    return {
      type: 'evals.upsert',
      at,
      evals: [{ ...row, status: status ?? 'pending', queuedAllocations: { web: c % 3 } }],
    };
  },
  plan: ({ state, a, b, c, n, at }) => {
    return {
      type: 'plan.apply',
      at,
      plan: planOf(state, jobOf(a) as JobId, { a, b, c, n }),
      evals: [],
    };
  },
  report: ({ a, b, c, at, seed, allocs }) => {
    const alloc = pick(allocs, a);
    const clientStatus =
      pick(['pending', 'running', 'complete', 'failed', 'lost', 'unknown'] as const, b) ??
      'running';
    const facts = {
      id: alloc?.id ?? (uuid('none', 1) as AllocId),
      clientStatus,
      clientDescription: '',
      taskStates: {},
      ...(c % 2 === 0 && { deploymentStatus: { healthy: c % 4 === 0, at } }),
      at,
    };
    return { type: 'allocs.client-update', at, updates: [facts, facts], seed };
  },
  transition: ({ a, b, at, evaluation, allocs }) => {
    return {
      type: 'allocs.transition',
      at,
      allocIds: allocs.slice(0, a % 3).map(({ id }) => id),
      transition: { migrate: b % 2 === 0 },
      evals: [evaluation],
    };
  },
  'deployment-status': ({ b, c, at, job, evaluation, deploymentId }) => {
    const status =
      pick(['running', 'paused', 'failed', 'successful', 'cancelled'] as const, b) ?? 'running';
    return {
      type: 'deployment.status',
      at,
      deploymentId,
      status,
      description: status,
      evaluation,
      ...(c % 2 === 0 && { revert: { ...job, version: 0 } }),
    };
  },
  promote: ({ at, evaluation, deploymentId }) => {
    return { type: 'deployment.promote', at, deploymentId, evaluation };
  },
  health: ({ b, at, deploymentId, allocs }) => {
    const own = allocs.filter((each) => each.deploymentId === deploymentId);
    const ids = own.map(({ id }) => id);
    return {
      type: 'deployment.alloc-health',
      at,
      deploymentId,
      healthy: b % 2 === 0 ? ids : [],
      unhealthy: b % 2 === 1 ? ids : [],
    };
  },
  dispatch: ({ b, c, n, at }) => {
    const child = {
      ...spec(3, 1),
      id: `param/dispatch-${b % 4}` as JobId,
      parentId: 'param' as JobId,
      dispatched: true,
      dispatchIdempotencyToken: c % 2 === 0 ? 'token' : '',
    };
    return {
      type: 'job.dispatch',
      at,
      parentId: 'param' as JobId,
      child,
      evaluation: newEvaluation(uuid('eval', n) as EvalId, child, 'job-register', at),
    };
  },
  config: ({ state, b, at }) => {
    return {
      type: 'scheduler.config',
      at,
      config: { ...state.schedulerConfig, algorithm: b % 2 === 0 ? 'spread' : 'binpack' },
    };
  },
  write: (now) => ({ type: 'kv.write', at: now.at, op: writeOf(now) }),
  lock: (now) => ({ type: 'kv.write', at: now.at, op: lockOf(now) }),
  session: ({ a, b, c, at }) => {
    const nodeChecks = c % 3 === 0 ? [] : c % 7 === 1 ? ['down'] : ['up'];
    const facts = { nodeChecks, lockDelayMs: b % 5, ...(c % 2 === 0 && { behavior: 'delete' }) };
    return { type: 'session.create', at, session: sessionFacts(a % 4, facts as object) };
  },
  invalidate: ({ a, b, at }) => {
    return { type: 'session.invalidate', at, ids: [sessionId(a % 4), sessionId(b % 4)] };
  },
  txn: (now) => {
    const { a, b, c, at } = now;
    const ops: readonly TxnOp[] = [
      { of: 'kv', op: writeOf(now) },
      { of: 'kv', op: lockOf({ ...now, a: c }) },
      { of: 'kv', op: { verb: 'get-tree', key: keyOf(b) } },
      { of: 'session', verb: 'delete', id: sessionId(b % 4) },
      { of: 'kv', op: writeOf({ ...now, a: b, c: a }) },
    ];
    return { type: 'txn.apply', at, ops: ops.slice(0, 1 + (c % ops.length)) };
  },
  variable: ({ a, b, c, at }) => {
    const path = `app/${a % 3}`;
    const namespace = DEFAULT_NAMESPACE;
    const condition = c % 3 === 0 ? { ifModifyIndex: (b % 20) as Index } : {};
    if (b % 4 === 0) return { type: 'variable.delete', at, namespace, path, ...condition };
    const variable = { namespace, path, items: { key: String(c % 2) } };
    return { type: 'variable.set', at, variable, ...condition };
  },
  rollout: ({ allocs, a, b, c, at }) => {
    const allocId = allocs[a % Math.max(1, allocs.length)]?.id ?? (uuid('aloc', a) as AllocId);
    const task = 'web';
    if (b % 2 === 0) return { type: 'rollout.begin', at, allocId, task, change: `c${c % 3}` };
    return { type: 'rollout.end', at, allocId, task, healthy: c % 2 === 0, reason: 'why' };
  },
  expire: ({ at, a, n }) => {
    const delays = KEYS.map((key) => ({ key, index: (n - a) as Index }));
    return { type: 'kv.expire', at, keys: KEYS, ...(a % 2 === 0 && { delays }) };
  },
  event: ({ n, at }) => {
    const filters = { nodeFilter: '', serviceFilter: '', tagFilter: '' };
    return {
      type: 'event.fire',
      at,
      event: { id: uuid('evnt', n), name: 'deploy', payload: '', ...filters },
    };
  },
  catalog: registerOf,
  uncatalog: deregisterOf,
  coordinates: coordinatesOf,
  query: queryOf,
  reap: ({ state, a, b, at, allocs }) => {
    return {
      type: 'gc.reap',
      at,
      evalIds: [...state.evals()].map(({ id }) => id),
      allocIds: allocs.filter((_, i) => (i + a) % 2 === 0).map(({ id }) => id),
      deploymentIds: b % 2 === 0 ? [...state.deployments()].map(({ id }) => id) : [],
      jobs: [...state.jobs()].map(({ namespace, id }) => ({ namespace, jobId: id })),
      nodeIds: [...state.nodes()].map(({ id }) => id),
    };
  },
};

const KEYS = ['a', 'a/b', 'a/c', 'b'] as const;

function keyOf(n: number): string {
  return pick(KEYS, n) ?? 'a';
}

function putOf({ a, b, c, at }: Pick<Now, 'a' | 'b' | 'c' | 'at'>): KvPut {
  return {
    key: keyOf(a),
    value: b % 3 === 0 ? '' : 'dmFsdWU=',
    flags: String(c % 2),
    ...(b % 4 === 0 && { expiresAt: (at + (c % 10)) as Millis }),
  };
}

/** A change of some keys: everything but locks. */
function writeOf(now: Now): KvWrite {
  const { state, a, b, c } = now;
  const key = keyOf(a);
  const index = (b % 2 === 0 ? (state.kvPair(key)?.modifyIndex ?? 0) : c % 5) as Index;
  const kinds: readonly KvWrite[] = [
    { verb: 'set', ...putOf(now) },
    { verb: 'cas', index, ...putOf(now) },
    { verb: 'delete', key },
    { verb: 'delete-cas', key, index },
    { verb: 'delete-tree', key: c % 4 === 0 ? '' : key },
  ];
  return pick(kinds, c) ?? { verb: 'delete', key };
}

function lockOf(now: Now): KvWrite {
  const session = sessionId(now.b % 4);
  return { verb: now.c % 3 === 0 ? 'unlock' : 'lock', session, ...putOf(now) };
}
