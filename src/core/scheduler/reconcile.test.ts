/** What an operator sees of reconciliation: scripts under test/golden/reconcile. */
import { join } from 'node:path';
import { golden, type Verb } from '../../../test/golden.ts';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import {
  group,
  jobSpec,
  nodeFacts,
  task,
  updateStrategy,
  uuid,
} from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import type { Alloc, TaskState } from '../model/alloc.ts';
import type { EvalTrigger, Evaluation } from '../model/evaluation.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import type { JobSpec, JobType } from '../model/job.ts';
import type { NetworkRequest } from '../model/network.ts';
import type { NodeStatus } from '../model/node.ts';
import type { ReschedulePolicy } from '../model/strategy.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { ScheduleResult } from './contract.ts';

golden(join(import.meta.dirname, '../../../test/golden/reconcile'), () => verbs(new Script()));

function verbs(script: Script): Readonly<Record<string, Verb>> {
  return {
    /** `nodes 3 [key=value]`: registers n1..n3. */
    nodes: ([count = '1', ...rest]) => script.nodes(Number(count), options(rest)),
    /** `job web [count=] [update=] [canary=] ...`: registers the job and settles. */
    job: ([id = '', ...rest]) => script.job(id, options(rest)),
    stop: ([id = '']) => script.stop(id),
    /** `client web[0] running`: what its client says; `healthy`, `unhealthy` for its rollout. */
    client: ([name = '', ...words]) => script.client(name, words),
    /** `node n1 down`. */
    node: ([id = '', status = '']) => script.node(id, status),
    drain: ([id = '']) => script.drain(id),
    /** `migrate web[0]`: a drainer's wish. */
    migrate: ([name = '']) => script.migrate(name),
    promote: ([id = '']) => script.promote(id),
    deployment: ([id = '', status = '']) => script.deploymentStatus(id, status),
    /** `after 30` seconds. */
    after: ([seconds = '0']) => script.after(Number(seconds)),
    /** `evaluate web [trigger]`. */
    evaluate: ([id = '', trigger = 'alloc-stop']) => script.evaluate(id, trigger as EvalTrigger),
    allocs: ([id = '']) => script.allocs(id),
    rollout: ([id = '']) => script.rollout(id),
  };
}

type Options = Readonly<Record<string, string>>;

function options(words: readonly string[]): Options {
  return Object.fromEntries(words.map((word) => word.split('=') as [string, string]));
}

class Script {
  readonly #world = new SchedulerWorld();
  #entries = 0;

  nodes(count: number, wanted: Options): string {
    const first = this.#world.state.nodeCount() + 1;
    for (let n = first; n < first + count; n++) {
      const facts = nodeFacts(n);
      const cpu = Number(wanted['cpu'] ?? facts.resources.cpu);
      const node = {
        ...facts,
        name: `n${n}`,
        meta: { zone: wanted['zone'] ?? '' },
        computedClass: `zone-${wanted['zone'] ?? ''}`,
        resources: { ...facts.resources, cpu },
      };
      this.#world.do({ type: 'node.register', at: this.#world.now, node, seed: this.#seed() });
    }
    return show(this.#world, this.#world.settle());
  }

  job(id: string, wanted: Options): string {
    return show(this.#world, this.#world.run(specOf(id, wanted)));
  }

  stop(id: string): string {
    const job = this.#world.state.job(DEFAULT_NAMESPACE, id as JobId);
    this.#world.do({
      type: 'job.deregister',
      at: this.#world.now,
      namespace: DEFAULT_NAMESPACE,
      jobId: id as JobId,
      purge: false,
      ...(job === undefined ? {} : { evaluation: this.#evaluation(id, 'job-deregister') }),
    });
    return show(this.#world, this.#world.settle());
  }

  client(name: string, words: readonly string[]): string {
    const allocs = name === 'all' ? this.#live() : [this.#find(name)];
    const at = this.#world.now;
    const updates = allocs.map((alloc) => ({
      id: alloc.id,
      clientStatus: statusOf(alloc, words),
      clientDescription: '',
      taskStates: { server: taskState(statusOf(alloc, words), at) },
      at,
      ...(words.includes('healthy') ? { deploymentStatus: { healthy: true, at } } : {}),
      ...(words.includes('unhealthy') ? { deploymentStatus: { healthy: false, at } } : {}),
    }));
    this.#world.do({ type: 'allocs.client-update', at, updates, seed: this.#seed() });
    return show(this.#world, this.#world.settle());
  }

  node(name: string, status: string): string {
    this.#world.do({
      type: 'node.status',
      at: this.#world.now,
      nodeId: nodeFacts(Number(name.slice(1))).id,
      status: status as NodeStatus,
      description: '',
      seed: this.#seed(),
    });
    return show(this.#world, this.#world.settle());
  }

  drain(name: string): string {
    this.#world.do({
      type: 'node.drain',
      at: this.#world.now,
      nodeId: nodeFacts(Number(name.slice(1))).id,
      drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAt: this.#world.now },
      markEligible: false,
      seed: this.#seed(),
    });
    return show(this.#world, this.#world.settle());
  }

  migrate(name: string): string {
    const alloc = this.#find(name);
    this.#world.do({
      type: 'allocs.transition',
      at: this.#world.now,
      allocIds: [alloc.id],
      transition: { migrate: true },
      evals: [this.#evaluation(alloc.jobId, 'node-drain')],
    });
    return show(this.#world, this.#world.settle());
  }

  promote(id: string): string {
    const deployment = this.#world.state.latestDeployment(DEFAULT_NAMESPACE, id as JobId);
    if (deployment === undefined) return 'no deployment';
    const { outcome } = this.#world.do({
      type: 'deployment.promote',
      at: this.#world.now,
      deploymentId: deployment.id,
      evaluation: this.#evaluation(id, 'deployment-watcher'),
    });
    if (!outcome.ok) return JSON.stringify(outcome);
    return show(this.#world, this.#world.settle());
  }

  deploymentStatus(id: string, status: string): string {
    const deployment = this.#world.state.latestDeployment(DEFAULT_NAMESPACE, id as JobId);
    if (deployment === undefined) return 'no deployment';
    this.#world.do({
      type: 'deployment.status',
      at: this.#world.now,
      deploymentId: deployment.id,
      status: status as 'failed',
      description: '',
      evaluation: this.#evaluation(id, 'deployment-watcher'),
    });
    return show(this.#world, this.#world.settle());
  }

  after(seconds: number): string {
    this.#world.now = (this.#world.now + seconds * 1_000) as Millis;
    return show(this.#world, this.#world.settle());
  }

  evaluate(id: string, trigger: EvalTrigger): string {
    const evals = [this.#evaluation(id, trigger)];
    this.#world.do({ type: 'evals.upsert', at: this.#world.now, evals });
    return show(this.#world, this.#world.settle());
  }

  allocs(id: string): string {
    return this.#world.allocs(id).map(describe).sort().join('\n');
  }

  rollout(id: string): string {
    const deployment = this.#world.state.latestDeployment(DEFAULT_NAMESPACE, id as JobId);
    if (deployment === undefined) return 'none';
    const groups = Object.entries(deployment.groups).map(
      ([name, g]) =>
        `${name} promoted=${g.promoted} desired=${g.desiredTotal} canaries=${g.desiredCanaries}` +
        ` placed=${g.placedAllocs} healthy=${g.healthyAllocs} unhealthy=${g.unhealthyAllocs}`,
    );
    return [`${deployment.status} "${deployment.statusDescription}"`, ...groups].join('\n');
  }

  #seed(): string {
    return `seed-${++this.#entries}`;
  }

  #live(): readonly Alloc[] {
    return [...this.#world.state.allocs()].filter((alloc) => alloc.desiredStatus === 'run');
  }

  /** The newest live one of that name: with `@v1` of that version, with `@n1` on that node. */
  #find(text: string): Alloc {
    const [name = '', where = ''] = text.split('@');
    const [head = '', index] = name.split('[');
    const [job, groupName = 'web'] = head.split('.');
    const full = `${job ?? ''}.${groupName}[${index ?? ''}`;
    const all = [...this.#world.state.allocs()]
      .filter((alloc) => alloc.name === full)
      .filter((alloc) => ['', `v${alloc.jobVersion}`, alloc.nodeName].includes(where))
      .sort((a, b) => Number(isRun(b)) - Number(isRun(a)) || b.createIndex - a.createIndex);
    if (all[0] === undefined) throw new Error(`no allocation ${full}`);
    return all[0];
  }

  #evaluation(id: string, trigger: EvalTrigger): Evaluation {
    const job = this.#world.state.job(DEFAULT_NAMESPACE, id as JobId);
    if (job === undefined) throw new Error(`no job ${id}`);
    const evalId = uuid('scri', ++this.#entries) as EvalId;
    return newEvaluation(evalId, job, trigger, this.#world.now);
  }
}

function isRun(alloc: Alloc): boolean {
  return alloc.desiredStatus === 'run';
}

const RESCHEDULE: ReschedulePolicy = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 30_000,
  delayFunction: 'exponential',
  maxDelayMs: 3_600_000,
  unlimited: true,
};

function specOf(id: string, wanted: Options): JobSpec {
  const number = (key: string, otherwise: number): number => Number(wanted[key] ?? otherwise);
  const type = (wanted['type'] ?? 'service') as JobType;
  const base = task();
  const resources = {
    ...base.resources,
    cpu: number('cpu', 100),
    memoryMb: number('memory', base.resources.memoryMb),
  };
  const update = updateStrategy({
    staggerMs: number('stagger', 10) * 1_000,
    maxParallel: number('parallel', 1),
    healthCheck: 'task_states',
    minHealthyTimeMs: 10_000,
    healthyDeadlineMs: 300_000,
    progressDeadlineMs: 600_000,
    autoPromote: wanted['promote'] === 'auto',
    canary: number('canary', 0),
  });
  const rolls = wanted['parallel'] !== undefined || wanted['canary'] !== undefined;
  const web: TaskGroup = group({
    count: number('count', 1),
    tasks: [{ ...base, config: { image: wanted['image'] ?? 'a' }, resources }],
    networks: wanted['port'] === undefined ? [] : [network(wanted['port'])],
    reschedule: {
      ...RESCHEDULE,
      ...(wanted['attempts'] === undefined
        ? {}
        : { unlimited: false, attempts: number('attempts', 0), intervalMs: 600_000 }),
    },
    meta: wanted['meta'] === undefined ? {} : { note: wanted['meta'] },
    ...(rolls && (type === 'service' || type === 'system') ? { update } : {}),
    ...(wanted['grace'] === undefined ? {} : { maxClientDisconnectMs: number('grace', 0) * 1_000 }),
  });
  const named = (wanted['groups'] ?? 'web').split(',').map((name) => ({ ...web, name }));
  return jobSpec(id, {
    type,
    priority: number('priority', 50),
    groups: named,
    ...(rolls ? { update } : {}),
    constraints:
      wanted['zone'] === undefined
        ? []
        : [{ lTarget: '${meta.zone}', operand: '=', rTarget: wanted['zone'] }],
  });
}

/** `dynamic`, or the number of a static port. */
function network(port: string): NetworkRequest {
  const value = port === 'dynamic' ? 0 : Number(port);
  const request = { label: 'http', value, to: 0, hostNetwork: 'default' };
  return {
    mode: '',
    device: '',
    cidr: '',
    ip: '',
    hostname: '',
    mbits: 0,
    reservedPorts: value === 0 ? [] : [request],
    dynamicPorts: value === 0 ? [request] : [],
  };
}

function statusOf(alloc: Alloc, words: readonly string[]): Alloc['clientStatus'] {
  for (const status of ['running', 'complete', 'failed'] as const) {
    if (words.includes(status)) return status;
  }
  return words.length > 0 ? 'running' : alloc.clientStatus;
}

function taskState(status: Alloc['clientStatus'], at: Millis): TaskState {
  const dead = status === 'complete' || status === 'failed';
  return {
    state: dead ? 'dead' : 'running',
    failed: status === 'failed',
    restarts: 0,
    startedAt: at,
    ...(dead ? { finishedAt: at } : {}),
    events: [],
  };
}

function describe(alloc: Alloc): string {
  const health = alloc.deploymentStatus?.healthy;
  return [
    `${alloc.name}@v${alloc.jobVersion}`,
    alloc.nodeName,
    `${alloc.desiredStatus}/${alloc.clientStatus}`,
    ...(health === undefined ? [] : [health ? 'healthy' : 'unhealthy']),
    ...(alloc.deploymentStatus?.canary === true ? ['canary'] : []),
    ...(alloc.desiredDescription === '' ? [] : [`"${alloc.desiredDescription}"`]),
  ].join(' ');
}

/** The answers as a reader wants them: what changes, and what is left to wait for. */
function show(world: SchedulerWorld, results: readonly ScheduleResult[]): string {
  return results.map((result) => showOne(world, result)).join('\n');
}

function showOne(world: SchedulerWorld, result: ScheduleResult): string {
  const { evaluation } = result;
  return [
    `${evaluation.jobId} ${evaluation.triggeredBy}: ${evaluation.status}`,
    ...showCounts(result),
    ...showPlan(world, result),
    ...Object.entries(evaluation.failedGroups).map(([name, metrics]) => {
      const why = { ...metrics.constraintFiltered, ...metrics.dimensionExhausted };
      return `  no room for ${name} (and ${metrics.coalescedFailures} more): ${JSON.stringify(why)}`;
    }),
    ...result.followUps.map((next) => {
      const wait =
        next.waitUntil === undefined ? '' : ` in ${(next.waitUntil - world.now) / 1000} s`;
      return `  then ${next.status} ${next.triggeredBy}${wait}: ${next.statusDescription}`;
    }),
  ].join('\n');
}

function showCounts({ annotations }: ScheduleResult): readonly string[] {
  return Object.entries(annotations.desired).flatMap(([name, desired]) => {
    const counts = Object.entries(desired).filter(([, count]) => Number(count) > 0);
    if (counts.length === 0) return [];
    return [`  ${name}: ${counts.map(([key, count]) => `${count} ${key}`).join(', ')}`];
  });
}

function showPlan(world: SchedulerWorld, { plan }: ScheduleResult): readonly string[] {
  if (plan === undefined) return [];
  const placements = plan.placements.map((placed) => {
    const node = world.state.node(placed.nodeId)?.name ?? '';
    const version = placed.jobVersion === undefined ? '' : ` (v${placed.jobVersion})`;
    const after = placed.previousAllocId === undefined ? '' : ' after another';
    return `  + ${placed.name} ${node}${placed.canary ? ' canary' : ''}${version}${after}`;
  });
  return [
    ...placements,
    ...plan.stops.map((stop) => `  ${showStop(world, stop)}`),
    ...(plan.updates.length > 0 ? [`  ~ ${plan.updates.length} in place`] : []),
    ...(plan.deployment === undefined
      ? []
      : [`  deployment: ${plan.deployment.statusDescription}`]),
    ...plan.deploymentUpdates.map(
      (update) => `  deployment ${update.status}: ${update.statusDescription}`,
    ),
  ];
}

function showStop(
  world: SchedulerWorld,
  stop: NonNullable<ScheduleResult['plan']>['stops'][number],
): string {
  const alloc = world.state.alloc(stop.allocId);
  const mark = stop.desiredStatus === 'stop' ? '-' : '!';
  const status = stop.clientStatus === undefined ? '' : ` [${stop.clientStatus}]`;
  return `${mark} ${alloc?.name}@v${alloc?.jobVersion} "${stop.description}"${status}`;
}
